"""Personal columns: stored sealed, bound to where they stand, found by keyed hashes, re-sealed."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from families_at_hand import add_commissioner, add_family
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from directory.sealed import has_value, ring_of, sealed_attributes
from directory.sealing import KeyRing, MovedValueError, UnknownKeyError
from marketplace.commands.keys import rotate
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact, Family
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.services.staff.rotating import count_old, sealed_tables
from marketplace.settings import Settings

OLD_KEY = "a-key-for-tests-only-0123456789abcdef"
NEW_KEY = "a-newer-key-for-tests-0123456789abcdef"
EMAIL = "kelly.canary@example.org"


@pytest.fixture
async def family_id(sessions: Sessions) -> uuid.UUID:
    async with transaction(sessions, EXCHANGE) as session:
        council = await add_commissioner(session)
        given = {"email": EMAIL, "address": "1 Row"}
        return (await add_family(session, council, contact=given)).id


@pytest.fixture
async def rotated(settings: Settings) -> AsyncIterator[Sessions]:
    """The same database with a new first key; the old one still reads."""
    keys = (NEW_KEY, *settings.secret_keys)
    engine = make_engine(settings.database_url)
    yield make_sessions(engine, replace(settings, secret_keys=keys))
    await engine.dispose()


@pytest.fixture
async def renewed(settings: Settings) -> AsyncIterator[Sessions]:
    """The same database after the old key was taken away."""
    engine = make_engine(settings.database_url)
    yield make_sessions(engine, replace(settings, secret_keys=(NEW_KEY,)))
    await engine.dispose()


async def test_what_is_set_is_read_and_only_ciphertext_is_stored(
    family_id: uuid.UUID, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        contact = await session.get_one(Contact, family_id)
        assert (contact.email, contact.address, contact.postcode) == (EMAIL, "1 Row", None)
        contact.address = "2 Row"
        await session.flush()
    async with transaction(sessions, EXCHANGE) as session:
        contact = await session.get_one(Contact, family_id)
        assert contact.address == "2 Row"
        stored = (await session.scalars(text("SELECT contact::text FROM contact"))).one()
    assert "canary" not in stored
    assert b"2 Row".hex() not in stored
    assert EMAIL.encode().hex() not in stored


def test_the_same_value_looks_different_each_time() -> None:
    """A nonce that comes twice gives both values and the key's hash away."""
    ring = KeyRing([OLD_KEY])
    sealed = {ring.seal(EMAIL, "contact", "email_sealed", 1, 1) for _ in range(100)}
    assert len({one[9:21] for one in sealed}) == len(sealed) == 100


@pytest.mark.parametrize(
    "moved",
    [
        ("ask", "email_sealed", 1, 2),
        ("contact", "phone_sealed", 1, 2),
        ("contact", "email_sealed", 3, 2),
        ("contact", "email_sealed", 1, 3),
    ],
    ids=["table", "column", "row", "owner"],
)
def test_a_moved_value_does_not_open(moved: tuple[object, ...]) -> None:
    ring = KeyRing([NEW_KEY])
    sealed = ring.seal(EMAIL, "contact", "email_sealed", 1, 2)
    assert ring.open(sealed, "contact", "email_sealed", 1, 2) == EMAIL
    with pytest.raises(MovedValueError) as failure:
        ring.open(sealed, *moved)
    assert "canary" not in str(failure.value)
    for place in range(9, len(sealed)):
        with pytest.raises(MovedValueError):
            ring.open(
                sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :],
                *("contact", "email_sealed", 1, 2),
            )


@pytest.mark.parametrize(
    "move",
    [
        "UPDATE contact SET email_sealed = phone_sealed",
        (
            "UPDATE contact SET email_sealed = (SELECT other.email_sealed FROM contact other"
            " WHERE other.family_id <> contact.family_id)"
        ),
    ],
    ids=["column", "row"],
)
async def test_a_value_moved_in_the_database_is_refused(
    move: str, family_id: uuid.UUID, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await add_family(session, await add_commissioner(session, "Another"))
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text(move))
    async with transaction(sessions, EXCHANGE) as session:
        contact = await session.get_one(Contact, family_id)
        assert contact.name.startswith("Kelly")
        with pytest.raises(MovedValueError, match=r"contact\.email_sealed"):
            _ = contact.email


async def test_a_row_that_changes_its_owner_does_not_open(
    family_id: uuid.UUID, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        (await session.get_one(Family, family_id)).named_worker = "Sam Example"
        other = await add_commissioner(session, "Another")
        await session.flush()
        await session.execute(text("UPDATE family SET commissioner_id = :id"), {"id": other.id})
    async with transaction(sessions, EXCHANGE) as session:
        family = await session.get_one(Family, family_id)
        with pytest.raises(MovedValueError):
            _ = family.named_worker


async def find(session: AsyncSession, email: str) -> list[uuid.UUID]:
    is_it = has_value(ring_of(session), Contact.email_hash, email)
    return list(await session.scalars(select(Contact.family_id).where(is_it)))


async def test_a_look_up_finds_by_hash_and_nothing_is_like_nobodys(
    family_id: uuid.UUID, sessions: Sessions, rotated: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        nobodys = await add_family(
            session, await add_commissioner(session, "B"), contact={"email": None}
        )
        assert (await session.get_one(Contact, nobodys.id)).email_hash is None
        assert await find(session, EMAIL) == [family_id]
        assert await find(session, "") == []
    async with transaction(rotated, EXCHANGE) as session:
        assert await find(session, EMAIL) == [family_id]


async def test_every_sealed_table_reseals_in_parts_and_then_the_old_key_may_go(
    family_id: uuid.UUID,
    rotated: Sessions,
    renewed: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("marketplace.services.staff.rotating.BATCH", 1)
    async with transaction(renewed, EXCHANGE) as session:
        with pytest.raises(UnknownKeyError):
            _ = (await session.get_one(Contact, family_id)).email
    async with transaction(rotated, EXCHANGE) as session:
        await add_family(session, await add_commissioner(session, "New"))
        second = await add_family(session, await add_commissioner(session, "Old"))
        ring, contact = KeyRing([OLD_KEY]), await session.get_one(Contact, second.id)
        contact.__dict__["_ring"] = ring
        contact.name, contact.email, contact.phone = "Kim", None, None
        await session.flush()
        assert await count_old(session) == {"contact": 2}
    await rotate(rotated)
    assert "contact: 2 rows sealed anew." in capsys.readouterr().out
    async with transaction(renewed, EXCHANGE) as session:
        assert await count_old(session) == {}
        assert (await session.get_one(Contact, family_id)).email == EMAIL
        assert await find(session, EMAIL) == [family_id]


async def test_every_personal_column_is_sealed(session: AsyncSession) -> None:
    """By the catalogue: a plain column of such a name in one of these tables is a leak."""
    tables = {model.__tablename__: model for model in sealed_tables()}
    assert set(tables) == {
        "ask", "concern", "contact", "family", "introduction", "join_request", "received_text",
        "rights_request", "volunteer",
    }  # fmt: skip
    rows = await session.execute(
        text(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type <> 'bytea'"
        )
    )
    plain = {(row.table_name, row.column_name) for row in rows}
    for table, model in tables.items():
        for one in sealed_attributes(model):
            assert (table, one.name) not in plain
