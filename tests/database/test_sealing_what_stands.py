"""A database in use: the migration seals its plain columns, and nothing is lost."""

import asyncpg
import pytest
from sqlalchemy import select

from directory.sealed import has_value, ring_of
from directory.volunteers.models import Volunteer
from marketplace.db.acting import EXCHANGE
from marketplace.db.asks import Ask
from marketplace.db.families import Contact, Family
from marketplace.db.migrate import migrate
from marketplace.db.providers import JoinRequest
from marketplace.db.session import make_engine, make_sessions, transaction
from marketplace.settings import Settings

BEFORE = "0023"
STOOD = """
SELECT set_config('acting.kind', 'exchange', false);
INSERT INTO commissioner (id, name, hub_name, hub_person, hub_phone, hub_hours, website)
VALUES (gen_random_uuid(), 'Invented Council', 'Hub', 'Priya', '01632 960 001', '9 to 5',
    'example.org');
INSERT INTO family (id, commissioner_id, ref, area, children_born, languages, availability,
    transport, visiting, named_worker)
SELECT gen_random_uuid(), id, ref, 'IP1 2DE', '{2019-05}', '{en}', '{mon-am}', '{walk}',
    'no_known_concern', worker
FROM commissioner, (VALUES ('KELLY', 'Sam Example'), ('MARA', NULL)) AS given(ref, worker);
INSERT INTO contact (family_id, name, email, phone, safe_to_contact, safe_channels,
    safe_checked_on)
SELECT id, 'Kelly Example', 'Kelly@example.org', NULL, 'yes', '{email}', current_date
FROM family WHERE ref = 'KELLY';
INSERT INTO ask (id, commissioner_id, source, code, given, key_id, proof_hash, status_hash,
    expires_at)
SELECT gen_random_uuid(), id, 'self', 'meals',
    '{"name": "Vera", "phone": "+441632960104", "email": null}', 'none', 'a', 'b', now()
FROM commissioner;
INSERT INTO join_request (id, organisation, kind, postcode, person, email, phone, key_id,
    token_hash, expires_at)
VALUES (gen_random_uuid(), 'Sunrise', 'charity', 'IP1 2DE', 'Sunny', 'sunny@example.org',
    '+441632960771', 'none', 'c', now());
INSERT INTO provider (id, ref, name, kind, hosted_by_id)
VALUES ('00000000-0000-4000-8000-000000000001', 'H', 'Host', 'charity', NULL),
    ('00000000-0000-4000-8000-000000000002', 'V', 'Grace', 'volunteer',
    '00000000-0000-4000-8000-000000000001');
INSERT INTO volunteer (provider_id, roles, phone, travels)
VALUES ('00000000-0000-4000-8000-000000000002', '{cook}', '+447700900344', 'foot')
"""


@pytest.fixture
async def stood(settings: Settings) -> None:
    owner = settings.migration_database_url
    await migrate(owner, to=BEFORE)
    connection = await asyncpg.connect(owner)
    try:
        for statement in STOOD.split(";\n"):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_what_stood_reads_and_is_found_as_before(stood: None, settings: Settings) -> None:
    owner = settings.migration_database_url
    await migrate(owner, settings.database_url, secret_keys=settings.secret_keys)
    engine = make_engine(settings.database_url)
    async with transaction(make_sessions(engine, settings), EXCHANGE) as session:
        ring = ring_of(session)
        by_email = has_value(ring, Contact.email_hash, "kelly@example.org")
        contact = (await session.scalars(select(Contact).where(by_email))).one()
        assert (contact.name, contact.email) == ("Kelly Example", "Kelly@example.org")
        assert (contact.phone, contact.phone_hash) == (None, None)
        families = await session.scalars(select(Family).order_by(Family.ref))
        assert [one.named_worker for one in families] == ["Sam Example", None]
        ask = (await session.scalars(select(Ask))).one()
        assert ask.given == {"name": "Vera", "phone": "+441632960104", "email": None}
        assert ask.worker_name is None
        request = (await session.scalars(select(JoinRequest))).one()
        assert (request.person, request.email) == ("Sunny", "sunny@example.org")
        by_number = has_value(ring, Volunteer.phone_hash, "+447700900344")
        assert (await session.scalars(select(Volunteer).where(by_number))).one()
    await engine.dispose()


async def test_nobody_is_left_behind_without_a_key_or_by_a_step_back(
    stood: None, settings: Settings
) -> None:
    owner = settings.migration_database_url
    with pytest.raises(RuntimeError, match="MARKETPLACE_SECRET_KEYS"):
        await migrate(owner)
    await migrate(owner, secret_keys=settings.secret_keys)
    with pytest.raises(RuntimeError, match="backup"):
        await migrate(owner, to=BEFORE)
