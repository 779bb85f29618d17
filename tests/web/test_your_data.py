"""The pages of families' rights: nothing is told to who may not know."""

from datetime import timedelta
from unittest.mock import patch

import pytest
import small_world as world
from httpx import AsyncClient
from reading import SignIn, form_of, words_of
from sqlalchemy import func, select, update

from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family
from marketplace.db.people import Commissioner
from marketplace.db.rights import RightsRequest
from marketplace.db.session import Sessions, transaction
from marketplace.services.figures import transparency
from marketplace.services.rights.rights import ANSWER_LINK
from marketplace.settings import Settings
from marketplace.tokens import derive_token


async def council_id(sessions: Sessions) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        name = Commissioner.name == "Example County Council"
        return str(await session.scalar(select(Commissioner.id).where(name)))


async def test_everybody_gets_the_same_answer(nobody: AsyncClient, sessions: Sessions) -> None:
    held = {"name": "Kelly Nocturne", "month": "5", "year": "2019", "postcode": "IP1 2DE"}
    held |= {"way": "email", "email": "kelly.nocturne@example.org"}
    held |= {"council": await council_id(sessions)}
    stranger = held | {"name": "Nobody Known", "month": "", "year": "", "postcode": ""}
    by_call = stranger | {"way": "phone", "phone": "01632 960199", "email": ""}
    answers = [await nobody.post("/your-data", data=one) for one in (held, stranger, by_call)]
    assert {answer.status_code for answer in answers} == {200}
    told = {words_of(answer) for answer in answers}
    assert len(told) == 1
    assert "Nocturne" not in told.pop()


@pytest.mark.parametrize("who", [world.AMINA, world.TOM, world.PETRA])
async def test_nobody_else_sees_a_request(sign_in: SignIn, sessions: Sessions, who: str) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        request_id = (await session.scalars(select(RightsRequest.id))).one()
    path = f"/practitioner/rights/{request_id}"
    assert (await (await sign_in(who)).get(path)).status_code == 404
    shown = await (await sign_in(world.PRIYA)).get(path)
    assert "KELLY (fits: a child’s month, the place)" in words_of(shown)


async def test_an_objection_needs_the_question(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        link = await world.offer_link(session, settings, "KELLY")
    assert (await nobody.post(f"{link}/object", data={"proof": "made up"})).status_code == 422
    shown = await nobody.post(link, data={"month": "5", "year": "2019"})
    proof = shown.text.split('name="proof" value="')[1].partition('"')[0]
    stopped = await nobody.post(f"{link}/answer", data={"proof": proof, "answer": "stop"})
    assert "Do not guess about us again" in words_of(stopped)
    done = await nobody.post(f"{link}/object", data={"proof": proof})
    assert "We will not guess about you again" in words_of(done)
    async with transaction(sessions, EXCHANGE) as session:
        family = (await session.scalars(select(Family).where(Family.ref == "KELLY"))).one()
        assert family.objected_at is not None


async def test_public_records_name_nobody(nobody: AsyncClient, sessions: Sessions) -> None:
    council = await council_id(sessions)
    for path in ("/retention", f"/privacy/{council}", f"/transparency/{council}", "/your-data"):
        shown = await nobody.get(path)
        assert shown.status_code == 200, path
        for private in ("KELLY", "Nocturne", "Tamarisk", "IP1 2DE"):
            assert private not in shown.text, path
    record = words_of(await nobody.get(f"/transparency/{council}"))
    for words in ("£2,500", "how likely", "too few to tell"):
        assert words in record


async def test_the_record_is_reckoned_once_an_hour(nobody: AsyncClient, sessions: Sessions) -> None:
    """Anybody may ask for it, as often as they like."""
    path = f"/transparency/{await council_id(sessions)}"
    reckon = transparency.tell_facts
    with patch.object(transparency, "tell_facts", side_effect=reckon) as asked:
        assert words_of(await nobody.get(path)) == words_of(await nobody.get(path))
        assert asked.call_count == 1
        with patch("marketplace.web.pages.transparency.FRESH_SECONDS", -1):
            await nobody.get(path)
        assert asked.call_count == 2


async def test_priya_looks_and_releases_and_the_family_opens_it_once(
    sign_in: SignIn, nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        asked = (await session.scalars(select(RightsRequest))).one()
        family = (await session.scalars(select(Family).where(Family.ref == "KELLY"))).one()
    path, priya = f"/practitioner/rights/{asked.id}", await sign_in(world.PRIYA)
    for step, given in (("identity", {"how": "met_them"}), ("family", {"family": str(family.id)})):
        form = form_of(await priya.get(path), f"/{step}")
        assert (await priya.post(f"{path}/{step}", data=form.fields | given)).status_code == 303
    form = form_of(await priya.get(f"{path}/answer"), "/release")
    changed = form.fields | {"seen": "something else"}
    assert (await priya.post(f"{path}/release", data=changed)).status_code == 409
    assert (await priya.post(f"{path}/release", data=form.fields)).status_code == 303
    token = derive_token(settings.secret_keys, ANSWER_LINK, asked.id, made_with=asked.key_id)
    link = f"/your-data/answer/{token}"
    assert "KELLY" not in (await nobody.get(link)).text, "looking tells nothing"
    assert "KELLY" in words_of(await nobody.post(link))
    assert (await nobody.post(f"{link}/json")).json()["sections"]
    async with transaction(sessions, EXCHANGE) as session:
        earlier = func.now() - timedelta(minutes=61)
        await session.execute(update(RightsRequest).values(opened_at=earlier))
    assert (await nobody.post(link)).status_code == 404
