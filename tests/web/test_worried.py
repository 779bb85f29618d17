"""Worried about a child: reachable from every provider's page, and nobody learns from us why."""

import pytest
import small_world as world
from httpx import AsyncClient
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.settings import Settings, mail_folder

LOOKS = ("/provider", "/provider/accepted", "/provider/places", "/provider/worried")


@pytest.fixture
async def kelly(sessions: Sessions) -> str:
    """The address of Kelly's match with Tom, who knows her name."""
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text("UPDATE match SET state = 'accepted' WHERE id = :id"),
            {"id": (await world.match_of(session, "KELLY")).id},
        )
        return f"/provider/matches/{(await world.match_of(session, 'KELLY')).id}/worried"


async def ask_to_be_rung(browser: AsyncClient, path: str, number: str = "01632 960 771") -> object:
    form = form_of(await browser.get(path), path)
    return await browser.post(path, data=form.fields | {"ring_back": number})


async def test_every_page_of_a_provider_leads_there(sign_in: SignIn) -> None:
    tom = await sign_in(world.TOM)
    for path in LOOKS:
        assert 'href="/provider/worried"' in (await tom.get(path)).text
    told = words_of(await tom.get("/provider/worried"))
    assert told.index("999") < told.index("01632 960 411")


async def test_the_form_takes_a_number_and_nothing_about_the_child(
    sign_in: SignIn, kelly: str, sessions: Sessions
) -> None:
    tom = await sign_in(world.TOM)
    form = form_of(await tom.get(kelly), kelly)
    assert set(form.fields) == {"_csrf", "ring_back"}
    assert "<textarea" not in (await tom.get(kelly)).text
    before = await world.take_picture(sessions)
    for wrong in ("", "12", "he hit her"):
        answer = await ask_to_be_rung(tom, kelly, wrong)
        assert answer.status_code == 422
        assert "UK telephone number" in words_of(answer)
    assert await world.take_picture(sessions) == before


async def test_priya_is_written_to_at_once_and_sees_whom_to_ring(
    sign_in: SignIn, kelly: str, sessions: Sessions, settings: Settings
) -> None:
    tom = await sign_in(world.TOM)
    answer = await ask_to_be_rung(tom, kelly)
    assert "will ring you" in words_of(await tom.get(answer.headers["location"]))
    await world.do_jobs(sessions)
    mails = [file.read_text() for file in mail_folder(settings).glob("*.eml")]
    (told,) = [mail for mail in mails if "worried about a child" in mail]
    assert f"To: {world.PRIYA}" in told
    assert [canary for canary in world.CANARIES if canary in told] == []
    priya = await sign_in(world.PRIYA)
    assert "1 call waits" in words_of(await priya.get("/practitioner"))
    shown = words_of(await priya.get("/practitioner/concerns"))
    for words in ("Kelly Nocturne", "01632 960771", "Marigold Trust"):
        assert words in shown, shown
    petra = await sign_in(world.PETRA)
    assert "Nobody is waiting" in words_of(await petra.get("/practitioner/concerns"))


async def test_no_page_of_a_provider_tells_why_it_waits(
    sign_in: SignIn, kelly: str, sessions: Sessions
) -> None:
    tom = await sign_in(world.TOM)
    await ask_to_be_rung(tom, kelly)
    for path in (*LOOKS, "/provider/organisation"):
        answer = await tom.get(path)
        assert answer.status_code == 200
        assert "Nocturne" not in answer.text, path
        for word in ("safeguarding", "on hold", "concern_raised", "960771"):
            assert word not in answer.text.lower(), (path, word)
    assert "The council is looking after this" in words_of(await tom.get("/provider/worried"))


async def test_a_viewer_is_heard_too(sign_in: SignIn, kelly: str, sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text("UPDATE staff_user SET provider_role = 'viewer' WHERE email = :tom"),
            {"tom": world.TOM},
        )
    tom = await sign_in(world.TOM)
    assert (await ask_to_be_rung(tom, kelly)).status_code == 303
    started = kelly.replace("worried", "started")
    refused = await tom.post(started, data={"_csrf": await csrf_of(tom)})
    assert refused.status_code == 403


async def test_closing_asks_how_it_goes_on(
    sign_in: SignIn, kelly: str, sessions: Sessions, session: AsyncSession
) -> None:
    await ask_to_be_rung(await sign_in(world.TOM), kelly)
    concern = await session.scalar(text("SELECT id FROM concern"))
    close = f"/practitioner/concerns/{concern}/close"
    petra, priya = await sign_in(world.PETRA), await sign_in(world.PRIYA)
    for fields in ({}, {"ended_as": "goes_on"}):
        answer = await petra.post(close, data=fields | {"_csrf": await csrf_of(petra)})
        assert answer.status_code == 404
    token = {"_csrf": await csrf_of(priya)}
    assert (await priya.post(close, data=token)).status_code == 422
    done = await priya.post(close, data=token | {"ended_as": "goes_on"})
    assert done.status_code == 303
    assert (await priya.post(close, data=token | {"ended_as": "goes_on"})).status_code == 404
    tom = await sign_in(world.TOM)
    assert "Kelly Nocturne" in words_of(await tom.get("/provider/accepted"))
