"""The link in a digest, as whoever holds the mail meets it: who waited, yes or no, and no more."""

import re

import pytest
import small_world as world
from httpx import AsyncClient
from reading import SignIn, csrf_of, forms_of, words_of
from sqlalchemy import func, select

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.services.providers import agreements
from marketplace.services.sending import digests
from marketplace.settings import Settings, mail_folder
from marketplace.states import MatchState

STAGE = "approved"


@pytest.fixture
async def link(sessions: Sessions, settings: Settings) -> str:
    """As Tom finds it in his mail."""
    async with transaction(sessions, EXCHANGE) as session:
        now = (await session.execute(select(func.now()))).scalar_one()
        await digests.make_digests(session, now=now)
    await world.do_jobs(sessions)
    mails = [file.read_text() for file in mail_folder(settings).glob("*.eml")]
    [told] = [mail for mail in mails if f"To: {world.TOM}" in mail]
    assert [one for one in world.CANARIES if one in told] == []
    found = re.search(r"/p/[a-z2-7]{32}", told)
    assert found
    return found[0]


async def states(sessions: Sessions) -> dict[str, str]:
    async with transaction(sessions, EXCHANGE) as session:
        return {ref: (await world.match_of(session, ref)).state for ref in ("KELLY", "TODDLER")}


async def test_a_look_shows_no_more_than_the_inbox_and_changes_nothing(
    nobody: AsyncClient, sign_in: SignIn, sessions: Sessions, link: str
) -> None:
    tom = await sign_in(world.TOM)
    before = await world.take_picture(sessions)
    page = await nobody.get(link)
    assert (page.status_code, (await nobody.head(link)).status_code) == (200, 200)
    assert await world.take_picture(sessions) == before
    inbox = words_of(await tom.get("/provider"))
    for heading in re.findall(r"<h[23][^>]*>\s*(.*?)\s*</h[23]>", page.text):
        if "There is a problem" not in heading:
            assert re.sub(r"&amp;", "&", heading) in inbox or heading in page.text.split("<main")[0]
    for shown in (page.text, inbox):
        assert [one for one in world.CANARIES if one in shown] == []
    assert "set-cookie" not in page.headers
    assert "noindex" in page.text
    # Wendy's families are with somebody else.
    assert "Toddlers by the water" not in page.text


async def test_yes_without_a_password_for_these_families_only(
    nobody: AsyncClient, sessions: Sessions, link: str
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        kelly = (await world.match_of(session, "KELLY")).id
        wendys = (await world.match_of(session, "TODDLER")).id
    before = await states(sessions)
    refused = await nobody.post(link, data={"match": str(wendys), "answer": "yes"})
    assert "Nothing was changed" in words_of(refused)
    assert await states(sessions) == before
    page = await nobody.post(link, data={"match": str(kelly), "answer": "yes"})
    assert "We write to the family now" in words_of(page)
    assert (await states(sessions))["KELLY"] == MatchState.AWAITING_FAMILY
    again = await nobody.post(link, data={"match": str(kelly), "code": "full", "answer": "no"})
    assert "Nothing was changed" in words_of(again), "what is claimed is not declined by mail"
    assert (await states(sessions))["KELLY"] == MatchState.AWAITING_FAMILY
    for path in ("/provider", "/provider/accepted", f"/provider/matches/{kelly}/decline"):
        assert (await nobody.get(path)).status_code == 303, "the link signs nobody in"


async def test_no_for_a_reason(nobody: AsyncClient, sessions: Sessions, link: str) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        kelly = (await world.match_of(session, "KELLY")).id
    missing = await nobody.post(link, data={"match": str(kelly), "answer": "no"})
    assert (missing.status_code, f'href="#code-{kelly}"' in missing.text) == (422, True)
    assert (await states(sessions))["KELLY"] == MatchState.AWAITING_PROVIDER
    told = await nobody.post(link, data={"match": str(kelly), "answer": "no", "code": "too_far"})
    assert "We ask someone else" in words_of(told)
    assert (await states(sessions))["KELLY"] == MatchState.PROVIDER_DECLINED


async def test_what_is_no_link_is_not_there(nobody: AsyncClient, link: str) -> None:
    for wrong in ("/p/x", f"/p/{'a' * 32}", link[:-1], f"{link}a"):
        assert (await nobody.get(wrong)).status_code == 404
        assert (await nobody.post(wrong, data={"answer": "yes"})).status_code == 404
    for data in ({}, {"match": "no-id", "answer": "yes"}):
        assert (await nobody.post(link, data=data)).status_code == 404


async def test_the_link_is_dead_once_the_agreement_is(
    nobody: AsyncClient, sessions: Sessions, link: str
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        kelly = (await world.match_of(session, "KELLY")).id
        tom = await world.actor_of(session, world.TOM)
    assert (await nobody.get(link)).status_code == 200
    async with transaction(sessions, EXCHANGE) as session:
        await agreements.withdraw_agreement(session, actor=tom)
    page = await nobody.get(link)
    assert page.status_code == 404
    assert "IP1" not in page.text
    yes = await nobody.post(link, data={"match": str(kelly), "answer": "yes"})
    assert yes.status_code == 404
    assert (await states(sessions))["KELLY"] == MatchState.ON_HOLD


async def test_tom_closes_the_links_he_was_sent(
    nobody: AsyncClient, sign_in: SignIn, link: str
) -> None:
    tom = await sign_in(world.TOM)
    page = await tom.post("/provider/mail-links/close", data={"_csrf": await csrf_of(tom)})
    assert "are closed" in words_of(page)
    assert (await nobody.get(link)).status_code == 404


async def test_yes_to_all_says_what_was_claimed_and_what_was_not(
    nobody: AsyncClient, sign_in: SignIn, sessions: Sessions, link: str
) -> None:
    tom = await sign_in(world.TOM)
    inbox = await tom.get("/provider")
    form = next(form for form in forms_of(inbox) if form.action.endswith("/claim-all"))
    section = inbox.text.partition(form.action)[2].partition("</form>")[0]
    shown = re.findall(r'name="match" value="([0-9a-f-]+)"', section)
    assert len(shown) > 1
    quicker = await nobody.post(link, data={"match": shown[0], "answer": "yes"})
    assert quicker.status_code == 200
    told = await tom.post(form.action, data={"_csrf": form.fields["_csrf"], "match": shown})
    # One was answered by the link; to another it is not safe to write, and nobody is told that.
    assert f"You said yes to {len(shown) - 2} famil" in words_of(told)
    assert "2 families were not claimed" in words_of(told)
    assert "safe" not in words_of(told)
    again = await tom.post(form.action, data={"_csrf": form.fields["_csrf"], "match": shown})
    assert f"{len(shown)} families were not claimed" in words_of(again)
