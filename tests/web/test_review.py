"""A practitioner looks at each family; nothing is approved that nobody looked at."""

import re

import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.people import Commissioner
from marketplace.db.session import Sessions, transaction

STAGE = "drafted"


async def review_path(session: AsyncSession) -> str:
    plan = await world.plan_of(session, world.AMINA)
    return f"/practitioner/plans/{plan.id}/review"


async def save(priya: AsyncClient, path: str, fields: dict[str, str]) -> Response:
    token = {"_csrf": await csrf_of(priya)}
    return await priya.post(f"{path}?page=1", data=token | fields)


async def states(sessions: Sessions) -> dict[str, set[str]]:
    async with transaction(sessions, EXCHANGE) as session:
        refs = [row[0] for row in world.NEEDS if row[0] != "UNMET"]
        found = {ref: await world.match_of(session, ref) for ref in refs}
        return {ref: {match.state} for ref, match in found.items()}


async def test_nothing_is_chosen_beforehand(sign_in: SignIn, session: AsyncSession) -> None:
    priya = await sign_in(world.PRIYA)
    form = form_of(await priya.get(await review_path(session)), "/review")
    assert len([name for name in form.choices if name.startswith("decision-")]) == 9
    assert [name for name in form.fields if name.startswith("decision-")] == []


async def test_saving_with_nothing_chosen_decides_nothing(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = await review_path(session)
    before = await world.take_picture(sessions)
    form = form_of(await priya.get(path), "/review")
    await save(priya, path, form.fields)
    assert await world.take_picture(sessions) == before


async def test_setting_aside_needs_a_reason_and_a_page_is_saved_whole(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = await review_path(session)
    kelly, meals = await world.match_of(session, "KELLY"), await world.match_of(session, "MEALS")
    before = await world.take_picture(sessions)
    for code in ("", "full", "made-up"):
        fields = {
            f"decision-{meals.id}": "agree",
            f"decision-{kelly.id}": "set_aside",
            f"code-{kelly.id}": code,
        }
        answer = await save(priya, path, fields)
        assert answer.status_code == 422
        # Of many families on one page: which of them.
        assert "KELLY, parenting support: say why you set it aside" in words_of(answer)
        assert await world.take_picture(sessions) == before
    fields[f"code-{kelly.id}"] = "not_right_support"
    assert (await save(priya, path, fields)).status_code == 303
    assert await states(sessions) | {"KELLY": {"set_aside"}, "MEALS": {"agreed"}} == (
        await states(sessions)
    )


async def test_another_choice_is_one_of_the_list(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = await review_path(session)
    kelly, toddler = (
        await world.match_of(session, "KELLY"),
        await world.match_of(session, "TODDLER"),
    )
    foreign = {f"decision-{kelly.id}": "choose", f"choice-{kelly.id}": str(toddler.intake_id)}
    assert (await save(priya, path, foreign)).status_code == 422
    offered = kelly.choices["next_best"][0]["intake_id"]
    chosen = {f"decision-{kelly.id}": "choose", f"choice-{kelly.id}": offered}
    assert (await save(priya, path, chosen)).status_code == 303
    async with transaction(sessions, EXCHANGE) as after:
        match = await world.match_of(after, "KELLY")
        assert (str(match.intake_id), match.state) == (offered, "agreed")


async def test_another_councils_match_cannot_be_slipped_in(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    other = await world.match_of(session, "OTHERCOUNCIL")
    before = await world.take_picture(sessions)
    await save(priya, await review_path(session), {f"decision-{other.id}": "agree"})
    assert await world.take_picture(sessions) == before


async def test_approving_covers_only_whom_somebody_looked_at(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    amina, priya = await sign_in(world.AMINA), await sign_in(world.PRIYA)
    plan = await world.plan_of(session, world.AMINA)
    approve = f"/commissioner/plans/{plan.id}/approve"
    before = await world.take_picture(sessions)
    refused = await amina.post(approve, data={"_csrf": await csrf_of(amina)})
    assert refused.status_code == 409
    assert await world.take_picture(sessions) == before

    kelly = await world.match_of(session, "KELLY")
    path = await review_path(session)
    assert (await save(priya, path, {f"decision-{kelly.id}": "agree"})).status_code == 303
    done = await amina.post(approve, data={"_csrf": await csrf_of(amina)})
    assert done.status_code == 303
    after = await states(sessions)
    assert after.pop("KELLY") == {"awaiting_provider"}
    assert set.union(*after.values()) == {"proposed"}


async def test_who_waits_for_the_next_wave_is_told_where_it_is_approved(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    amina, priya = await sign_in(world.AMINA), await sign_in(world.PRIYA)
    plan, path = await world.plan_of(session, world.AMINA), await review_path(session)
    async with transaction(sessions, EXCHANGE) as other:
        council = await other.get_one(Commissioner, plan.commissioner_id)
        council.policy = {"waves": {"first": 1, "daily": 1}}
    decided = [await world.match_of(session, ref) for ref in ("KELLY", "MEALS", "UNSAFE")]
    agreed = {f"decision-{match.id}": "agree" for match in decided}
    assert (await save(priya, path, agreed)).status_code == 303
    here = f"/commissioner/plans/{plan.id}"
    assert "next wave" not in words_of(await amina.get(here))
    await amina.post(f"{here}/approve", data={"_csrf": await csrf_of(amina)})
    assert "2 approved families wait for the next wave" in words_of(await amina.get(here))


async def test_half_a_family_is_not_approved(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    amina, priya = await sign_in(world.AMINA), await sign_in(world.PRIYA)
    plan, path = await world.plan_of(session, world.AMINA), await review_path(session)
    half = await world.match_of(session, "TWONEEDS")
    kelly = await world.match_of(session, "KELLY")
    agreed = {f"decision-{half.id}": "agree", f"decision-{kelly.id}": "agree"}
    assert (await save(priya, path, agreed)).status_code == 303
    approve = f"/commissioner/plans/{plan.id}/approve"
    assert (await amina.post(approve, data={"_csrf": await csrf_of(amina)})).status_code == 303
    async with transaction(sessions, EXCHANGE) as after:
        for match_id in await world.match_ids(after):
            match = await after.get_one(type(kelly), match_id)
            assert (match.approved_at is not None) == (match_id == kelly.id)


async def test_a_page_can_be_saved_again_after_a_part_was_approved(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    """What the page itself has filled in for the approved family must not stand in the way."""
    await test_approving_covers_only_whom_somebody_looked_at(sign_in, session, sessions)
    priya = await sign_in(world.PRIYA)
    path = await review_path(session)
    meals = await world.match_of(session, "MEALS")
    form = form_of(await priya.get(path), "/review")
    answer = await save(priya, path, form.fields | {f"decision-{meals.id}": "agree"})
    assert answer.status_code == 303, re.sub(r"\s+", " ", words_of(answer))[:300]
    assert (await states(sessions))["MEALS"] == {"agreed"}
    assert (await states(sessions))["KELLY"] == {"awaiting_provider"}


async def test_a_page_can_be_saved_again_after_a_family_was_set_aside(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = await review_path(session)
    kelly, meals = await world.match_of(session, "KELLY"), await world.match_of(session, "MEALS")
    aside = {f"decision-{kelly.id}": "set_aside", f"code-{kelly.id}": "already_helped"}
    assert (await save(priya, path, aside)).status_code == 303
    form = form_of(await priya.get(path), "/review")
    # The lists of reasons and choices come back empty, as the browser shows them.
    answer = await save(priya, path, form.fields | {f"decision-{meals.id}": "agree"})
    assert answer.status_code == 303, words_of(answer)[:300]
    assert (await states(sessions))["MEALS"] == {"agreed"}
    assert (await states(sessions))["KELLY"] == {"set_aside"}


async def test_another_choice_can_still_be_taken_after_agreeing(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = await review_path(session)
    kelly = await world.match_of(session, "KELLY")
    assert (await save(priya, path, {f"decision-{kelly.id}": "agree"})).status_code == 303
    offered = kelly.choices["next_best"][0]["intake_id"]
    chosen = {f"decision-{kelly.id}": "choose", f"choice-{kelly.id}": offered}
    assert (await save(priya, path, chosen)).status_code == 303
    async with transaction(sessions, EXCHANGE) as after:
        assert str((await world.match_of(after, "KELLY")).intake_id) == offered
