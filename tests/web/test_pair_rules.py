"""Pin or forbid a pair: with a reason, by the council whose family it is, the cost seen first."""

import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.plans import PairRule, Plan
from marketplace.db.session import Sessions

STAGE = "drafted"


async def decide(
    browser: AsyncClient, session: AsyncSession, ref: str, **typed: object
) -> Response:
    match = await world.match_of(session, ref)
    path = f"/commissioner/matches/{match.id}/rule"
    form = form_of(await browser.get(path), "/rule")
    return await browser.post(path, data=form.fields | {"deed": "make"} | typed)


async def rules(session: AsyncSession) -> list[tuple[str, str, bool]]:
    found = await session.execute(
        select(PairRule.kind, PairRule.reason, PairRule.lifted_at.is_not(None))
    )
    return [tuple(row) for row in found]


async def test_forbid_with_a_reason_and_end_it(sign_in: SignIn, session: AsyncSession) -> None:
    amina = await sign_in(world.AMINA)
    answer = await decide(amina, session, "KELLY", kind="forbid", reason="A cousin works there")
    assert answer.status_code == 303
    page = await amina.get("/commissioner/rules")
    for part in ("KELLY", "Never", "A cousin works there", "Amina Example"):
        assert part in words_of(page)
    lift = form_of(page, "/lift")
    bare = await amina.post(lift.action, data=lift.fields | {"reason": " "})
    assert bare.status_code == 422
    assert "Say why" in words_of(bare)
    ended = await amina.post(lift.action, data=lift.fields | {"reason": "Left the job"})
    assert ended.status_code == 303
    assert await rules(session) == [("forbid", "A cousin works there", True)]
    assert "Nobody has decided on a pair" in words_of(await amina.get("/commissioner/rules"))


async def test_a_rule_wants_a_kind_a_reason_and_what_suits(
    sign_in: SignIn, session: AsyncSession
) -> None:
    amina = await sign_in(world.AMINA)
    for typed, fault in (
        ({"kind": "pin", "reason": ""}, "Say why"),
        ({"kind": "", "reason": "Known well"}, "Choose one"),
        ({"kind": "pin", "reason": "x", "intake_id": str(Plan)}, "Choose the help"),
    ):
        answer = await decide(amina, session, "KELLY", **typed)
        assert answer.status_code == 422, typed
        assert fault in words_of(answer)
    assert await rules(session) == []


async def test_see_first_what_it_costs(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    amina = await sign_in(world.AMINA)
    answer = await decide(amina, session, "TODDLER", kind="forbid", deed="ask")
    assert answer.status_code == 303
    await world.do_jobs(sessions)
    told = words_of(await amina.get(answer.headers["location"]))
    assert "Deciding it so costs" in told
    assert "1 family fewer get help" in told or "1 family would have help no more" in told
    assert await rules(session) == []


async def test_another_council_ends_no_rule(sign_in: SignIn, session: AsyncSession) -> None:
    amina, olga = await sign_in(world.AMINA), await sign_in(world.OLGA)
    await decide(amina, session, "KELLY", kind="pin", reason="Known well")
    rule_id = (await session.scalars(select(PairRule.id))).one()
    data = {"_csrf": await csrf_of(olga), "reason": "Because"}
    answer = await olga.post(f"/commissioner/rules/{rule_id}/lift", data=data)
    assert answer.status_code == 404
    assert await rules(session) == [("pin", "Known well", False)]
