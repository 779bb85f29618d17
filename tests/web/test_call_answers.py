"""An answer given by telephone is entered for the family, and taken back within two days."""

import pytest
import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction

CALLS = "/practitioner/calls"


@pytest.fixture
async def paula(session: AsyncSession) -> str:
    """The page of the call to Paula, who has no safe electronic channel."""
    offer = await world.offer_of(session, "PHONEONLY")
    found = await session.execute(
        text("SELECT id FROM call WHERE offer_id = :offer"), {"offer": offer.id}
    )
    return f"{CALLS}/{found.scalar_one()}"


async def enter(browser: AsyncClient, path: str, **fields: str) -> Response:
    token = {"_csrf": await csrf_of(browser)}
    return await browser.post(f"{path}/answer", data=token | fields)


async def state_of(sessions: Sessions) -> str:
    """Of the match that was offered, whatever took its place meanwhile."""
    async with transaction(sessions, EXCHANGE) as session:
        offer = await world.offer_of(session, "PHONEONLY")
        return (await session.get_one(Match, offer.match_id)).state


async def test_a_yes_is_entered_with_the_way_and_what_would_help(
    sign_in: SignIn, sessions: Sessions, paula: str
) -> None:
    priya = await sign_in(world.PRIYA)
    answer = await enter(priya, paula, answer="yes", contact_way="phone", easier="fare")
    assert answer.status_code == 303, words_of(answer)
    assert await state_of(sessions) == "accepted"
    async with transaction(sessions, EXCHANGE) as session:
        offer = await world.offer_of(session, "PHONEONLY")
        told = (offer.answer, offer.contact_way, offer.easier)
        assert told == ("yes", "phone", ["fare"])
        assert offer.answered_for_by == (await world.actor_of(session, world.PRIYA)).id
    shown = words_of(await priya.get(CALLS))
    assert "Paula Obsidian: Yes" in shown
    assert (await priya.get(paula)).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [{}, {"answer": "maybe"}, {"answer": "yes"}, {"answer": "yes", "contact_way": "email"}],
)
async def test_an_answer_that_lacks_something_is_asked_again(
    sign_in: SignIn, sessions: Sessions, paula: str, fields: dict[str, str]
) -> None:
    """Her e-mail address is not listed as safe, so it is no way to reach her."""
    priya = await sign_in(world.PRIYA)
    before = await world.take_picture(sessions)
    assert (await enter(priya, paula, **fields)).status_code == 422
    assert await world.take_picture(sessions) == before


@pytest.mark.parametrize("said", ["no", "not_now", "stop", "not_me"])
async def test_every_no_ends_it(sign_in: SignIn, sessions: Sessions, paula: str, said: str) -> None:
    priya = await sign_in(world.PRIYA)
    assert (await enter(priya, paula, answer=said)).status_code == 303
    assert await state_of(sessions) in {"family_declined", "withdrawn"}
    takes_back = "/take-back" in (await priya.get(CALLS)).text
    assert takes_back == (said != "not_me")
    if said == "not_me":
        async with transaction(sessions, EXCHANGE) as session:
            family = await world.family_of(session, "PHONEONLY")
            assert await session.get(Contact, family.id) is None


async def test_a_mistake_is_taken_back_and_the_family_is_rung_again(
    sign_in: SignIn, sessions: Sessions, paula: str
) -> None:
    priya, petra = await sign_in(world.PRIYA), await sign_in(world.PETRA)
    await enter(priya, paula, answer="no")
    form = form_of(await priya.get(CALLS), "/take-back")
    stranger = await petra.post(form.action, data={"_csrf": await csrf_of(petra)})
    assert stranger.status_code == 404
    assert (await priya.post(form.action, data=form.fields)).status_code == 303
    assert await state_of(sessions) == "awaiting_family"
    assert "Paula Obsidian" in words_of(await priya.get(CALLS))
    assert (await enter(priya, paula, answer="yes", contact_way="phone")).status_code == 303


async def test_after_two_days_it_stays(sign_in: SignIn, sessions: Sessions, paula: str) -> None:
    priya = await sign_in(world.PRIYA)
    await enter(priya, paula, answer="no")
    form = form_of(await priya.get(CALLS), "/take-back")
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text("UPDATE offer SET answered_at = now() - interval '49 hours'"))
    assert "/take-back" not in (await priya.get(CALLS)).text
    assert (await priya.post(form.action, data=form.fields)).status_code == 409


async def test_what_the_family_answered_itself_stands(
    sign_in: SignIn, sessions: Sessions, paula: str
) -> None:
    priya = await sign_in(world.PRIYA)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text("UPDATE offer SET answer = 'no', answered_at = now() WHERE id = :id"),
            {"id": (await world.offer_of(session, "PHONEONLY")).id},
        )
    answer = await enter(priya, paula, answer="yes", contact_way="phone")
    assert answer.status_code == 422
    assert "There is nothing to answer any more" in words_of(answer)
