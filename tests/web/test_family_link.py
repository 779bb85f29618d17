"""Behind the link in an e-mail: nothing before the question, one answer that stands."""

import asyncio
import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import small_world as world
from httpx import ASGITransport, AsyncClient
from reading import SignIn, form_of, words_of
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.app import create_app
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.settings import Settings, mail_folder

RIGHT, WRONG = {"month": "5", "year": "2019"}, {"month": "6", "year": "2019"}
PERSONAL = (
    *world.CANARIES,
    "KELLY",
    "arent",  # parenting, parents
    "Family worker",
    "Marigold",
    "IP1",
    "2019",
    "2023",
    "rent-arrears",
    "Rent",
)


@pytest.fixture
async def link(session: AsyncSession, settings: Settings) -> str:
    return await world.offer_link(session, settings, "KELLY")


async def answer_question(browser: AsyncClient, link: str) -> str:
    """The proof that the right answer is given."""
    shown = await browser.post(link, data=RIGHT)
    assert shown.status_code == 200
    return form_of(shown, "/answer").fields["proof"]


async def give(browser: AsyncClient, link: str, answer: str, way: str = "email") -> str:
    proof = await answer_question_again(browser, link)
    fields = {"proof": proof, "answer": answer, "contact_way": way}
    told = await browser.post(f"{link}/answer", data=fields)
    assert told.status_code == 200
    return words_of(told)


async def answer_question_again(browser: AsyncClient, link: str) -> str:
    """A proof stays good for half an hour, so the first one is used again."""
    if not hasattr(browser, "proof"):
        browser.proof = await answer_question(browser, link)
    return browser.proof


async def test_the_bare_link_holds_nothing_personal(nobody: AsyncClient, link: str) -> None:
    page = await nobody.get(link)
    wrong = await nobody.post(link, data=WRONG)
    assert (page.status_code, wrong.status_code) == (200, 422)
    for shown in (page.text, wrong.text.replace(f'value="{WRONG["year"]}"', "")):
        # The hint's own example of a year stands on every family's page.
        told = shown.replace("4 2019", "")
        assert [word for word in PERSONAL if word in told] == []
    assert (await nobody.head(link)).text == ""


async def test_the_e_mail_holds_nothing_personal(
    sessions: Sessions, settings: Settings, link: str
) -> None:
    await world.do_jobs(sessions)
    files = [file for file in mail_folder(settings).glob("*.eml") if link in body_of(file)]
    assert len(files) == 1
    mail = message_from_bytes(files[0].read_bytes(), policy=policy.default)
    assert mail["To"] == "kelly.nocturne@example.org"
    del mail["To"]
    told = [
        str(mail["Subject"]),
        *(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"),
    ]
    for words in told:
        assert [word for word in PERSONAL if word in words] == []


def body_of(file: Path) -> str:
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    return mail.get_body(("plain",)).get_content()


async def test_an_unknown_link_is_not_there(nobody: AsyncClient, link: str) -> None:
    for wrong in (f"{link}a", link[:-1], "/o/é", "/o/abc"):
        assert (await nobody.get(wrong)).status_code == 404
        assert (await nobody.post(wrong, data=RIGHT)).status_code == 404
        assert (await nobody.post(f"{wrong}/answer", data={"answer": "yes"})).status_code == 404
        assert (await nobody.post(f"{wrong}/call-me")).status_code == 404


async def test_five_wrong_answers_a_day_close_it_whoever_counts(
    settings: Settings, link: str
) -> None:
    first, second = create_app(settings), create_app(settings)
    tries = [first, second, first, second, first]
    statuses = [await post_once(app, settings, link, WRONG) for app in tries]
    assert statuses == [422, 422, 422, 422, 429]
    for app in (first, second):
        assert await post_once(app, settings, link, RIGHT) == 429
        await app.state.sessions.kw["bind"].dispose()


async def test_guesses_at_once_are_counted_too(
    nobody: AsyncClient, link: str, session: AsyncSession
) -> None:
    answers = await asyncio.gather(*(nobody.post(link, data=WRONG) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [422] * 4 + [429] * 4
    assert (await session.execute(text("SELECT count(*) FROM wrong_answer"))).scalar_one() == 5


async def post_once(app: object, settings: Settings, link: str, fields: dict[str, str]) -> int:
    async with AsyncClient(transport=ASGITransport(app=app), base_url=settings.base_url) as one:
        return (await one.post(link, data=fields)).status_code


async def test_without_a_proof_nothing_is_answered(
    nobody: AsyncClient, link: str, sessions: Sessions
) -> None:
    before = await world.take_picture(sessions)
    for proof in ("", "9999999999.00", "é", "9" * 400, "9999999999."):
        fields = {"proof": proof, "answer": "yes", "contact_way": "email"}
        assert (await nobody.post(f"{link}/answer", data=fields)).status_code == 422
    assert await world.take_picture(sessions) == before


async def test_a_proof_opens_no_other_familys_link(
    nobody: AsyncClient, link: str, session: AsyncSession, settings: Settings, sessions: Sessions
) -> None:
    proof = await answer_question(nobody, link)
    other = await world.offer_link(session, settings, "TODDLER")
    before = await world.take_picture(sessions)
    fields = {"proof": proof, "answer": "stop", "contact_way": "email"}
    assert (await nobody.post(f"{other}/answer", data=fields)).status_code == 422
    assert await world.take_picture(sessions) == before


async def test_the_offer_says_what_it_may_and_no_more(nobody: AsyncClient, link: str) -> None:
    told = words_of(await nobody.post(link, data=RIGHT))
    for wanted in (
        "Family worker",
        "Marigold Trust",
        "IP1",
        "Free for you",
        "You have done nothing wrong",
    ):
        assert wanted in told
    never = (
        "IP1 9WT",
        "9WT",
        "Nocturne",
        "KELLY",
        "level",
        "£",
        "risk",
        "match",
        "marketplace",
        "0.5",
        "rent-arrears",
    )
    assert [word for word in never if word in told] == []


@pytest.mark.parametrize("answer", ["yes", "no", "stop"])
async def test_the_first_answer_stands_and_is_told_again(
    answer: str, nobody: AsyncClient, link: str, sessions: Sessions
) -> None:
    first = await give(nobody, link, answer)
    before = await world.take_picture(sessions)
    for later in (answer, "yes", "no", "stop"):
        assert await give(nobody, link, later, "phone") == first
    shown_again = await nobody.post(link, data=RIGHT)
    assert words_of(shown_again) == first
    assert await world.take_picture(sessions) == before


async def test_two_answers_at_once_are_one(
    nobody: AsyncClient, link: str, session: AsyncSession, sessions: Sessions
) -> None:
    proof = await answer_question(nobody, link)
    posts = [
        nobody.post(f"{link}/answer", data={"proof": proof, "answer": one, "contact_way": "email"})
        for one in ("yes", "no", "yes", "stop", "no")
    ]
    told = {words_of(answer) for answer in await asyncio.gather(*posts)}
    assert len(told) == 1
    events = "SELECT count(*) FROM event WHERE actor_kind = 'family' AND subject_kind = 'match'"
    assert (await session.execute(text(events))).scalar_one() == 1


async def test_the_yes_page_names_no_venue(nobody: AsyncClient, link: str) -> None:
    told = await give(nobody, link, "yes")
    assert "Marigold Trust" in told
    assert [word for word in ("9WT", "IP1", "Nocturne", "Monday", "Tuesday") if word in told] == []


async def test_a_stop_writes_no_more_and_frees_the_place(
    nobody: AsyncClient, session: AsyncSession, sessions: Sessions, settings: Settings, link: str
) -> None:
    held = (await world.intake_of(session, "KELLY")).held
    await give(nobody, link, "stop")
    async with transaction(sessions, EXCHANGE) as after:
        assert (await world.intake_of(after, "KELLY")).held == held - 1
        assert (await world.family_of(after, "KELLY")).stopped_at is not None
    await world.do_jobs(sessions)
    assert not [file for file in mail_folder(settings).glob("*.eml") if link in body_of(file)]


async def test_call_me_is_asked_once_and_tells_nothing(
    nobody: AsyncClient, link: str, session: AsyncSession
) -> None:
    told = [words_of(await nobody.post(f"{link}/call-me")) for _ in range(3)]
    assert len(set(told)) == 1
    assert [word for word in PERSONAL if word in told[0]] == []
    calls = "SELECT count(*) FROM call WHERE reason = 'call_me'"
    assert (await session.execute(text(calls))).scalar_one() == 1


async def test_an_expired_offer_is_kind(nobody: AsyncClient, link: str, sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text("UPDATE offer SET expires_at = now() - interval '1 minute'"))
    assert (await nobody.get(link)).status_code == 200
    before = await world.take_picture(sessions)
    told = words_of(await nobody.post(link, data=RIGHT))
    assert "You have done nothing wrong" in told
    assert "Marigold" not in told
    assert await world.take_picture(sessions) == before


async def test_the_provider_learns_the_one_contact_and_only_after_the_yes(
    nobody: AsyncClient, sign_in: SignIn, link: str
) -> None:
    tom, wendy = await sign_in(world.TOM), await sign_in(world.WENDY)
    for path in ("/provider", "/provider/accepted", "/provider/places"):
        assert not re.search("Nocturne|kelly|960101", (await tom.get(path)).text)
    await give(nobody, link, "yes", "phone")
    shown = (await tom.get("/provider/accepted")).text
    assert "Kelly Nocturne" in shown
    assert "960101" in shown
    assert "kelly.nocturne" not in shown
    assert "IP1 2DE" not in shown
    assert "2019" not in shown
    assert "Nocturne" not in (await wendy.get("/provider/accepted")).text
