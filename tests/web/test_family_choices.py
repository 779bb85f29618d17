"""Kelly's page with more than one choice: what she sees, picks, ticks, waits for and takes back."""

import pytest
import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, form_of, words_of
from sqlalchemy import select, text, update

from directory.models import Intake, Service
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.settings import Settings

RIGHT = {"month": "5", "year": "2019"}
NOT_MINE = {"whose": "not_mine"}
OTHER = "Parents together"


@pytest.fixture
async def link(sessions: Sessions, settings: Settings) -> str:
    """Kelly's link; the other group for parents says yes by itself and is one of her choices."""
    async with transaction(sessions, EXCHANGE) as session:
        intake = await other_intake(session)
        service = await session.get_one(Service, intake.service_id)
        service.standing_yes = True
        offer = await world.offer_of(session, "KELLY")
        own = (await session.get_one(Match, offer.match_id)).intake_id
        offer.choices = {"intakes": [str(own), str(intake.id)]}
        await session.flush()
        return await world.offer_link(session, settings, "KELLY")


async def other_intake(session) -> Intake:  # noqa: ANN001
    wanted = select(Intake).join(Intake.service).where(Service.name == OTHER)
    return (await session.scalars(wanted)).one()


async def opened(browser: AsyncClient, link: str) -> Response:
    return await browser.post(link, data=RIGHT)


async def send(browser: AsyncClient, page: Response, ending: str, **fields: object) -> Response:
    form = form_of(page, ending)
    return await browser.post(form.action, data=form.fields | fields)


async def set_places(sessions: Sessions, places: int) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        intake = await other_intake(session)
        intake.places = intake.held + intake.used + places


async def test_the_first_is_chosen_and_both_can_be_taken(
    nobody: AsyncClient, link: str, sessions: Sessions, sign_in: SignIn
) -> None:
    page = await opened(nobody, link)
    form = form_of(page, "/answer")
    assert len(form.choices["choice"]) == 2
    assert form.fields["choice"] == form.choices["choice"][0]
    other = form.choices["choice"][1]
    given = {"choice": other, "contact_way": "phone", "easier": ["fare", "companion"]}
    told = words_of(await send(nobody, page, "/answer", answer="yes", **given))
    assert "Harbour Group will ring you" in told
    assert "Help with the fare" in told
    async with transaction(sessions, EXCHANGE) as session:
        accepted = await world.match_of(session, "KELLY", state="accepted")
        assert str(accepted.intake_id) == other
    wendy, tom = await sign_in(world.WENDY), await sign_in(world.TOM)
    assert "Kelly Nocturne" in (await wendy.get("/provider/accepted")).text
    assert "Nocturne" not in (await tom.get("/provider/accepted")).text


async def test_full_meanwhile_shows_the_others_and_the_waiting_list(
    nobody: AsyncClient, link: str, sessions: Sessions
) -> None:
    page = await opened(nobody, link)
    other = form_of(page, "/answer").choices["choice"][1]
    await set_places(sessions, 0)
    given = {"choice": other, "contact_way": "phone"}
    shown = await send(nobody, page, "/answer", answer="yes", **given)
    assert shown.status_code == 200
    assert "The last place there has just gone" in words_of(shown)
    assert other not in form_of(shown, "/answer").choices.get("choice", [])
    for _ in range(2):
        waits = await send(nobody, shown, "/wait")
        assert "You are on the waiting list" in words_of(waits)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.execute(text("SELECT count(*) FROM waiting_place"))).scalar() == 1
    taken = await send(nobody, waits, "/answer", answer="yes", contact_way="phone")
    assert "Marigold Trust will ring you" in words_of(taken)


async def test_a_made_up_choice_is_told_beside_the_choices(nobody: AsyncClient, link: str) -> None:
    page = await opened(nobody, link)
    given = {"choice": "00000000-0000-4000-8000-000000000000", "contact_way": "phone"}
    shown = await send(nobody, page, "/answer", answer="yes", **given)
    assert shown.status_code == 422
    assert "Choose the one you would like" in words_of(shown)


async def test_a_yes_can_be_taken_back_and_stays_so(
    nobody: AsyncClient, link: str, sessions: Sessions
) -> None:
    page = await opened(nobody, link)
    yes = await send(nobody, page, "/answer", answer="yes", contact_way="phone")
    changed = await send(nobody, yes, "/change")
    assert "We have changed your answer" in words_of(changed)
    before = await world.take_picture(sessions)
    assert words_of(await send(nobody, yes, "/change")) == words_of(changed)
    assert words_of(await opened(nobody, link)) == words_of(changed)
    assert await world.take_picture(sessions) == before


async def test_not_now_says_until_when(nobody: AsyncClient, link: str, sessions: Sessions) -> None:
    told = words_of(await send(nobody, await opened(nobody, link), "/answer", answer="not_now"))
    assert "We will not ask again before" in told
    async with transaction(sessions, EXCHANGE) as session:
        assert (await world.family_of(session, "KELLY")).parked_until is not None


async def test_not_me_needs_no_question_and_tells_nothing(
    nobody: AsyncClient, link: str, sessions: Sessions
) -> None:
    told = words_of(await nobody.post(f"{link}/not-me", data=NOT_MINE))
    assert not [word for word in (*world.CANARIES, "Marigold", "arent") if word in told]
    async with transaction(sessions, EXCHANGE) as session:
        family = await world.family_of(session, "KELLY")
        assert family.contact_wrong_at is not None
        contacts = "SELECT count(*) FROM contact WHERE family_id = :id"
        assert (await session.execute(text(contacts), {"id": family.id})).scalar() == 0
    assert words_of(await opened(nobody, link)) == told


@pytest.mark.parametrize(
    "fields", [{}, {"whose": "mine"}, {"whose": "unsure"}, {"whose": "1"}, {"answer": "not_me"}]
)
async def test_not_me_is_only_pressed_and_not_said(
    nobody: AsyncClient, link: str, sessions: Sessions, fields: dict[str, str]
) -> None:
    before = await world.take_picture(sessions)
    told = await nobody.post(f"{link}/not-me", data=fields)
    assert told.status_code == (303 if fields.get("whose") in ("mine", "unsure") else 422)
    assert await world.take_picture(sessions) == before


async def test_not_me_undoes_no_yes_and_looks_the_same(
    nobody: AsyncClient, link: str, sessions: Sessions
) -> None:
    page = await opened(nobody, link)
    await send(nobody, page, "/answer", answer="yes", contact_way="phone")
    before = await world.take_picture(sessions)
    assert "Thank you for telling us" in (await nobody.post(f"{link}/not-me", data=NOT_MINE)).text
    assert await world.take_picture(sessions) == before


@pytest.mark.parametrize("ending", ["/answer", "/wait", "/change", "/feedback"])
async def test_without_a_proof_nothing_behind_the_question_moves(
    nobody: AsyncClient, link: str, sessions: Sessions, ending: str
) -> None:
    before = await world.take_picture(sessions)
    fields = {"proof": "", "answer": "yes", "contact_way": "phone", "helped": "yes"}
    shown = await nobody.post(f"{link}{ending}", data=fields)
    assert shown.status_code == 422
    assert "Parents together" not in shown.text
    assert await world.take_picture(sessions) == before


async def test_once_it_has_started_one_question_is_asked_once(
    nobody: AsyncClient, link: str, sessions: Sessions
) -> None:
    page = await opened(nobody, link)
    await send(nobody, page, "/answer", answer="yes", contact_way="phone")
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "KELLY", state="accepted")
        await session.execute(update(Match).where(Match.id == match.id).values(state="under_way"))
    shown = await opened(nobody, link)
    unsaid = await send(nobody, shown, "/feedback")
    assert unsaid.status_code == 422
    for helped in ("partly", "no"):
        thanks = await send(nobody, shown, "/feedback", helped=helped)
        assert "We have your answer about how it is" in words_of(thanks)
    async with transaction(sessions, EXCHANGE) as session:
        found = select(Offer.feedback).join(Offer.family).where(Family.ref == "KELLY")
        assert (await session.scalars(found)).one() == "partly"
