"""What anyone meets at /find, from a telephone, without a script."""

import re
import uuid
from datetime import UTC, datetime
from html import unescape

import pytest
import small_world as world
from httpx import AsyncClient
from reading import SignIn, csrf_of
from sqlalchemy import select, update

from directory.models import Intake, Provider, Service
from directory.towns import load_towns
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction

NEAR = "IP1 2DE"


async def read(browser: AsyncClient, path: str, **query: str) -> str:
    answer = await browser.get(path, params=query or None)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def links(text: str) -> list[str]:
    return re.findall(r'href="(/find[^"]*)"', text)


async def test_the_first_look_asks_what_and_where(nobody: AsyncClient) -> None:
    text = await read(nobody, "/find")
    assert "What do you need help with?" in text
    assert "eh-card" not in text
    assert "There is a problem" not in text


async def test_a_result_leads_to_its_page_and_back_with_every_filter(nobody: AsyncClient) -> None:
    wanted = {"what": "parenting", "where": NEAR, "miles": "40"}
    text = await read(nobody, "/find", **wanted)
    link = next(one for one in links(text) if one.startswith("/find/services/"))
    page = await read(nobody, link)
    assert "How to get in touch" in page
    assert "/find?what=parenting&where=IP1+2DE&miles=40" in links(page)


async def test_words_without_a_place_are_asked_for_one(nobody: AsyncClient) -> None:
    text = await read(nobody, "/find", what="debt advice")
    assert text.count("Tell us where: a postcode, the first half of one, or a town") == 2
    assert 'value="debt advice"' in text


async def test_a_place_may_stand_among_the_words(nobody: AsyncClient) -> None:
    assert f"near {NEAR}" in await read(nobody, "/find", what=f"parenting {NEAR}")


async def test_a_town_with_a_mistake_is_taken_or_asked(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await load_towns(session)
    assert "to be Lowestoft" in await read(nobody, "/find", where="Lowestof")
    text = await read(nobody, "/find", where="market", day="mon")
    assert "Did you mean" in text
    assert "/find?where=Newmarket&day=mon" in links(text)


async def test_nothing_found_offers_links_that_keep_the_rest(nobody: AsyncClient) -> None:
    text = await read(nobody, "/find", what="parenting", where=NEAR, language="vi", miles="40")
    assert "We found nothing near IP1 2DE" in text
    assert "/find?what=parenting&where=IP1+2DE&miles=40" in links(text)


@pytest.mark.parametrize(
    "query",
    [
        {"where": NEAR, "page": "99"},
        {"where": NEAR, "page": "-1"},
        {"where": NEAR, "page": "²"},
        {"where": NEAR, "age": "9999", "day": "someday", "miles": "NaN", "need": "x"},
        {"where": NEAR, "what": "' \" <script>alert(1)</script> \\ %00 & | ! :* ()"},
        {"where": NEAR, "what": "a" * 5_000},
        {"where": "<b>" * 500},
    ],
)
async def test_whatever_is_typed_gets_a_page(nobody: AsyncClient, query: dict[str, str]) -> None:
    text = await read(nobody, "/find", **query)
    assert "<script>alert" not in (await nobody.get("/find", params=query)).text
    assert "Find help near me" in text


async def test_a_hard_subject_can_be_left_at_once_and_no_other_asks_for_it(
    nobody: AsyncClient,
) -> None:
    hard = await read(nobody, "/find", what="domestic voilence", where=NEAR)
    assert "Exit this page" in hard
    assert "Ring 999" in hard
    assert "Exit this page" in await read(nobody, "/find", need="substance-use", where=NEAR)
    assert "Exit this page" not in await read(nobody, "/find", what="baby group", where=NEAR)


async def test_only_this_page_may_ask_where_somebody_is(nobody: AsyncClient) -> None:
    policy = (await nobody.get("/find")).headers["permissions-policy"]
    assert "geolocation=(self)" in policy
    for path in ("/", "/sign-in"):
        assert "geolocation=()" in (await nobody.get(path)).headers["permissions-policy"]


async def test_a_search_leaves_nothing_behind(nobody: AsyncClient) -> None:
    answer = await nobody.get("/find", params={"where": NEAR})
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_a_page_of_what_is_not_listed_is_not_there(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        service = (await session.scalars(select(Service).order_by(Service.ref))).first()
        assert service
        path = f"/find/services/{service.id}"
    await read(nobody, path)
    async with transaction(sessions, EXCHANGE) as session:
        pause = update(Provider).where(Provider.id == service.provider_id)
        await session.execute(pause.values(paused_at=datetime.now(UTC)))
    for gone in (path, f"/find/services/{uuid.uuid4()}", "/find/services/x"):
        assert (await nobody.get(gone)).status_code == 404


async def test_a_website_is_linked_only_where_it_is_one(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        service = (await session.scalars(select(Service).order_by(Service.ref))).first()
        assert service
        service.website = "javascript:alert(1)"
    text = await read(nobody, f"/find/services/{service.id}")
    assert "javascript:" not in text


async def test_places_that_a_provider_changes_are_seen_at_once(
    nobody: AsyncClient, sign_in: SignIn, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "KELLY")
        intake = await session.get_one(Intake, match.intake_id)
        left, service_id = intake.places_left, intake.service_id
    assert left
    page = f"/find/services/{service_id}"
    assert f"{left} place" in await read(nobody, page)
    tom = await sign_in(world.TOM)
    path = f"/provider/places/{intake.id}"
    answer = await tom.post(path, data={"_csrf": await csrf_of(tom), "change": "plus"})
    assert answer.status_code in {200, 303}, answer.text
    assert f"{left + 1} place" in await read(nobody, page)
