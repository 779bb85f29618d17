"""Row level security: every table, forced; no context, no rows; each sees only what is its own."""

import asyncio
import uuid
from dataclasses import dataclass

import pytest
from families_at_hand import add_commissioner, add_family, add_intake, add_match, add_plan
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE, PUBLIC, Acting, act_as, act_for_link, as_exchange
from marketplace.db.offers import Offer
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.services.offers.offers import offer_where_ready
from marketplace.settings import Settings
from marketplace.states import MatchState

# What belongs to somebody, each with at least one row of Ipswich's and one of another council's.
PERSONAL = ("family", "need", "match", "contact", "offer")
# Holds the number of the newest migration and nothing else.
NOT_GUARDED = {"alembic_version"}


@dataclass(frozen=True)
class Side:
    """One council with one family, whose help one provider gives."""

    commissioner_id: uuid.UUID
    provider_id: uuid.UUID
    family_id: uuid.UUID
    match_id: uuid.UUID


async def add_side(session: AsyncSession, name: str) -> Side:
    commissioner = await add_commissioner(session, name)
    plan, intake = await add_plan(session, commissioner), await add_intake(session)
    family = await add_family(session, commissioner)
    match = await add_match(
        session, plan, family, intake, state=MatchState.AWAITING_FAMILY, approved=True
    )
    intake.held = 1
    await session.flush()
    await offer_where_ready(session, [family.id])
    provider_id = await session.scalar(
        text("SELECT provider_id FROM service WHERE id = :id"), {"id": intake.service_id}
    )
    return Side(commissioner.id, provider_id, family.id, match.id)


@pytest.fixture
async def sides(sessions: Sessions) -> tuple[Side, Side]:
    async with transaction(sessions, EXCHANGE) as session:
        return await add_side(session, "Invented Council"), await add_side(session, "Another One")


async def count_rows(session: AsyncSession, table: str) -> int:
    return (await session.execute(text(f'SELECT count(*) FROM "{table}"'))).scalar_one()  # noqa: S608 - names from the catalogue


async def tables_of(session: AsyncSession) -> list[str]:
    found = await session.execute(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    )
    return [name for (name,) in found if name not in NOT_GUARDED]


async def test_every_table_is_guarded_for_its_owner_too(session: AsyncSession) -> None:
    open_tables = await session.execute(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
    )
    assert {name for (name,) in open_tables} == NOT_GUARDED


async def test_every_view_looks_with_the_eyes_of_who_asks(session: AsyncSession) -> None:
    blind = await session.execute(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'v' AND NOT coalesce(reloptions @> '{security_invoker=true}', false)"
        )
    )
    assert blind.all() == []


async def test_without_a_context_nothing_personal_is_there(
    sides: tuple[Side, Side], sessions: Sessions
) -> None:
    async with sessions() as bare:
        assert {table: await count_rows(bare, table) for table in PERSONAL} == dict.fromkeys(
            PERSONAL, 0
        )
        with pytest.raises(DBAPIError, match="row-level security"):
            await bare.execute(
                text("INSERT INTO stop_entry (commissioner_id, family_ref, reason)"
                     " VALUES (:id, 'F1', 'moved')"),
                {"id": sides[0].commissioner_id},
            )  # fmt: skip


async def test_the_public_sees_only_the_directory(
    sides: tuple[Side, Side], sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        filled = [table for table in await tables_of(session) if await count_rows(session, table)]
    async with transaction(sessions, PUBLIC) as session:
        seen = {table for table in filled if await count_rows(session, table)}
    assert seen == {"commissioner", "intake", "legal_basis", "listing", "provider", "service"}
    assert set(PERSONAL) < set(filled)


def eyes_of(side: Side, kind: str) -> Acting:
    return Acting(
        kind=kind,
        commissioner_id=side.commissioner_id if kind in {"commissioner", "practitioner"} else None,
        provider_id=side.provider_id if kind == "provider" else None,
        family_id=side.family_id if kind == "family" else None,
    )


@pytest.mark.parametrize("kind", ["commissioner", "practitioner", "provider", "family"])
async def test_each_sees_its_own_and_nothing_of_the_other_side(
    kind: str, sides: tuple[Side, Side], sessions: Sessions
) -> None:
    for mine, other in (sides, sides[::-1]):
        async with transaction(sessions, eyes_of(mine, kind)) as session:
            families = set(await session.scalars(text("SELECT id FROM family")))
            matches = set(await session.scalars(text("SELECT id FROM match")))
            assert families == {mine.family_id}
            assert matches == {mine.match_id}
            assert await count_rows(session, "need") == await count_rows(session, "offer") == 1
            changed = await session.execute(
                text("UPDATE family SET ref = 'taken' WHERE id = :id"), {"id": other.family_id}
            )
            assert changed.rowcount == 0


@pytest.mark.parametrize(
    ("state", "contacts"),
    [("awaiting_provider", 0), ("awaiting_family", 0), ("accepted", 1), ("under_way", 1)],
)
async def test_a_contact_opens_to_the_provider_with_the_yes(
    state: str, contacts: int, sides: tuple[Side, Side], sessions: Sessions
) -> None:
    mine = sides[0]
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text("UPDATE match SET state = :state WHERE id = :id"),
            {"state": state, "id": mine.match_id},
        )
    async with transaction(sessions, eyes_of(mine, "provider")) as session:
        assert await count_rows(session, "contact") == contacts
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text("UPDATE agreement SET withdrawn_at = now(), withdrawn_by = 'Tom'"
                 " WHERE provider_id = :id"),
            {"id": mine.provider_id},
        )  # fmt: skip
    async with transaction(sessions, eyes_of(mine, "provider")) as session:
        assert await count_rows(session, "contact") == 0


@pytest.mark.parametrize("state", ["proposed", "on_hold", "family_declined", "withdrawn"])
async def test_a_provider_looks_at_what_it_may_know_of(
    state: str, sides: tuple[Side, Side], sessions: Sessions
) -> None:
    mine = sides[0]
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text("UPDATE match SET state = :state WHERE id = :id"),
            {"state": state, "id": mine.match_id},
        )
    async with transaction(sessions, eyes_of(mine, "provider")) as session:
        assert await count_rows(session, "match") == await count_rows(session, "family") == 0


async def test_a_context_ends_with_its_transaction(
    sides: tuple[Side, Side], settings: Settings
) -> None:
    """One connection, used again: after an end, an error and a cancelled request alike."""
    engine = make_engine(settings.database_url, pool_size=1, max_overflow=0)
    sessions = make_sessions(engine, settings)
    async with transaction(sessions, EXCHANGE) as session:
        assert await count_rows(session, "family") == 2
    await assert_blind(sessions)
    for kind in ("family", "commissioner", "provider"):
        async with transaction(sessions, eyes_of(sides[0], kind)) as session:
            assert await count_rows(session, "family") == 1, kind
        await assert_blind(sessions)
    await _open_a_link(sessions, sides[0])
    await assert_blind(sessions)
    with pytest.raises(DBAPIError):
        async with transaction(sessions, EXCHANGE) as session:
            await session.execute(text("SELECT 1 / 0"))
    await assert_blind(sessions)
    cancelled = asyncio.create_task(_sleep_in_the_database(sessions))
    await asyncio.sleep(0.2)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    await assert_blind(sessions)
    await engine.dispose()


async def _open_a_link(sessions: Sessions, side: Side) -> None:
    """Blind until the link is opened, and then the eyes of one family; nobody's link opens none."""
    async with transaction(sessions, EXCHANGE) as session:
        offers = await session.scalars(select(Offer).where(Offer.family_id == side.family_id))
        offer = offers.one()
    async with transaction(sessions, None) as session:
        assert await count_rows(session, "family") == 0
        await act_for_link(session, b"nobody's", key_ids=[offer.key_id])
        assert await count_rows(session, "family") == 0
        await act_for_link(session, offer.token_hash, key_ids=["another key"])
        assert await count_rows(session, "family") == 0
        await act_for_link(session, offer.token_hash, key_ids=[offer.key_id])
        assert await count_rows(session, "family") == 1


async def _sleep_in_the_database(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text("SELECT pg_sleep(30)"))


async def assert_blind(sessions: Sessions) -> None:
    async with sessions() as bare:
        assert await count_rows(bare, "family") == 0


async def test_the_exchange_hands_back_to_who_asked(
    sides: tuple[Side, Side], sessions: Sessions
) -> None:
    """After what follows from a deed, and after an error in it, the eyes are the old ones."""
    async with transaction(sessions, eyes_of(sides[0], "family")) as session:
        async with as_exchange(session):
            assert await count_rows(session, "family") == 2
        assert await count_rows(session, "family") == 1
        with pytest.raises(LookupError):
            async with as_exchange(session):
                raise LookupError
        assert await count_rows(session, "family") == 1
        await act_as(session, PUBLIC)
        assert await count_rows(session, "family") == 0
