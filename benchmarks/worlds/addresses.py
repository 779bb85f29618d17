"""Whose pages are asked for, and with which ids: the busiest of everything."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from directory.volunteers.quiz import load_bank
from marketplace.db.acting import EXCHANGE
from marketplace.services.offers.offers import LINK
from marketplace.services.volunteers.volunteer_weeks import LINK as VOLUNTEER_LINK
from marketplace.settings import Settings
from marketplace.tokens import derive_token, hash_token, key_id

Ids = Mapping[str, Any]

# Each by name of a path's part; `council` and `provider` are given to all that follow.
FOUND = {
    "provider_id": """
        SELECT host.id FROM match JOIN intake ON intake.id = intake_id
        JOIN service ON service.id = service_id JOIN provider AS host ON host.id = provider_id
        JOIN provider AS guest ON guest.hosted_by_id = host.id
        GROUP BY host.id
        ORDER BY count(DISTINCT match.id) FILTER (WHERE match.state IN
            ('awaiting_provider', 'accepted', 'under_way')) DESC LIMIT 1""",
    "plan_id": "SELECT id FROM plan WHERE commissioner_id = :council AND state = 'draft'",
    "family_id": """
        SELECT family_id FROM match JOIN plan ON plan.id = plan_id
        WHERE plan_id = :plan_id AND match.state = 'proposed' ORDER BY stake_pence DESC LIMIT 1""",
    "proposed": "SELECT id FROM match WHERE family_id = :family_id AND state = 'proposed' LIMIT 1",
    "fund_id": "SELECT id FROM fund WHERE commissioner_id = :council ORDER BY name LIMIT 1",
    "request_id": "SELECT id FROM join_request LIMIT 1",
    "entry_id": "SELECT id FROM stop_entry WHERE commissioner_id = :council LIMIT 1",
    "call_id": """
        SELECT call.id FROM call JOIN offer ON offer.id = offer_id
        WHERE done_at IS NULL AND commissioner_id = :council LIMIT 1""",
    "service_id": """
        SELECT service.id FROM service LEFT JOIN intake ON service_id = service.id
        LEFT JOIN match ON intake_id = intake.id WHERE provider_id = :provider_id
        GROUP BY service.id ORDER BY count(match.id) DESC LIMIT 1""",
    "intake_id": "SELECT id FROM intake WHERE service_id = :service_id LIMIT 1",
    "volunteer_id": "SELECT id FROM provider WHERE hosted_by_id = :provider_id LIMIT 1",
    "second_id": "SELECT id FROM provider WHERE kind = 'charity' AND id <> :provider_id LIMIT 1",
    **{
        state: f"""
        SELECT match.id FROM match JOIN intake ON intake.id = intake_id
        JOIN service ON service.id = service_id
        WHERE match.state = '{state}' AND provider_id = :provider_id LIMIT 1"""  # noqa: S608 - states of ours
        for state in ("awaiting_provider", "accepted", "under_way")
    },
    "offer": """
        SELECT offer.id FROM offer JOIN match ON match.id = match_id
        WHERE match.state = 'awaiting_family' AND commissioner_id = :council LIMIT 1""",
    "born": """
        SELECT children_born[1] FROM family JOIN offer ON family.id = family_id
        WHERE offer.id = :offer""",
}
STORED = """
SELECT (SELECT count(*) FROM family) || ' families, ' || (SELECT count(*) FROM need) || ' needs, '
    || (SELECT count(*) FROM intake) || ' intakes, ' || (SELECT count(*) FROM match)
    || ' matches, ' || (SELECT count(*) FROM offer) || ' offers, '
    || (SELECT count(*) FROM event) || ' events'
"""
# A match of a provider's page is in the state that the page is about.
OF_STATE = {
    "/started": "accepted",
    "/not-started": "accepted",
    "/hand-back": "accepted",
    "/ended": "under_way",
    "/worried": "under_way",
    "/decline": "awaiting_provider",
    "/rule": "proposed",
}
TOKENS = {"/o/": "offer_token", "/v/": "volunteer_token", "/sign-in/": "sign_in_token"}
ASKED = {"/find": "?place=IP1+2DE&need=parenting", "/provider/statements.csv": "?month=2026-10"}
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Addresses:
    """`cookies` by audience; `question`: a family's right answer."""

    ids: Ids
    cookies: Mapping[str, str]
    question: Mapping[str, str]
    stored: str

    def fill(self, path: str) -> str:
        """The address with ids of what is there."""
        whole = path
        given = {**self.ids, "token": self._token(path)}
        for ending, state in OF_STATE.items():
            if path.endswith(ending):
                given["match_id"] = self.ids[state]
        for name, value in given.items():
            for kind in ("str", "path"):
                path = path.replace(f"{{{name}:{kind}}}", str(value))
        return path + ASKED.get(whole, "")

    def _token(self, path: str) -> str:
        named = [name for begin, name in TOKENS.items() if path.startswith(begin)]
        return self.ids[named[0]] if named else "a" * 32


async def find_addresses(owner: AsyncEngine, settings: Settings, council: uuid.UUID) -> Addresses:
    """Sign three people in and find what their pages are about."""
    async with owner.begin() as connection:
        act = text("SELECT set_config('acting.kind', :kind, true)")
        await connection.execute(act, {"kind": EXCHANGE.kind})
        found: dict[str, Any] = {"council": council}
        for name, query in FOUND.items():
            given = {key: value for key, value in found.items() if f":{key}" in query}
            found[name] = await connection.scalar(text(query), given)
        users, cookies = await _sign_in(connection, found)
        found |= await _make_links(connection, found, settings)
        stored = await connection.scalar(text(STORED))
    last = dt.datetime.now(dt.UTC).date().replace(day=1) - dt.timedelta(days=1)
    given = {
        "user_id": users["provider"],
        "commissioner_id": council,
        "first_id": found["provider_id"],
        "what": "family",
        "one": found["family_id"],
        "kind": "hidden",
        "month": f"{last:%Y-%m}",
        "file_path": "favicon.svg",
        "match_id": found["proposed"],
        "ask_id": NOBODY,
        "concern_id": NOBODY,
        "try_id": found["quiz_try"],
        "id_": found["service_id"],
    }
    year, month = str(found["born"]).split("-")
    return Addresses(found | given, cookies, {"month": month, "year": year}, str(stored))


async def _sign_in(
    connection: AsyncConnection, found: Ids
) -> tuple[dict[str, uuid.UUID], dict[str, str]]:
    users, cookies = {}, {}
    for role in ("commissioner", "practitioner", "provider"):
        users[role], cookies[role] = uuid.uuid4(), secrets.token_urlsafe(32)
        is_provider = role == "provider"
        await connection.execute(
            text(
                "INSERT INTO staff_user"
                " (id, email, name, role, commissioner_id, provider_id, provider_role)"
                " VALUES (:id, :email, 'Somebody Invented', :role, :council, :provider, :editor)"
            ),
            {
                "id": users[role],
                "email": f"{users[role]}@example.org",
                "role": role,
                "council": None if is_provider else found["council"],
                "provider": found["provider_id"] if is_provider else None,
                "editor": "editor" if is_provider else None,
            },
        )
        await connection.execute(
            text(
                "INSERT INTO staff_session (token_hash, user_id, expires_at, proved_by, browser)"
                " VALUES (:hash, :id, now() + interval '8 hours', 'code', 'Benchmark')"
            ),
            {"hash": hash_token(cookies[role]), "id": users[role]},
        )
    return users, cookies


async def _make_links(
    connection: AsyncConnection, found: Ids, settings: Settings
) -> dict[str, Any]:
    """A family's, a volunteer's, and a quiz begun."""
    keys, made_with = settings.secret_keys, key_id(settings.secret_keys[0])
    family = derive_token(keys, LINK, found["offer"], made_with=made_with)
    await connection.execute(
        text("UPDATE offer SET key_id = :key, token_hash = :hash WHERE id = :id"),
        {"key": made_with, "hash": hash_token(family), "id": found["offer"]},
    )
    question, quiz_try = uuid.uuid4(), uuid.uuid4()
    volunteer = derive_token(keys, VOLUNTEER_LINK, question, made_with=made_with)
    await connection.execute(
        text(
            "INSERT INTO weekly_question (id, volunteer_id, day, ends_on, key_id, token_hash)"
            " VALUES (:id, :volunteer, current_date + 3, current_date + 6, :key, :hash)"
        ),
        {"id": question, "volunteer": found["volunteer_id"], "key": made_with}
        | {"hash": hash_token(volunteer)},
    )
    await connection.execute(
        text("INSERT INTO quiz_try (id, volunteer_id, questions) VALUES (:id, :volunteer, :drawn)"),
        {"id": quiz_try, "volunteer": found["volunteer_id"], "drawn": _draw_quiz()},
    )
    return {
        "offer_token": family,
        "volunteer_token": volunteer,
        "sign_in_token": hashlib.sha256(b"none").hexdigest()[:32],
        "quiz_try": quiz_try,
    }


def _draw_quiz() -> list[str]:
    return list(load_bank().questions)[:10]
