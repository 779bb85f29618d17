"""Tom's own pages as a person uses them: who may press what, and which doors are shut."""

import io
import zipfile

import pytest
import small_world as world
from addresses import real_path, staff_routes
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Offer
from marketplace.db.people import User
from marketplace.db.session import Sessions, transaction
from marketplace.services.offers import answers, opening
from marketplace.services.providers import agreements, providers, teams
from marketplace.settings import Settings

FAMILY_PAGES = ("/provider", "/provider/accepted")
ADE = "ade@example.org"


@pytest.fixture
async def tom(sessions: Sessions) -> Actor:
    async with transaction(sessions, EXCHANGE) as session:
        return await world.actor_of(session, world.TOM)


@pytest.fixture
async def kelly_said_yes(sessions: Sessions, settings: Settings) -> None:
    """From now on Tom's page of families holds her name and number: the canaries."""
    async with transaction(sessions, EXCHANGE) as session:
        link = await world.offer_link(session, settings, "KELLY")
        offer = await opening.open_offer(session, link.removeprefix("/o/"))
        said = await answers.answer_offer(session, offer, answer="yes", contact_way="phone")
        assert said == "yes"


async def press(browser: AsyncClient, path: str, **fields: str) -> Response:
    data = {"_csrf": await csrf_of(browser), **fields}
    return await browser.post(path, data=data, follow_redirects=True)


async def text_of_families(browser: AsyncClient) -> str:
    pages = [await browser.get(path) for path in FAMILY_PAGES]
    assert {page.status_code for page in pages} == {200}
    return "".join(page.text for page in pages)


async def test_who_may_see_sees_her(kelly_said_yes: None, sign_in: SignIn) -> None:
    assert "Nocturne" in await text_of_families(await sign_in(world.TOM))


async def shut_by_pause(session: AsyncSession, tom: Actor) -> None:
    amina = await world.actor_of(session, world.AMINA)
    await providers.pause_provider(session, tom.provider_id, reason="", actor=amina)


async def shut_by_withdrawal(session: AsyncSession, tom: Actor) -> None:
    await agreements.withdraw_agreement(session, actor=tom)


async def shut_by_no_approval(session: AsyncSession, tom: Actor) -> None:
    own = Provider.id == tom.provider_id
    await session.execute(update(Provider).where(own).values(approved_at=None))


@pytest.mark.parametrize("shut", [shut_by_pause, shut_by_withdrawal, shut_by_no_approval])
async def test_a_shut_door_shows_no_family_in_an_open_browser(
    shut: object, kelly_said_yes: None, sign_in: SignIn, sessions: Sessions, tom: Actor
) -> None:
    browser = await sign_in(world.TOM)
    assert "Nocturne" in await text_of_families(browser)
    async with transaction(sessions, EXCHANGE) as session:
        await shut(session, tom)
    shown = await text_of_families(browser)
    assert [canary for canary in world.CANARIES if canary in shown] == []
    assert "IP1" not in shown
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "KELLY")
    started = await press(browser, f"/provider/matches/{match.id}/started")
    assert started.status_code == 409
    assert (await browser.get(f"/provider/matches/{match.id}/decline")).status_code == 404


async def test_accepting_the_agreement_opens_the_door_again(
    kelly_said_yes: None, sign_in: SignIn, sessions: Sessions, tom: Actor
) -> None:
    browser = await sign_in(world.TOM)
    await press(browser, "/provider/agreement/withdraw")
    assert "Nocturne" not in await text_of_families(browser)
    page = await browser.get("/provider/agreement")
    form = form_of(page, "/agreement")
    unticked = await press(browser, "/provider/agreement", version=form.fields["version"])
    assert (unticked.status_code, "Tick the box" in unticked.text) == (422, True)
    stale = await press(browser, "/provider/agreement", version="2020-01-01", accept="yes")
    assert (stale.status_code, "has changed" in words_of(stale)) == (422, True)
    assert "Nocturne" not in await text_of_families(browser)
    await browser.post("/provider/agreement", data=form.fields | {"accept": "yes"})
    assert "Nocturne" in await text_of_families(browser)


@pytest.fixture
async def ade(sessions: Sessions, tom: Actor) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await teams.invite(session, name="Ade Cole", email=ADE, role="viewer", actor=tom)


async def test_a_viewer_looks_at_every_page_and_presses_nothing(
    kelly_said_yes: None, ade: None, sign_in: SignIn, sessions: Sessions, session: AsyncSession
) -> None:
    settings = session.info["settings"]
    # Whoever is worried about a child is heard: tests/web/test_worried.py.
    routes = [
        route
        for route in staff_routes()
        if route.audience == "provider" and not route.path.endswith("/worried")
    ]
    paths = {route: await real_path(session, settings, route) for route in routes}
    browser = await sign_in(ADE)
    token = await csrf_of(browser)
    before = await world.take_picture(sessions)
    for route, path in paths.items():
        if route.method == "GET" and "matches" not in route.path:
            page = await browser.get(path)
            assert page.status_code == 200, route
            if not path.endswith(("edit", "new", "leave")):
                assert 'name="_csrf"' not in page.text.partition("<main")[2].partition("</main")[0]
        elif route.method == "POST":
            pressed = await browser.post(path, data={"_csrf": token, "change": "plus"})
            assert pressed.status_code == 403, route
            assert "You can look" in pressed.text
    assert await world.take_picture(sessions) == before
    assert "Nocturne" in await text_of_families(browser)


async def test_places_are_changed_and_taken_back(sign_in: SignIn, session: AsyncSession) -> None:
    browser = await sign_in(world.TOM)
    intake = await world.intake_of(session, "KELLY")
    address, left = f"/provider/places/{intake.id}", intake.places_left
    page = await press(browser, address, change="plus")
    assert f"{left + 1} left" in words_of(page)
    undo = form_of(page, f"{intake.id}/undo")
    event = page.text.partition('name="event" value="')[2].partition('"')[0]
    page = await press(browser, undo.action, event=event)
    assert f"{left} left" in words_of(page)
    again = await press(browser, undo.action, event=event)
    assert again.status_code == 422
    page = await press(browser, address, change="pause", until="2020-01-01")
    assert (page.status_code, f'id="until-{intake.id}-error"' in page.text) == (422, True)
    day = (world.today() + world.dt.timedelta(days=20)).isoformat()
    page = await press(browser, address, change="pause", until=day)
    assert "Paused until" in words_of(page)
    page = await press(browser, address, change="resume")
    assert "Paused until" not in words_of(page)


async def test_a_service_is_described_seen_and_stopped(
    sign_in: SignIn, nobody: AsyncClient, sessions: Sessions
) -> None:
    browser = await sign_in(world.TOM)
    empty = await press(browser, "/provider/services/new")
    assert empty.status_code == 422
    for field in ("name", "needs", "days", "languages", "postcode"):
        assert f'href="#{field}' in empty.text, field
    fields = {
        "name": "Bread & roses <b>",
        "description": "You bake with us.",
        "needs": "meals",
        "takes_level": "1",
        "days": "tue-pm",
        "languages": "en",
        "postcode": "IP1 2DE",
        "venue": "The secret hall",
        "is_confidential": "yes",
        "website": "www.example.org",
        "standing_yes": "no",
    }
    bad = await press(browser, "/provider/services/new", **fields | {"website": "javascript:1"})
    assert (bad.status_code, "The secret hall" in bad.text) == (422, True)
    page = await press(browser, "/provider/services/new", **fields)
    told = words_of(page)
    assert "Bread & roses <b>" in told
    assert "In IP1. The address is kept private" in told
    assert "It has no intake yet" in told
    assert "secret hall" not in told
    async with transaction(sessions, EXCHANGE) as session:
        wanted = select(Service).where(Service.name.startswith("Bread"))
        service = (await session.scalars(wanted)).one()
    intake = f"/provider/services/{service.id}/intakes/new"
    assert (await press(browser, intake, places="many")).status_code == 422
    page = await press(browser, intake, places="5", price="12.50")
    assert "5 left" in words_of(page)
    found = await nobody.get("/find?where=IP1+2DE&need=meals")
    assert "Bread" in words_of(found)
    assert "secret hall" not in found.text
    stopped = await press(browser, f"/provider/services/{service.id}/stop")
    assert "Nobody can find it now" in words_of(stopped)
    found = await nobody.get("/find?where=IP1+2DE&need=meals")
    assert "Bread" not in words_of(found)
    async with transaction(sessions, EXCHANGE) as session:
        wanted = select(Intake).where(Intake.service_id == service.id)
        stored = (await session.scalars(wanted)).one()
        assert (stored.price_pence, stored.paused_at is None) == (1250, False)


async def test_the_last_editor_is_told_who_could_be_next(sign_in: SignIn, tom: Actor) -> None:
    browser = await sign_in(world.TOM)
    page = await press(browser, f"/provider/people/{tom.id}/remove")
    assert (page.status_code, "only editor" in words_of(page)) == (422, True)
    wrong = await press(browser, "/provider/people", name="", email="x", role="boss")
    for field in ("name", "email", "role"):
        assert f'href="#{field}"' in wrong.text


async def test_tom_leaves_with_his_data(
    kelly_said_yes: None, sign_in: SignIn, nobody: AsyncClient, sessions: Sessions, tom: Actor
) -> None:
    browser = await sign_in(world.TOM)
    data = (await browser.get("/provider/organisation/data.zip")).content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        texts = [archive.read(name).decode("utf-8-sig") for name in archive.namelist()]
    assert [one for one in world.CANARIES for text in texts if one in text] == []
    page = await browser.get("/provider/organisation/leave")
    assert "said yes to you" in words_of(page)
    assert (await press(browser, "/provider/organisation/leave")).status_code == 422
    page = await press(browser, "/provider/organisation/leave", understood="yes")
    assert "Marigold Trust has left" in words_of(page)
    assert (await browser.get("/provider")).status_code == 303
    assert "Marigold" not in words_of(await nobody.get("/find?where=IP1+2DE"))
    priya = await sign_in(world.PRIYA)
    assert "has left" in words_of(await priya.get("/practitioner/calls"))
    async with transaction(sessions, EXCHANGE) as session:
        user = await session.get_one(User, tom.id)
        assert user.closed_at is not None
        assert (await session.scalars(select(Offer.id))).all()
