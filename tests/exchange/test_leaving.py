"""Leaving hands every family on, shuts every door, and takes nothing along that is a family's."""

import csv
import io
import zipfile

import pytest
from provider_people import (
    Standing,
    add_person,
    answers_yes,
    families_at_each_step,
    open_offer,
    states_of,
)
from sqlalchemy import func, select

from directory.models import Provider, Service
from directory.visibility import is_offered
from marketplace.access import readable_matches
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family, Need
from marketplace.db.offers import Call
from marketplace.db.people import User
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.errors import BadFormError, OnlyLookError, PausedError
from marketplace.services.figures.figures import recount_places
from marketplace.services.providers import (
    agreements,
    leaving,
    listings,
    own_data,
    places,
    providers,
)

FILES = ("organisation", "services", "intakes", "people", "agreements", "history")


@pytest.fixture
async def standing(sessions: Sessions) -> Standing:
    return await families_at_each_step(sessions)


async def leave(sessions: Sessions, standing: Standing) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await leaving.leave(session, understood=True, actor=standing.tom)


async def test_it_says_before_what_will_happen(sessions: Sessions, standing: Standing) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        said = await leaving.say_what_leaving_does(session, standing.provider_id)
        assert said == {"waiting": 1, "asked": 1, "accepted": 1, "under_way": 1, "people": 1}
        with pytest.raises(BadFormError):
            await leaving.leave(session, understood=False, actor=standing.tom)


async def test_every_family_is_handed_on(sessions: Sessions, standing: Standing) -> None:
    await leave(sessions, standing)
    assert await states_of(sessions, standing) == {
        "agreed": "withdrawn",
        "asked": "provider_declined",
        "offered": "provider_declined",
        "accepted": "provider_declined",
        "helped": "ended_early",
    }
    async with transaction(sessions, EXCHANGE) as session:
        assert await recount_places(session) == []
        assert set(await session.scalars(select(Need.state))) == {"published"}
        reasons = await session.scalars(select(Call.reason))
        assert reasons.all() == ["provider_left"] * 2
        opened = await open_offer(session, standing.matches["offered"])
        assert await answers_yes(session, opened) == "closed"


async def test_every_door_is_shut(sessions: Sessions, standing: Standing) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        service_id = (await session.scalars(select(Service.id))).one()
    await leave(sessions, standing)
    async with transaction(sessions, EXCHANGE) as session:
        offered = select(Service.id).join(Service.provider).where(is_offered())
        assert (await session.scalars(offered)).all() == []
        accounts = await session.scalars(select(User.closed_at))
        assert None not in accounts.all()
        assert await agreements.find_agreement(session, actor=standing.tom) is None
        seen = readable_matches(standing.tom).subquery()
        assert await session.scalar(select(func.count()).select_from(seen)) == 0
    for deed in (
        lambda session: agreements.accept_agreement(session, actor=standing.tom),
        lambda session: listings.restart_service(session, service_id, actor=standing.tom),
        lambda session: places.change_places(
            session, standing.intake_id, change="plus", actor=standing.tom
        ),
    ):
        with pytest.raises(PausedError):
            async with transaction(sessions, EXCHANGE) as session:
                await deed(session)


async def test_a_paused_one_may_leave_too(sessions: Sessions, standing: Standing) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await providers.pause_provider(
            session, standing.provider_id, reason="", actor=standing.amina
        )
    await leave(sessions, standing)
    states = await states_of(sessions, standing)
    assert set(states.values()) == {"withdrawn", "ended_early"}


async def test_a_viewer_cannot_leave_for_all(sessions: Sessions, standing: Standing) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        ade = await add_person(session, standing.provider_id, role="viewer", name="Ade")
        with pytest.raises(OnlyLookError):
            await leaving.leave(session, understood=True, actor=ade)


async def test_its_data_is_whole_and_holds_no_family(
    sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        provider = await session.get_one(Provider, standing.provider_id)
        provider.description = "=HYPERLINK(1)"
        provider.contact_phone = "+441632960001"
        await session.flush()
        await places.change_places(session, standing.intake_id, change="plus", actor=standing.tom)
    async with transaction(sessions, EXCHANGE) as session:
        data = await own_data.make_own_data(session, actor=standing.tom)
        families = await session.execute(select(Family.ref, Match.id).join(Match.family))
        never = {str(one) for row in families for one in row}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert set(texts) == {f"{name}.csv" for name in FILES}
    assert not [ref for ref in never for text in texts.values() if ref in text]
    rows = {name: list(csv.DictReader(io.StringIO(text))) for name, text in texts.items()}
    (organisation,) = rows["organisation.csv"]
    assert organisation["description"] == "'=HYPERLINK(1)"
    assert organisation["contact_phone"] == "+441632960001"
    assert [row["name"] for row in rows["services.csv"]] == ["Warm meals"]
    assert [row["places"] for row in rows["intakes.csv"]] == ["10"]
    assert [row["accepted_by"] for row in rows["agreements.csv"]] == ["Tom Example"]
    assert [row["what"] for row in rows["history.csv"]] == ["places_set"]
