"""What has to hold after every single deed, asked of the database with plain statements."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from driven_exchange import Drive
from sqlalchemy import ARRAY, Row, Text, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SEEN_BY_PROVIDER, readable_matches
from marketplace.db.acting import EXCHANGE
from marketplace.db.plans import Match
from marketplace.db.session import transaction
from marketplace.services.figures.figures import recount_places
from marketplace.services.needs.refusals import REFUSED
from marketplace.states import LIVE_MATCH, MATCH_TABLE, NEED_TABLE, PLAN_TABLE

TABLES: Any = {"match": MATCH_TABLE, "need": NEED_TABLE, "plan": PLAN_TABLE}
STANDING = text(
    "SELECT 'match' AS kind, id, state, 0 AS a, 0 AS b FROM match"
    " UNION ALL SELECT 'need', id, state, 0, 0 FROM need"
    " UNION ALL SELECT 'plan', id, state, 0, 0 FROM plan"
    " UNION ALL SELECT 'intake', id, coalesce(places::text, ''), held, used FROM intake"
)
STEPS = text(
    "SELECT id, subject_kind, subject_id, source, target FROM event"
    " WHERE source IS NOT NULL AND id > :last ORDER BY id"
)
# Each finds what breaks a promise; all are asked at once.
BROKEN = {
    "no intake is over its places": (
        "SELECT FROM intake WHERE held + used > places OR held < 0 OR used < 0"
    ),
    "one live match a need": (
        "SELECT FROM match WHERE state = ANY(:live) GROUP BY need_id HAVING count(*) > 1"
    ),
    # "Not now" refuses a time, not a support.
    "a refused pair never lives again": (
        "SELECT FROM match AS refused JOIN match AS again USING (need_id, intake_id)"
        " WHERE again.id <> refused.id AND again.state = ANY(:live)"
        " AND refused.state = ANY(:refused) AND NOT EXISTS (SELECT FROM event WHERE"
        " subject_id = refused.id AND target = refused.state AND code = 'not_now')"
    ),
    "three offers in thirty days": (
        "SELECT FROM offer WHERE created_at > now() - interval '30 days'"
        " GROUP BY family_id HAVING count(*) > 3"
    ),
    "one question at a time": (
        "SELECT FROM match WHERE state IN ('awaiting_provider', 'awaiting_family')"
        " GROUP BY family_id HAVING count(*) > 1"
    ),
    "nothing is queued for whoever may not be written to": (
        "SELECT FROM message JOIN offer ON offer.id = message.subject_id"
        " JOIN family ON family.id = offer.family_id"
        " LEFT JOIN contact ON contact.family_id = family.id"
        " WHERE message.state = 'queued' AND message.event LIKE 'offer%'"
        " AND NOT message.id = ANY(:known) AND (family.stopped_at IS NOT NULL"
        " OR coalesce(contact.safe_to_contact, 'no') <> 'yes' OR EXISTS (SELECT FROM stop_entry"
        " WHERE upper(family_ref) = upper(family.ref) AND lifted_at IS NULL))"
    ),
    # And then the history says who ended it.
    "a yes is never lost": (
        "SELECT FROM offer JOIN match ON match.id = offer.match_id WHERE offer.answer = 'yes'"
        " AND match.state NOT IN ('accepted', 'under_way', 'on_hold')"
        " AND NOT EXISTS (SELECT FROM event WHERE subject_id = match.id"
        " AND target = match.state AND source IN ('accepted', 'under_way', 'on_hold'))"
    ),
    "a live match has a need that is on its way": (
        "SELECT FROM match JOIN need ON need.id = match.need_id"
        " WHERE match.state = ANY(:live) AND need.state NOT IN ('planned', 'met')"
    ),
    "a planned need has a match": (
        "SELECT FROM need WHERE state = 'planned' AND NOT EXISTS"
        " (SELECT FROM match WHERE need_id = need.id AND state = ANY(:live))"
    ),
}
ALL_BROKEN = text(
    " UNION ALL ".join(
        f"SELECT '{words}' WHERE EXISTS ({found})" for words, found in BROKEN.items()
    )
).bindparams(
    bindparam("live", sorted(LIVE_MATCH), ARRAY(Text)),
    bindparam("refused", sorted(REFUSED), ARRAY(Text)),
    bindparam("known", type_=ARRAY(Uuid)),
)


@dataclass(frozen=True)
class Picture:
    """Where everything stands; `last`: the newest step, `messages`: those there were."""

    rows: frozenset[Row[Any]]
    last: int
    messages: tuple[uuid.UUID, ...]


async def picture(drive: Drive) -> Picture:
    async with transaction(drive.sessions, EXCHANGE) as session:
        return await _picture(session)


async def check(drive: Drive, before: Picture | None) -> Picture:
    """All promises; returns how things stand, for the next time."""
    async with transaction(drive.sessions, EXCHANGE) as session:
        after = await _picture(session)
        await _check_steps(session, before, after)
        assert await recount_places(session) == [], "held and used are what the matches say"
        assert await broken_promises(session, before.messages if before else ()) == []
    await _check_sight(drive)
    return after


async def broken_promises(session: AsyncSession, known: Sequence[uuid.UUID] = ()) -> Sequence[str]:
    """In words; `known`: messages that were queued before, and are looked at as they leave."""
    return (await session.scalars(ALL_BROKEN, {"known": list(known)})).all()


async def _picture(session: AsyncSession) -> Picture:
    rows = frozenset((await session.execute(STANDING)).all())
    last = await session.scalar(text("SELECT coalesce(max(id), 0) FROM event"))
    messages = await session.scalars(text("SELECT id FROM message ORDER BY created_at"))
    return Picture(rows, last or 0, tuple(messages))


async def _check_steps(session: AsyncSession, before: Picture | None, after: Picture) -> None:
    """Each in a table; and whoever stands elsewhere than before went there by the steps."""
    steps = (await session.execute(STEPS, {"last": before.last if before else 0})).all()
    stood = {row.id: row.state for row in before.rows} if before else {}
    for step in steps:
        assert step.target in TABLES[step.subject_kind][step.source], step
        assert stood.get(step.subject_id, step.source) == step.source, "told as it was"
        stood[step.subject_id] = step.target
    if before:
        now = {row.id: row.state for row in after.rows if row.kind != "intake"}
        moved = {key for key, state in now.items() if stood.get(key, state) != state}
        assert moved == set(), "nothing moves without a word in the history"


async def _check_sight(drive: Drive) -> None:
    """A provider sees what waits for it and what it was promised; of all else nothing."""
    async with transaction(drive.sessions, drive.tom.acting(deed=False)) as session:
        seen = await session.scalars(readable_matches(drive.tom).with_only_columns(Match.state))
        assert set(seen) <= set(SEEN_BY_PROVIDER)
        # And by the database itself, whatever a query forgets to ask.
        assert set(await session.scalars(select(Match.state))) <= set(SEEN_BY_PROVIDER)
