"""Asking on the pages: from the search to the status, and back out again."""

from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import small_world as world
from asks_at_web import ANSWERS, letters, open_up, plan_and_approve, service_called
from httpx import AsyncClient
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Service
from marketplace.db.acting import EXCHANGE
from marketplace.db.asks import Ask
from marketplace.db.families import Family, Need
from marketplace.db.session import Sessions, transaction
from marketplace.services.matches.transitions import move_needs
from marketplace.services.offers import answers, opening
from marketplace.settings import Settings
from marketplace.states import NeedState

STAGE = "ground"
WHERE = {"where": "IP1 2DE"}


@pytest.fixture(autouse=True)
async def _open(sessions: Sessions) -> None:
    await open_up(sessions)


async def count(sessions: Sessions, column: Any) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await session.scalar(select(func.count(column))) or 0


async def newest_link(sessions: Sessions, settings: Settings) -> str:
    """The link in the one letter that the last job wrote."""
    before = set(letters(settings))
    await world.do_jobs(sessions)
    (letter,) = set(letters(settings)) - before
    return link_in(letter)


def link_in(letter: Path) -> str:
    message = message_from_bytes(letter.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    assert body
    words = body.get_content().split()
    return next(word for word in words if word.startswith("http")).removeprefix(
        "http://testserver.local"
    )


async def test_from_the_search_to_the_status(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    found = await nobody.get("/find", params={"where": "IP1 2DE", "what": "family worker"})
    assert "Ask for this" in words_of(found)
    service = await service_called(sessions, "Family worker")
    page = await nobody.get(f"/find/services/{service}", params=WHERE)
    assert f"/ask?service={service}&amp;where=IP1+2DE" in page.text
    form = await nobody.get("/ask", params=WHERE | {"service": str(service)})
    assert form.status_code == 200
    said = words_of(form)
    for words in ("Family worker", "Example County Council", "council.example.org/privacy", "999"):
        assert words in said
    given = form_of(form, "/ask").fields
    sent = await nobody.post("/ask", data=given | ANSWERS | {"need": "parenting"})
    assert "Now check the e-mail" in sent.text
    assert await count(sessions, Need.id) == 0
    link = await newest_link(sessions, settings)
    before = await world.take_picture(sessions)
    for method in ("GET", "HEAD"):
        assert (await nobody.request(method, link)).status_code == 200
    assert await world.take_picture(sessions) == before
    proved = await nobody.post(link)
    assert proved.status_code == 303
    status = await nobody.get(proved.headers["location"])
    assert "We have it" in status.text
    for private in ("Kelly", "Family worker", "parenting", "IP1"):
        assert private not in words_of(status)
    async with transaction(sessions, EXCHANGE) as session:
        need = (await session.scalars(select(Need))).one()
        assert (need.code, need.source, need.wished_service_id) == ("parenting", "self", service)
    safe = await nobody.post(f"{proved.headers['location']}/still-safe")
    assert "We go on by the ways" in words_of(safe)
    withdrawn = await nobody.post(f"{proved.headers['location']}/withdraw")
    assert "You took it back" in withdrawn.text


async def test_every_fault_is_told_at_once_and_nothing_is_kept(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    before = await world.take_picture(sessions)
    answer = await nobody.post("/ask", data=WHERE)
    assert answer.status_code == 422
    for words in ("like help with", "month and year", "first name", "one way", "safe", "agree"):
        assert words in words_of(answer)
    assert await world.take_picture(sessions) == before


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"channel": "letter", "address": "1 Example Row"}, "e-mail or a telephone call as well"),
        ({"channel": ["email", "letter"]}, "house and the street"),
        ({"channel": ["email", "sms"], "phone": "01632 960 001"}, "mobile"),
        ({"channel": "phone"}, "telephone number"),
        ({"month-1": "13"}, "month and year"),
        ({"year-1": "1950"}, "month and year"),
        ({"month-2": "5"}, "month and year"),
        ({"email": "kelly"}, "e-mail address"),
        ({"consent": ""}, "Without it"),
        ({"need": "gold"}, "help with"),
    ],
)
async def test_what_does_not_fit_is_said(
    nobody: AsyncClient, sessions: Sessions, changed: dict[str, Any], told: str
) -> None:
    answer = await nobody.post("/ask", data=WHERE | ANSWERS | changed)
    assert answer.status_code == 422
    assert told in words_of(answer)


async def test_a_way_that_is_not_ticked_is_not_kept(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    extra = {"phone": "01632 960 001", "address": "1 Example Row"}
    assert (await nobody.post("/ask", data=WHERE | ANSWERS | extra)).status_code == 200
    async with transaction(sessions, EXCHANGE) as session:
        ask = (await session.scalars(select(Ask).order_by(Ask.created_at.desc()))).first()
        assert ask is not None
        assert ask.given is not None
        given = ask.given
        assert (given["phone"], given["address"]) == (None, None)
        assert given["safe_channels"] == ["email"]


async def test_where_it_is_not_safe_nothing_is_kept(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    before = await world.take_picture(sessions)
    answer = await nobody.post("/ask", data=WHERE | ANSWERS | {"safe": "no"})
    assert "we do not write or ring" in words_of(answer)
    assert "01632 960 411" in words_of(answer)
    assert await world.take_picture(sessions) == before


async def test_a_machine_learns_nothing_and_stores_nothing(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    before = await world.take_picture(sessions)
    trapped = await nobody.post("/ask", data=WHERE | ANSWERS | {"homepage": "https://spam"})
    assert await world.take_picture(sessions) == before
    person = await nobody.post("/ask", data=WHERE | ANSWERS)
    assert words_of(trapped) == words_of(person)
    assert await count(sessions, Ask.id) > 1


async def test_elsewhere_the_services_own_contact_is_shown(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    service = await service_called(sessions, "Family worker")
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            update(Service).where(Service.id == service).values(phone="+441632960777")
        )
    answer = await nobody.get("/ask", params={"where": "NR33 0NL", "service": str(service)})
    assert answer.status_code == 200
    assert "No council takes these forms in NR33 0NL yet" in words_of(answer)
    assert "01632 960777" in words_of(answer).replace("01632 960 777", "01632 960777")


async def test_a_place_that_is_on_no_map_is_asked_for_again(nobody: AsyncClient) -> None:
    answer = await nobody.get("/ask", params={"where": "Atlantis"})
    assert answer.status_code == 422
    assert "Type a postcode" in words_of(answer)


async def test_a_professional_with_a_family(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    page = "/ask/with-a-family"
    assert (await nobody.get(page)).status_code == 200
    form = await nobody.get(page, params=WHERE)
    assert "family is with me" in words_of(form)
    data = WHERE | ANSWERS | {"need": "sleep", "worker_name": "Kit Example"}
    refused = await nobody.post(page, data=data | {"worker_email": "kit@elsewhere.example.com"})
    assert refused.status_code == 422
    sent = await nobody.post(page, data=data | {"worker_email": "kit@school.sch.uk"})
    assert "kit@school.sch.uk" in words_of(sent)
    received = await nobody.post(await newest_link(sessions, settings))
    assert "Received" in received.text
    assert "/ask/" not in received.text.partition("<main")[2]
    async with transaction(sessions, EXCHANGE) as session:
        need = (await session.scalars(select(Need))).one()
        assert (need.source, need.asked_on is not None) == ("professional", True)
    status = await nobody.get(await newest_link(sessions, settings))
    assert "We have it" in status.text


async def test_priya_rings_who_left_a_number_only(
    nobody: AsyncClient, sign_in: SignIn, sessions: Sessions
) -> None:
    data = WHERE | ANSWERS | {"channel": "phone", "phone": "01632 960 105", "name": "Dora"}
    sent = await nobody.post("/ask", data=data)
    assert "We will ring you" in sent.text
    priya = await sign_in(world.PRIYA)
    listed = await priya.get("/practitioner/asks")
    assert "Dora" in words_of(listed)
    assert "01632 960105" in words_of(listed)
    async with transaction(sessions, EXCHANGE) as session:
        ask_id = (await session.scalars(select(Ask.id).order_by(Ask.created_at.desc()))).first()
    done = await priya.post(
        f"/practitioner/asks/{ask_id}/yes", data={"_csrf": await csrf_of(priya)}
    )
    assert done.status_code == 303
    assert "Dora" not in words_of(await priya.get("/practitioner/asks"))
    assert await count(sessions, Need.id) == 1


async def test_a_number_that_is_not_safe_to_ring_is_not_shown(
    nobody: AsyncClient, sign_in: SignIn, sessions: Sessions, settings: Settings
) -> None:
    data = WHERE | ANSWERS | {"need": "mental-health", "channel": ["email", "sms"]}
    await nobody.post("/ask", data=data | {"phone": "07700 900 105"})
    await nobody.post(await newest_link(sessions, settings))
    listed = words_of(await (await sign_in(world.PRIYA)).get("/practitioner/asks"))
    assert "kelly.again@example.org" in listed
    assert "900105" not in listed.replace(" ", "")


async def test_amina_chooses_her_area(sign_in: SignIn, nobody: AsyncClient) -> None:
    amina = await sign_in(world.AMINA)
    token = {"_csrf": await csrf_of(amina)}
    wrong = await amina.post("/commissioner/asking", data=token | {"covers": "IP1\nXX99"})
    assert wrong.status_code == 422
    assert "XX99" in words_of(wrong)
    saved = await amina.post("/commissioner/asking", data=token | {"covers": "NR33"})
    assert saved.status_code == 303
    assert "Families can ask now" in words_of(await amina.get("/commissioner/asking"))
    assert "Who sees what" in (await nobody.get("/ask", params={"where": "NR33 0NL"})).text
    assert "No council" in (await nobody.get("/ask", params=WHERE)).text


async def test_a_council_can_start_with_asks_alone(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    """No prediction and no upload of contacts: from the ask to what stands behind the link."""
    await nobody.post("/ask", data=WHERE | ANSWERS | {"need": "parenting"})
    await nobody.post(await newest_link(sessions, settings))
    await world.do_jobs(sessions)
    await plan_and_approve(sessions)
    await world.build_claimed(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        family = (await session.scalars(select(Family))).one()
        link = await world.offer_link(session, settings, family.ref)
    before = set(letters(settings))
    await world.do_jobs(sessions)
    assert [link_in(letter) for letter in set(letters(settings)) - before] == [link]
    shown = await nobody.post(link, data={"month": "5", "year": "2019"})
    assert shown.status_code == 200
    assert "You asked us for this." in words_of(shown)
    async with transaction(sessions, EXCHANGE) as session:
        offer = await world.offer_of(session, family.ref)
        assert answers.standing_of(session, await opening.open_offer(session, link[3:])) == "open"
        assert offer.channel == "email"


async def test_an_unknown_link_is_not_there(nobody: AsyncClient, session: AsyncSession) -> None:
    for path in ("/ask/none", "/ask/confirm/none"):
        assert (await nobody.get(path)).status_code == 404
        assert (await nobody.head(path)).status_code == 200
    for path in ("/ask/none/withdraw", "/ask/none/still-safe", "/ask/confirm/none"):
        assert (await nobody.post(path)).status_code == 404


async def test_what_has_ended_says_so(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await nobody.post("/ask", data=WHERE | ANSWERS)
    status = (await nobody.post(await newest_link(sessions, settings))).headers["location"]
    async with transaction(sessions, EXCHANGE) as session:
        amina = await world.actor_of(session, world.AMINA)
        ids = (await session.scalars(select(Need.id))).all()
        await move_needs(session, ids, to=NeedState.EXPIRED, actor=amina)
    assert "This has ended" in words_of(await nobody.get(status))
