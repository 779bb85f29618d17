"""One family, one screen: decided, changed, skipped, undone, and never two people at one."""

import re

import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.staff import people

STAGE = "drafted"
QUEUE = "/practitioner/queue"
AGAIN = """
    INSERT INTO match (id, plan_id, need_id, family_id, intake_id, state, places, price_pence,
        cost_pence, stake_pence, effect, reason, choices)
    SELECT gen_random_uuid(), plan_id, need_id, family_id, intake_id, 'withdrawn', places,
        price_pence, cost_pence, stake_pence, effect, reason, choices
    FROM match WHERE state = 'proposed'
"""


async def press(browser: AsyncClient, path: str, **fields: str) -> Response:
    return await browser.post(path, data={"_csrf": await csrf_of(browser), **fields})


async def family_path(session: AsyncSession, ref: str) -> str:
    return f"{QUEUE}/{(await world.family_of(session, ref)).id}"


async def decide(browser: AsyncClient, path: str, **decisions: str) -> Response:
    """What the page filled in, and every need decided alike, as a person would."""
    form = form_of(await browser.get(path), path)
    verdicts = {name: "agree" for name in form.choices if name.startswith("decision-")}
    return await browser.post(path, data=form.fields | verdicts | decisions)


async def state_of(sessions: Sessions, ref: str) -> Match:
    async with transaction(sessions, EXCHANGE) as session:
        return await world.match_of(session, ref)


async def test_the_queue_goes_through_every_family_once(
    sign_in: SignIn, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    assert "8 families wait" in words_of(await priya.get(QUEUE))
    here = (await press(priya, f"{QUEUE}/next")).headers["location"]
    seen = []
    while here.startswith(f"{QUEUE}/"):
        seen.append(here.partition("?")[0])
        answer = await decide(priya, seen[-1])
        assert answer.status_code == 303, words_of(answer)
        here = answer.headers["location"]
    assert len(set(seen)) == len(seen) == 8
    assert "You have looked at every family" in words_of(await priya.get(here))
    async with transaction(sessions, EXCHANGE) as session:
        plan = await world.plan_of(session, world.AMINA)
        assert plan.state == "reviewed"
        looked = await session.execute(
            text(
                "SELECT DISTINCT looked_by IS NOT NULL, looked_seconds IS NOT NULL"
                " FROM match WHERE plan_id = :plan"
            ),
            {"plan": plan.id},
        )
        assert [tuple(row) for row in looked] == [(True, True)]


async def test_nothing_is_decided_beforehand_and_each_need_needs_a_word(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = await family_path(session, "TWONEEDS")
    form = form_of(await priya.get(path), path)
    names = [name for name in form.choices if name.startswith("decision-")]
    assert len(names) == 2
    assert not set(names) & set(form.fields)
    before = await world.take_picture(sessions)
    answer = await priya.post(path, data=form.fields | {names[0]: "agree"})
    assert answer.status_code == 422
    assert "agree, set it aside, or choose another" in words_of(answer)
    nothing = words_of(await priya.post(path, data=form.fields))
    for need in ("Getting to school", "Debt advice"):
        assert nothing.count(f"{need}: agree, set it aside, or choose another") == 2, need
    assert await world.take_picture(sessions) == before


async def test_what_is_unticked_is_not_offered(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = await family_path(session, "KELLY")
    form = form_of(await priya.get(path), path)
    also = [name for name in form.fields if name.startswith("also-")]
    assert also, "the page offers no other choice"
    match = await state_of(sessions, "KELLY")
    unticked = {name: value for name, value in form.fields.items() if name != also[0]}
    answer = await priya.post(path, data=unticked | {f"decision-{match.id}": "agree"})
    assert answer.status_code == 303
    after = await state_of(sessions, "KELLY")
    assert after.choices["agreed"] == [
        str(after.intake_id),
        *(name.removeprefix(f"also-{match.id}-") for name in also[1:]),
    ]
    assert after.was_changed


async def test_a_sensitive_need_is_asked_in_person(sign_in: SignIn, session: AsyncSession) -> None:
    priya = await sign_in(world.PRIYA)
    path = await family_path(session, "SENSITIVE")
    page = await priya.get(path)
    assert "Ask in person" in words_of(page)
    assert "Nothing is ever sent about this" in words_of(page)
    assert [name for name in form_of(page, path).choices if name.startswith("also-")] == []


async def test_a_faulty_form_keeps_what_was_typed(sign_in: SignIn, session: AsyncSession) -> None:
    priya = await sign_in(world.PRIYA)
    path = await family_path(session, "KELLY")
    match = await world.match_of(session, "KELLY")
    fields = {f"decision-{match.id}": "set_aside", "visiting": "ring_first"}
    answer = await press(priya, path, **fields)
    assert answer.status_code == 422
    assert "Parenting support: say why you set it aside" in words_of(answer)
    again = form_of(answer, path).fields
    assert (again[f"decision-{match.id}"], again["visiting"]) == ("set_aside", "ring_first")


async def test_undo_brings_the_family_back_on_the_screen(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = await family_path(session, "KELLY")
    gone_on = await decide(priya, path)
    page = await priya.get(gone_on.headers["location"])
    assert "KELLY is saved" in words_of(page)
    form_of(page, f"{path}/undo")
    answer = await press(priya, f"{path}/undo")
    assert answer.headers["location"] == path
    assert (await state_of(sessions, "KELLY")).state == "proposed"
    form_of(await priya.get(path), path)


async def test_what_was_closed_cannot_be_undone_and_that_is_said(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = await family_path(session, "KELLY")
    match = await world.match_of(session, "KELLY")
    closed = {f"decision-{match.id}": "set_aside", f"code-{match.id}": "already_helped"}
    assert (await decide(priya, path, **closed)).status_code == 303
    answer = await press(priya, f"{path}/undo")
    assert answer.status_code == 409
    assert "the need was closed" in words_of(answer)
    assert (await state_of(sessions, "KELLY")).state == "set_aside"


async def test_a_colleague_who_was_quicker_is_told_kindly(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as other:
        priya_user = await world.actor_of(other, world.PRIYA)
        await people.add_staff(
            other,
            commissioner_id=priya_user.commissioner_id,
            role="practitioner",
            name="Sam Example",
            email="sam@example.org",
        )
    priya, sam = await sign_in(world.PRIYA), await sign_in("sam@example.org")
    path = (await press(priya, f"{QUEUE}/next")).headers["location"]
    assert (await press(sam, f"{QUEUE}/next")).headers["location"] != path
    page = await sam.get(path)
    assert "Priya Example has this family on the screen" in words_of(page)
    form = form_of(page, path)
    assert (await decide(priya, path)).status_code == 303
    verdicts = {name: "agree" for name in form.choices if name.startswith("decision-")}
    before = await world.take_picture(sessions)
    token = {"_csrf": await csrf_of(sam)}
    late = await sam.post(path, data=form.fields | verdicts | token)
    assert late.status_code == 303
    assert "A colleague decided" in words_of(await sam.get(late.headers["location"]))
    assert await world.take_picture(sessions) == before


async def test_what_was_answered_before_and_what_forbids_it_is_shown(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = await family_path(session, "KELLY")
    async with transaction(sessions, EXCHANGE) as change:
        await change.execute(
            text(
                "UPDATE family SET stopped_at = now(), parked_until = current_date + 9,"
                " contact_wrong_at = now() WHERE ref = 'KELLY'"
            )
        )
        await change.execute(
            text(
                "INSERT INTO stop_entry (commissioner_id, family_ref, reason)"
                " SELECT commissioner_id, ref, 'fled' FROM family WHERE ref = 'KELLY'"
            )
        )
    told = words_of(await priya.get(path))
    for words in ("stop list", "never to write again", "Leave them in peace", "new contact"):
        assert words in told, words
    assert "fled" not in told


async def test_the_record_shows_own_looks(sign_in: SignIn, session: AsyncSession) -> None:
    priya = await sign_in(world.PRIYA)
    await decide(priya, await family_path(session, "KELLY"))
    told = words_of(await priya.get("/practitioner/record"))
    assert re.search(r"You 1 0 \(0%\)", told), told
    amina = await sign_in(world.AMINA)
    assert "changed none" not in words_of(await amina.get("/commissioner"))


async def test_the_commissioner_is_told_of_a_month_without_a_change(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as change:
        priya = await world.actor_of(change, world.PRIYA)
        # Nine proposals stand for twenty: the same plan three times over.
        for _ in range(2):
            await change.execute(text(AGAIN))
        await change.execute(
            text("UPDATE match SET looked_by = :priya, looked_at = now(), was_changed = false"),
            {"priya": priya.id},
        )
    told = words_of(await (await sign_in(world.AMINA)).get("/commissioner"))
    assert "Priya Example looked at" in told
    assert "None changed" in words_of(
        await (await sign_in(world.PRIYA)).get("/practitioner/record")
    )
