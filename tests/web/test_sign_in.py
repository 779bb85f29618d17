"""Staff sign in by a mailed link: once, for a short time, each time with a new session."""

import re

import small_world as world
from httpx import AsyncClient
from reading import SignIn, words_of
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.demo.loading import make_sign_in_path
from marketplace.settings import Settings, mail_folder

STAGE = "ground"


async def ask_by_mail(browser: AsyncClient, sessions: Sessions, settings: Settings) -> str:
    """Ask for Amina's link and read it in her message."""
    assert (await browser.post("/sign-in", data={"email": world.AMINA})).status_code == 200
    await world.do_jobs(sessions)
    (message,) = mail_folder(settings).glob("*.eml")
    found = re.search(r"http://testserver\.local(/sign-in/[a-z0-9]+)", message.read_text())
    assert found
    return found[1]


async def test_a_mailed_link_works_once(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    link = await ask_by_mail(nobody, sessions, settings)
    assert (await nobody.get(link)).status_code == 200
    signed_in = await nobody.post(link)
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/commissioner")
    cookie = signed_in.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert (await nobody.get("/commissioner")).status_code == 200
    nobody.cookies.clear()
    again = await nobody.post(link)
    assert again.status_code == 404
    assert "set-cookie" not in again.headers


async def test_a_link_runs_out(nobody: AsyncClient, sessions: Sessions) -> None:
    link = await make_sign_in_path(sessions, world.AMINA)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text("UPDATE sign_in_link SET expires_at = now()"))
    assert (await nobody.post(link)).status_code == 404


async def test_an_unknown_address_sees_the_same_and_gets_nothing(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    answers = [
        await nobody.post("/sign-in", data={"email": email})
        for email in (world.AMINA, "amona@example.org")
    ]
    assert answers[0].status_code == answers[1].status_code
    assert words_of(answers[0]).replace(world.AMINA, "") == words_of(answers[1]).replace(
        "amona@example.org", ""
    )
    await world.do_jobs(sessions)
    sent = [file.read_text() for file in mail_folder(settings).glob("*.eml")]
    assert len(sent) == 1
    assert f"To: {world.AMINA}" in sent[0]


async def test_an_address_that_is_none_is_told_so(nobody: AsyncClient) -> None:
    assert (await nobody.post("/sign-in", data={"email": "amina"})).status_code == 422


async def test_a_cookie_of_ones_own_choice_is_never_adopted(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    nobody.cookies.set("staff", "chosen-by-somebody", domain="testserver.local")
    assert (await nobody.get("/commissioner")).status_code == 303
    answer = await nobody.post(await make_sign_in_path(sessions, world.AMINA))
    assert "chosen-by-somebody" not in answer.headers["set-cookie"]


async def test_each_sign_in_has_a_new_session_and_ends_the_old_one(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    await nobody.post(await make_sign_in_path(sessions, world.AMINA))
    first = nobody.cookies["staff"]
    await nobody.post(await make_sign_in_path(sessions, world.PRIYA))
    assert nobody.cookies["staff"] != first
    assert (await nobody.get("/practitioner")).status_code == 200
    nobody.cookies.clear()
    nobody.cookies.set("staff", first, domain="testserver.local")
    assert (await nobody.get("/commissioner")).status_code == 303


async def test_signing_out_ends_the_session_itself(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    kept = amina.cookies["staff"]
    token = re.search(r'name="_csrf" value="(\w+)"', (await amina.get("/commissioner")).text)
    assert token
    assert (await amina.post("/sign-out", data={"_csrf": token[1]})).status_code == 303
    amina.cookies.clear()
    amina.cookies.set("staff", kept, domain="testserver.local")
    assert (await amina.get("/commissioner")).status_code == 303


async def test_only_hashes_are_stored(sign_in: SignIn, session: AsyncSession) -> None:
    amina = await sign_in(world.AMINA)
    stored = (await session.execute(text("SELECT token_hash::text FROM staff_session"))).all()
    assert stored
    assert amina.cookies["staff"].encode().hex() not in str(stored)
