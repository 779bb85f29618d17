"""A family's link: ended one by one, open by an old key, over on the second, deaf to scanners."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import small_world as world
from html5lib import parse
from httpx import ASGITransport, AsyncClient
from reading import SignIn, csrf_of, form_of
from sqlalchemy import func, select, text, update

from marketplace.app import create_app
from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Call, Offer
from marketplace.db.session import Sessions, transaction
from marketplace.settings import Settings

RIGHT = {"month": "5", "year": "2019"}
# What looks at a link before the family does, by the names that they give themselves.
SCANNERS = (
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2) SafeLinks",
    "Mozilla/5.0 (compatible; Mimecast URL Protect)",
    "Mozilla/5.0 (compatible; Proofpoint TAP)",
    "BarracudaCentral/1.0",
    "GoogleImageProxy",
    "WhatsApp/2.23 A",
    "facebookexternalhit/1.1",
    "curl/8.5",
)


@pytest.fixture
async def links(sessions: Sessions, settings: Settings) -> tuple[str, str]:
    """Kelly's, and another family's."""
    async with transaction(sessions, EXCHANGE) as session:
        kelly = await world.offer_link(session, settings, "KELLY")
        return kelly, await world.offer_link(session, settings, "TODDLER")


async def test_a_practitioner_ends_one_link_and_no_other(
    sign_in: SignIn, nobody: AsyncClient, sessions: Sessions, links: tuple[str, str]
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        offer = await world.offer_of(session, "KELLY")
    path = f"/practitioner/offers/{offer.id}/end-link"
    assert (await nobody.get(links[0])).status_code == 200
    priya = await sign_in(world.PRIYA)
    for _ in range(2):
        ended = await priya.post(path, data={"_csrf": await csrf_of(priya)})
        assert ended.status_code == 303
    assert (await nobody.get(links[0])).status_code == 404
    assert (await nobody.post(links[0], data=RIGHT)).status_code == 404
    assert (await nobody.post(f"{links[0]}/call-me")).status_code == 404
    assert (await nobody.get(links[1])).status_code == 200


async def test_an_old_keys_link_opens_until_that_key_is_taken_away(
    settings: Settings, links: tuple[str, str]
) -> None:
    new = "a-newer-key-for-tests-0123456789abcdef"
    for keys, status in (((new, *settings.secret_keys), 200), ((new,), 404)):
        app = create_app(replace(settings, secret_keys=keys))
        transport = ASGITransport(app=app)
        async with AsyncClient(transport=transport, base_url=settings.base_url) as browser:
            told = await browser.post(links[0], data=RIGHT)
        await app.state.sessions.kw["bind"].dispose()
        assert told.status_code == status


@pytest.mark.parametrize(("seconds", "told"), [(60, "Would you like this?"), (0, "")])
async def test_an_offer_is_over_on_the_second_by_the_databases_clock(
    seconds: int, told: str, nobody: AsyncClient, sessions: Sessions, links: tuple[str, str]
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        end = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
        await session.execute(update(Offer).values(expires_at=end))
    shown = await nobody.post(links[0], data=RIGHT)
    assert told in shown.text
    assert ("Would you like this?" in shown.text) is bool(told)


async def test_an_answer_is_taken_until_its_second_and_not_after(
    nobody: AsyncClient, sessions: Sessions, links: tuple[str, str]
) -> None:
    """Whatever the clock was before and after the page was asked for, the page agrees with it."""
    proof = form_of(await nobody.post(links[0], data=RIGHT), "/answer").fields["proof"]
    end = await clock(sessions) + timedelta(seconds=2)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Offer).values(expires_at=end))
    before = await clock(sessions)
    while before < end:
        is_open = "Would you like this?" in (await nobody.post(links[0], data=RIGHT)).text
        after = await clock(sessions)
        assert is_open or after >= end
        before = after
    picture = await world.take_picture(sessions)
    assert "Would you like this?" not in (await nobody.post(links[0], data=RIGHT)).text
    said = {"proof": proof, "answer": "yes", "contact_way": "email"}
    assert (await nobody.post(f"{links[0]}/answer", data=said)).status_code == 200
    assert await world.take_picture(sessions) == picture


async def clock(sessions: Sessions) -> datetime:
    async with transaction(sessions, EXCHANGE) as session:
        return (await session.scalars(select(func.clock_timestamp()))).one()


async def test_ten_wrong_answers_end_a_link_for_good_and_a_person_is_there(
    nobody: AsyncClient, sessions: Sessions, links: tuple[str, str]
) -> None:
    """Never more than two a day, so that no day's limit says it."""
    wrong = {"month": "6", "year": "2019"}
    statuses = []
    for _ in range(11):
        told = await nobody.post(links[0], data=wrong)
        statuses.append(told.status_code)
        async with transaction(sessions, EXCHANGE) as session:
            await session.execute(text("UPDATE wrong_answer SET at = at - interval '13 hours'"))
    assert statuses == [422] * 9 + [429] * 2
    told = await nobody.post(links[0], data=RIGHT)
    assert told.status_code == 429
    assert "Would you like this?" not in told.text
    assert "01632 960" in told.text
    assert (await nobody.post(f"{links[0]}/call-me")).status_code == 200
    async with transaction(sessions, EXCHANGE) as session:
        offer = await world.offer_of(session, "KELLY")
        assert await session.scalar(select(Call.reason).where(Call.offer_id == offer.id))
    assert (await nobody.post(links[1], data=wrong)).status_code == 422


@pytest.mark.parametrize("name", SCANNERS)
async def test_a_scanner_changes_nothing(
    name: str, nobody: AsyncClient, sessions: Sessions, links: tuple[str, str]
) -> None:
    """It asks by every way that should be safe, follows each link, sends each form that gets."""
    before = await world.take_picture(sessions)
    headers = {"user-agent": name, "purpose": "prefetch"}
    for method in ("HEAD", "GET", "GET", "OPTIONS"):
        assert (await nobody.request(method, links[0], headers=headers)).status_code < 500
    page = parse((await nobody.get(links[0])).text, namespaceHTMLElements=False)
    for link in page.iter("a"):
        if link.get("href", "").startswith("/"):
            await nobody.get(link.get("href"), headers=headers)
    for form in page.iter("form"):
        assert form.get("method") == "post"
        await nobody.get(form.get("action") or links[0], headers=headers)
    assert await world.take_picture(sessions) == before
