"""Amina keeps the directory true, and a provider says by one press that its listing is."""

import re

import pytest
import small_world as world
from httpx import AsyncClient
from reading import SignIn, csrf_of, words_of
from sqlalchemy import text

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.services.upkeep import imports
from marketplace.services.upkeep.freshness import ask_who_is_silent
from marketplace.settings import Settings, mail_folder

PATH = "/commissioner/directory"


async def run(sessions: Sessions, statement: str) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text(statement))


async def link_in_the_mail(sessions: Sessions, settings: Settings) -> str:
    await run(
        sessions,
        "UPDATE provider SET confirmed_at = now() - interval '7 months' WHERE ref = 'G1'",
    )
    async with transaction(sessions, EXCHANGE) as session:
        await ask_who_is_silent(session)
    await world.do_jobs(sessions)
    sent = [file.read_text() for file in mail_folder(settings).glob("*.eml")]
    (mail,) = [one for one in sent if f"To: {world.WENDY}" in one and "/confirm/" in one]
    found = re.search(r"/confirm/[a-z0-9]{32}", mail)
    assert found
    return found[0]


async def test_looking_changes_nothing_and_one_press_confirms(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    link = await link_in_the_mail(sessions, settings)
    for look in (nobody.get, nobody.head, nobody.options):
        assert (await look(link)).status_code in {200, 204}
    shown = words_of(await nobody.get(link))
    assert "Toddlers by the water" in shown
    assert "All still true" in shown
    for _ in range(2):
        assert "is true. People can find it" in words_of(await nobody.post(link))
    assert (await nobody.get("/confirm/" + "a" * 32)).status_code == 404


async def test_the_lists_say_what_they_count(sign_in: SignIn, sessions: Sessions) -> None:
    await run(
        sessions,
        "UPDATE provider SET confirmed_at = now() - interval '13 months' WHERE ref = 'G1'",
    )
    amina = await sign_in(world.AMINA)
    assert "Hidden listings 1 See" in words_of(await amina.get(PATH))
    assert "Harbour Group" in words_of(await amina.get(f"{PATH}/hidden"))
    for kind in ("stale", "unchecked", "empty", "missing", "doubles"):
        assert (await amina.get(f"{PATH}/{kind}")).status_code == 200
    assert (await amina.get(f"{PATH}/nonsense")).status_code == 404


async def test_two_that_are_one_are_merged_and_undone(sign_in: SignIn, sessions: Sessions) -> None:
    await run(sessions, "UPDATE provider SET charity_number = '1123456' WHERE ref IN ('C1', 'G1')")
    amina = await sign_in(world.AMINA)
    answer = await amina.get(f"{PATH}/doubles")
    assert "the same charity number" in words_of(answer)
    (link,) = set(re.findall(rf'href="({PATH}/doubles/[^"]+)"', answer.text))
    token = {"_csrf": await csrf_of(amina)}
    assert "Choose which one stays" in (await amina.post(link, data=token)).text
    answer = await amina.post(link, data=token | {"decision": "first"}, follow_redirects=True)
    assert "is merged" in words_of(answer)
    assert "No two providers look alike" in words_of(answer)
    (undo,) = re.findall(rf'action="({PATH}/merges/[^"]+)"', answer.text)
    answer = await amina.post(undo, data=token, follow_redirects=True)
    assert "the same charity number" in words_of(answer)
    answer = await amina.post(link, data=token | {"decision": "apart"}, follow_redirects=True)
    assert "No two providers look alike" in words_of(answer)


@pytest.mark.parametrize("who", [world.PRIYA, world.TOM])
async def test_it_is_the_commissioners_page(sign_in: SignIn, who: str) -> None:
    browser = await sign_in(who)
    assert (await browser.get(PATH)).status_code == 404


async def test_a_file_that_names_a_merged_provider_says_which_reference_to_use(
    sessions: Sessions,
) -> None:
    await run(
        sessions,
        "UPDATE provider SET merged_into_id = (SELECT id FROM provider WHERE ref = 'C1')"
        " WHERE ref = 'G1'",
    )
    async with transaction(sessions, EXCHANGE) as session:
        data = world.services_csv()
        taken = await imports.take_services(session, data, today=world.today())
    assert taken.counts is None
    assert {(fault.column, fault.value) for fault in taken.report.faults} == {
        ("provider_ref", "G1")
    }
    assert "merged into C1" in taken.report.faults[0].what_to_do
