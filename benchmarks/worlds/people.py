"""The people of a running county: their details are sealed, so no SQL could write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from directory.sealed import SealedRow, ring_of, seal_values
from directory.volunteers.models import Volunteer
from marketplace.db.acting import EXCHANGE
from marketplace.db.asks import Ask
from marketplace.db.bulk import copy_rows
from marketplace.db.families import Contact
from marketplace.db.outcomes import Concern
from marketplace.db.providers import JoinRequest
from marketplace.db.session import Sessions, transaction

Row = dict[str, Any]

CONTACTS = """
SELECT DISTINCT family_id, 'yes' AS safe_to_contact, '{email,phone}'::text[] AS safe_channels,
    current_date AS safe_checked_on FROM match
"""
CONCERNS = (
    "SELECT gen_random_uuid() AS id, id AS match_id FROM match WHERE state = 'on_hold' LIMIT 100"
)
ASKS = """
SELECT gen_random_uuid() AS id, id AS commissioner_id, 'self' AS source, 'meals' AS code,
    'none' AS key_id, sha256((name || number)::bytea) AS proof_hash,
    sha256((name || -number)::bytea) AS status_hash, now() + interval '7 days' AS expires_at,
    now() AS proved_at, 'prove' AS ring_reason
FROM commissioner, generate_series(1, 200) AS number
"""
JOIN_REQUESTS = """
SELECT gen_random_uuid() AS id, 'Sunrise Families ' || number AS organisation, 'charity' AS kind,
    '1123456' AS charity_number, 'IP1 2DE' AS postcode, 'none' AS key_id,
    sha256(('join' || number)::bytea) AS token_hash, now() AS expires_at, now() AS proved_at
FROM generate_series(1, 50) AS number
"""
VOLUNTEERS = """
SELECT id AS provider_id, '{cook}'::text[] AS roles, 'foot' AS travels,
    current_date + 300 AS ready_until FROM provider WHERE kind = 'volunteer'
"""


def _contact(number: int) -> Row:
    return {
        "name": "Kelly Invented",
        "email": f"kelly{number}@example.org",
        "phone": "+447700900123",
    }


def _ask(_: int) -> Row:
    given = {"name": "Vera", "phone": "+441632960104", "email": None, "safe_channels": ["phone"]}
    return {"given": given}


def _join_request(number: int) -> Row:
    return {
        "person": "Sunny Invented",
        "email": f"sunny@sunrise{number}.example.org",
        "phone": "+441632960771",
    }


# Table → its rows but for what is personal, and that by a row's number.
PEOPLE: dict[type[SealedRow], tuple[str, Callable[[int], Row]]] = {
    Contact: (CONTACTS, _contact),
    Concern: (CONCERNS, lambda _: {"ring_back": "01632 960 123"}),
    Ask: (ASKS, _ask),
    JoinRequest: (JOIN_REQUESTS, _join_request),
    Volunteer: (VOLUNTEERS, lambda number: {"phone": f"+4477{number:08}"}),
}


async def store_people(sessions: Sessions) -> None:
    for model, (asked, personal) in PEOPLE.items():
        async with transaction(sessions, EXCHANGE) as session:
            found = (await session.execute(text(asked))).mappings().all()
            ring = ring_of(session)
            rows = [
                seal_values(ring, model, {**row, **personal(number)})
                for number, row in enumerate(found)
            ]
            await copy_rows(session, model, rows)
