"""A county in its second year: two councils, a plan that is being carried out and one in draft.

Both plans are real ones of the engine; what came of the first is spread over a year by SQL.
"""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, async_sessionmaker
from worlds.council import add_groups_and_funds, store_council
from worlds.people import store_people

from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.plans import Plan
from marketplace.db.providers import AGREEMENT_VERSION
from marketplace.db.session import Sessions, transaction
from marketplace.services.plans.plans import request_plan
from marketplace.worker.runs import solve_plan

# 1.67 needs a family.
NEEDS = 84_000
SERVICES = 4_000
EVENTS = 200_000
FUND_PENCE = 500_000_000
# Final state → how many in a hundred came to it, where the need stands then, and its way there.
_CLAIMED = ("awaiting_provider", "awaiting_family")
_BEGUN = (*_CLAIMED, "accepted", "under_way")
ENDS: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "agreed": (9, "planned", ()),
    "awaiting_provider": (9, "planned", ("awaiting_provider",)),
    "awaiting_family": (12, "planned", _CLAIMED),
    "accepted": (8, "planned", (*_CLAIMED, "accepted")),
    "under_way": (24, "met", _BEGUN),
    "completed": (12, "met", (*_BEGUN, "completed")),
    "ended_early": (4, "closed", (*_BEGUN, "ended_early")),
    "not_started": (3, "published", (*_CLAIMED, "accepted", "not_started")),
    "provider_declined": (4, "published", ("awaiting_provider", "provider_declined")),
    "provider_expired": (3, "published", ("awaiting_provider", "provider_expired")),
    "family_declined": (6, "closed", (*_CLAIMED, "family_declined")),
    "family_expired": (4, "published", (*_CLAIMED, "family_expired")),
    "on_hold": (1, "planned", (*_CLAIMED, "accepted", "on_hold")),
    "withdrawn": (1, "withdrawn", ("awaiting_provider", "withdrawn")),
}

# The guards hold for the owner too.
ACT = "SELECT set_config('acting.kind', 'exchange', true)"
GROUND = """
INSERT INTO commissioner
    (id, name, hub_name, hub_person, hub_phone, hub_hours, website, stop_list_at)
VALUES (gen_random_uuid(), 'Other Council', 'Other Hub', 'Petra Invented', '01632 960 001',
    '9 to 5', 'example.org/other', now());
UPDATE commissioner SET stop_list_at = now(), covers = '{IP1,IP2,IP3,IP4}',
    policy = '{"asking": {"work_domains": ["example.org"]}}';
INSERT INTO legal_basis (commissioner_id, power, lawful_basis, special_category_basis,
    impact_assessed_on, privacy_notice_address, complaint_route, written_by)
SELECT id, 'The Children Act', 'Public task', 'Public interest', current_date,
    'https://example.org/privacy', 'Ring 01632 960 400', 'Amina Invented' FROM commissioner;
UPDATE family SET commissioner_id = (SELECT id FROM commissioner WHERE name = 'Other Council')
WHERE hashtext(id::text) % 6 = 0;
UPDATE need SET state = 'draft' WHERE hashtext(family_id::text) % 5 IN (0, 1, 2, -1, -2);
INSERT INTO agreement (id, provider_id, version, accepted_by_id, accepted_by)
SELECT gen_random_uuid(), id, :version, gen_random_uuid(), 'Tom Invented' FROM provider
WHERE kind <> 'volunteer';
INSERT INTO stop_entry (commissioner_id, family_ref, reason)
SELECT commissioner.id, 'NEVER' || number, 'moved'
FROM commissioner, generate_series(1, 1000) AS number
"""
CARRIED_OUT = """
CREATE TABLE bench_end (state text, from_share int, to_share int, need_state text, way text[]);
INSERT INTO bench_end SELECT * FROM jsonb_to_recordset(CAST(:ends AS jsonb))
    AS t(state text, from_share int, to_share int, need_state text, way text[]);
UPDATE plan SET state = 'approved', created_at = now() - interval '400 days';
UPDATE match SET state = bench_end.state, looked_at = now() - interval '380 days' * share,
    approved_at = now() - interval '370 days' * share, looked_seconds = 40, was_changed = false,
    waits_since = now() - interval '9 days' * share
FROM (SELECT id, abs(hashtext(id::text)) % 100 AS drawn,
    (abs(hashtext(need_id::text)) % 1000) / 1000.0 AS share FROM match) AS lot, bench_end
WHERE lot.id = match.id AND drawn >= from_share AND drawn < to_share;
UPDATE need SET state = need_state FROM match JOIN bench_end USING (state)
WHERE match.need_id = need.id;
UPDATE intake SET held = taken.held, used = taken.used FROM (
    SELECT intake_id,
        coalesce(sum(places) FILTER (WHERE state IN
            ('awaiting_provider', 'awaiting_family', 'accepted', 'on_hold')), 0) AS held,
        coalesce(sum(places) FILTER (WHERE state IN ('under_way', 'completed', 'ended_early')), 0)
            AS used
    FROM match GROUP BY intake_id) AS taken
WHERE taken.intake_id = intake.id;
INSERT INTO event (at, actor_kind, subject_kind, subject_id, source, target, detail)
SELECT match.approved_at + number * interval '2 days', 'system', 'match', match.id,
    CASE number WHEN 1 THEN 'agreed' ELSE way[number - 1] END, step, '{}'
FROM match JOIN bench_end USING (state), unnest(way) WITH ORDINALITY AS steps(step, number)
ORDER BY 1;
INSERT INTO offer (id, match_id, family_id, channel, key_id, token_hash, created_at, expires_at,
    answer, contact_way, answered_at)
SELECT gen_random_uuid(), match.id, family_id, 'email', 'none', sha256(match.id::text::bytea),
    match.approved_at + interval '3 days', CASE match.state WHEN 'awaiting_family'
        THEN now() + interval '5 days' ELSE match.approved_at + interval '10 days' END,
    CASE WHEN 'accepted' = ANY (way) THEN 'yes' WHEN match.state = 'family_declined' THEN 'no' END,
    CASE WHEN 'accepted' = ANY (way) THEN 'phone' END,
    CASE WHEN 'accepted' = ANY (way) OR match.state = 'family_declined'
        THEN match.approved_at + interval '4 days' END
FROM match JOIN bench_end USING (state) WHERE 'awaiting_family' = ANY (way);
INSERT INTO message (id, event, subject_id, state, created_at, sent_at, tried_at, channel, delivery)
SELECT gen_random_uuid(), 'offer', id, 'sent', created_at, created_at, created_at, 'email',
    CASE WHEN abs(hashtext(id::text)) % 50 = 0 THEN 'bounced' ELSE 'delivered' END FROM offer;
INSERT INTO call (id, offer_id, reason, asked_at, done_at)
SELECT gen_random_uuid(), id, 'call_me', created_at,
    CASE WHEN answer IS NOT NULL THEN answered_at END
FROM offer WHERE abs(hashtext(id::text)) % 15 = 0;
INSERT INTO outcome (match_id, first_contact_on, started_on, times_attended, ended_on, helped)
SELECT id, approved_at::date + 6, approved_at::date + 8, 4,
    CASE WHEN state <> 'under_way' THEN approved_at::date + 60 END,
    CASE WHEN state <> 'under_way' THEN 'yes' END
FROM match WHERE state IN ('under_way', 'completed', 'ended_early');
INSERT INTO digest (id, provider_id, day, key_id, token_hash, expires_at)
SELECT gen_random_uuid(), id, current_date - number, 'none', sha256((id::text || number)::bytea),
    now() + interval '5 days' FROM provider, generate_series(1, 20) AS number
WHERE kind IN ('charity', 'group');
INSERT INTO pair_rule (id, need_id, intake_id, kind, reason, made_by)
SELECT gen_random_uuid(), need_id, intake_id, 'forbid', 'They fell out', 'Amina Invented'
FROM match WHERE state = 'family_expired' LIMIT 300;
UPDATE need SET state = 'published'
WHERE state = 'draft' AND hashtext(family_id::text) % 5 IN (2, -2)
"""
DRAFTED = """
UPDATE need SET state = 'published' WHERE state = 'draft';
DELETE FROM event WHERE id NOT IN (SELECT id FROM event ORDER BY
    subject_kind = 'match' DESC, id LIMIT :events);
INSERT INTO event (at, actor_kind, subject_kind, subject_id, target, detail)
SELECT now() - number * interval '2 minutes', 'staff', 'user', gen_random_uuid(), 'signed_in', '{}'
FROM generate_series(1, :events - (SELECT count(*) FROM event)) AS number;
DROP TABLE bench_end
"""


async def store_running(owner: AsyncEngine, sessions: Sessions) -> uuid.UUID:
    """Fill an empty, migrated database; returns the larger council."""
    async with async_sessionmaker(owner).begin() as session:
        council = await store_council(session, needs=NEEDS, services=SERVICES)
        await add_groups_and_funds(session, council, pence=FUND_PENCE)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as solver:
        await _run(owner, GROUND, version=AGREEMENT_VERSION)
        for name in ("Invented County Council", "Other Council"):
            await _plan(owner, sessions, solver, name)
        await _run(owner, CARRIED_OUT, ends=_ends())
        await store_people(sessions)
        await _plan(owner, sessions, solver, "Invented County Council")
    await _run(owner, DRAFTED, events=EVENTS)
    async with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
    return council


async def _run(owner: AsyncEngine, script: str, **values: Any) -> None:
    async with owner.begin() as connection:
        await _execute(connection, ACT, {})
        for statement in script.split(";\n"):
            await _execute(connection, statement, values)


async def _execute(connection: AsyncConnection, statement: str, values: dict[str, Any]) -> None:
    given = {name: value for name, value in values.items() if f":{name}" in statement}
    await connection.execute(text(statement), given)


async def _plan(
    owner: AsyncEngine, sessions: Sessions, solver: ProcessPoolExecutor, name: str
) -> None:
    async with owner.begin() as connection:
        await _execute(connection, ACT, {})
        named = text("SELECT id FROM commissioner WHERE name = :name")
        council = (await connection.execute(named, {"name": name})).scalar_one()
    async with transaction(sessions, EXCHANGE) as session:
        actor = Actor(kind="commissioner", commissioner_id=council)
        plan_id = (await request_plan(session, actor=actor)).id
    await solve_plan(sessions, solver, plan_id)
    async with transaction(sessions, EXCHANGE) as session:
        plan = await session.get_one(Plan, plan_id)
    if plan.failure:
        raise RuntimeError(plan.failure)


def _ends() -> str:
    rows, begin = [], 0
    for state, (share, need_state, way) in ENDS.items():
        rows.append(
            {"state": state, "from_share": begin, "to_share": begin + share}
            | {"need_state": need_state, "way": list(way)}
        )
        begin += share
    return json.dumps(rows)
