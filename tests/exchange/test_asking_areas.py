"""A family asks the council of its place; whose work address is trusted, that council says."""

import uuid

import pytest
from asks_at_hand import add_asking_council
from families_at_hand import council_actor
from sqlalchemy import delete

from directory.models import Postcode
from marketplace.db.acting import EXCHANGE
from marketplace.db.people import Commissioner, LegalBasis
from marketplace.db.session import Sessions, transaction
from marketplace.errors import BadFormError
from marketplace.services.asks import asking_areas


@pytest.fixture
async def council(sessions: Sessions) -> uuid.UUID:
    return await add_asking_council(sessions)


async def asked_at(sessions: Sessions, where: str) -> str | None:
    async with transaction(sessions, EXCHANGE) as session:
        found = await asking_areas.find_council(session, where)
        return found.commissioner.name if found else None


async def choose(sessions: Sessions, council: uuid.UUID, *covers: str, domains: str = "") -> None:
    async with transaction(sessions, EXCHANGE) as session:
        actor = council_actor(await session.get_one(Commissioner, council))
        await asking_areas.choose_areas(
            session, covers=covers, domains=domains.split(), actor=actor
        )


@pytest.mark.parametrize("where", ["IP1 2DE", "ip12de", "IP1"])
async def test_the_council_of_the_place_is_found(
    sessions: Sessions, council: uuid.UUID, where: str
) -> None:
    assert await asked_at(sessions, where) == "Invented Council"


@pytest.mark.parametrize("where", ["", "Ipswich", "IP9 9ZZ", "TM1644", "ZZ99 3VZ"])
async def test_what_is_no_postcode_of_ours_is_a_fault(
    sessions: Sessions, council: uuid.UUID, where: str
) -> None:
    with pytest.raises(BadFormError):
        await asked_at(sessions, where)


async def test_without_its_law_written_a_council_takes_no_ask(
    sessions: Sessions, council: uuid.UUID
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        assert await asking_areas.any_council_asks(session)
        await session.execute(delete(LegalBasis))
        assert not await asking_areas.any_council_asks(session)
    assert await asked_at(sessions, "IP1 2DE") is None


async def test_a_council_without_an_area_takes_no_ask(
    sessions: Sessions, council: uuid.UUID
) -> None:
    await choose(sessions, council)
    assert await asked_at(sessions, "IP1 2DE") is None
    async with transaction(sessions, EXCHANGE) as session:
        assert not await asking_areas.any_council_asks(session)


async def test_half_a_postcode_in_two_councils_has_to_be_whole(
    sessions: Sessions, council: uuid.UUID
) -> None:
    await add_asking_council(sessions, "Other Council")
    async with transaction(sessions, EXCHANGE) as session:
        other = Postcode(code="IP1 9WT", outward="IP1", easting=1, northing=1, district="E08000001")
        session.add(other)
        await session.flush()
        second = await asking_areas.find_council(session, "IP1 9WT")
        assert second is None
    other_id = await add_asking_council(sessions, "Third Council")
    await choose(sessions, other_id, "E08000001")
    assert await asked_at(sessions, "IP1 9WT") == "Third Council"
    with pytest.raises(BadFormError, match="whole postcode"):
        await asked_at(sessions, "IP1")


async def test_an_area_has_to_be_on_the_map(sessions: Sessions, council: uuid.UUID) -> None:
    with pytest.raises(BadFormError, match="ZZ9"):
        await choose(sessions, council, "IP1", "ZZ9")
    await choose(sessions, council, "ip1")
    assert await asked_at(sessions, "IP1 3AW") == "Invented Council"


@pytest.mark.parametrize(
    ("email", "is_known"),
    [
        ("kit@school.sch.uk", True),
        ("kit@nhs.net", True),
        ("kit@NHS.net", True),
        ("kit@notnhs.net", False),
        ("kit@nhs.net.example.org", False),
        ("kit@example.org", False),
    ],
)
async def test_only_names_that_the_council_knows_are_work_addresses(
    sessions: Sessions, council: uuid.UUID, email: str, *, is_known: bool
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await session.get_one(Commissioner, council)
        assert asking_areas.is_work_address(commissioner, email) == is_known


async def test_a_council_names_its_own(sessions: Sessions, council: uuid.UUID) -> None:
    with pytest.raises(BadFormError, match="names of e-mail"):
        await choose(sessions, council, "IP1", domains="example.org *")
    await choose(sessions, council, "IP1", domains="@Example.org")
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await session.get_one(Commissioner, council)
        assert asking_areas.is_work_address(commissioner, "kit@example.org")
        assert not asking_areas.is_work_address(commissioner, "kit@nhs.net")
