"""A plan from chosen parts, a what-if beside it, and what it costs to decide a pair."""

import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, form_of, words_of
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.plans import Fund, Match, Plan
from marketplace.db.session import Sessions

STAGE = "drafted"
PLANS = "/commissioner/plans"


async def send(browser: AsyncClient, path: str, **typed: object) -> Response:
    form = form_of(await browser.get(path), path)
    return await browser.post(path, data=form.fields | typed)


async def test_a_plan_of_what_was_chosen(sign_in: SignIn, session: AsyncSession) -> None:
    amina = await sign_in(world.AMINA)
    fund = (await session.scalars(select(Fund))).one()
    answer = await send(
        amina,
        f"{PLANS}/new",
        codes=["parenting", "meals"],
        levels=["2"],
        areas="ip1, ip4",
        sources=["model"],
        fund_ids=[str(fund.id)],
        most_families="10",
        most_cash_pence="£1,000",
        **{"value_pence.level_2": "3,000"},
    )
    assert answer.status_code == 303
    plan = await world.plan_of(session, world.AMINA)
    assert answer.headers["location"] == f"{PLANS}/{plan.id}"
    assert plan.options == {
        "codes": ["meals", "parenting"],
        "levels": [2],
        "areas": ["IP1", "IP4"],
        "sources": ["model"],
        "fund_ids": [str(fund.id)],
        "most_families": 10,
        "most_cash_pence": 100_000,
        "value_pence": {"level_2": 300_000},
    }
    second = await send(amina, f"{PLANS}/new")
    assert second.status_code == 409
    assert "is being worked out" in words_of(second)


async def test_faults_of_the_plan_form(sign_in: SignIn, session: AsyncSession) -> None:
    amina = await sign_in(world.AMINA)
    typed = {"most_families": "all", "price_ceiling_pence.level_1": "cheap"}
    answer = await send(amina, f"{PLANS}/new", **typed)
    assert answer.status_code == 422
    assert "Give a whole number of families" in words_of(answer)
    assert "Give pounds, like 2,500" in words_of(answer)
    assert 'value="cheap"' in answer.text
    foreign = await send(amina, f"{PLANS}/new", fund_ids=["00000000-0000-4000-8000-000000000000"])
    assert foreign.status_code == 422
    assert (await world.plan_of(session, world.AMINA)).number == 1


async def ask(amina: AsyncClient, plan: Plan, **typed: object) -> str:
    answer = await send(amina, f"{PLANS}/{plan.id}/what-if", **typed)
    assert answer.status_code == 303, words_of(answer)
    return str(answer.headers["location"])


async def test_a_what_if_beside_its_plan(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    amina = await sign_in(world.AMINA)
    plan = await world.plan_of(session, world.AMINA)
    before = await matches_of(session, plan)
    place = await ask(amina, plan, kind="worth_it")
    waiting = await amina.get(place)
    assert "Waiting for its turn." in words_of(waiting)
    assert 'http-equiv="refresh"' in waiting.text
    await world.do_jobs(sessions)
    told = words_of(await amina.get(place))
    for part in ("Families reached", "Cash spent", "Cash back within a year", "Families by need"):
        assert part in told
    assert "Staff time and places freed" in told
    assert await matches_of(session, plan) == before


async def matches_of(session: AsyncSession, plan: Plan) -> list[tuple[object, str]]:
    rows = select(Match.id, Match.state).where(Match.plan_id == plan.id).order_by(Match.id)
    return [tuple(row) for row in await session.execute(rows)]


async def test_less_money_is_seen_in_families(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    """Set beside a later plan that may help three families only."""
    amina = await sign_in(world.AMINA)
    first = await world.plan_of(session, world.AMINA)
    place = await ask(amina, first, kind="budget", fund_id=await fund_id(session), more_pence="10")
    await world.do_jobs(sessions)
    told = words_of(await amina.get(place))
    assert "have the same as before" in told
    assert "No service helps more or fewer families." in told


async def fund_id(session: AsyncSession) -> str:
    return str((await session.scalars(select(Fund.id))).one())


async def test_faults_of_a_what_if(sign_in: SignIn, session: AsyncSession) -> None:
    amina = await sign_in(world.AMINA)
    plan = await world.plan_of(session, world.AMINA)
    path = f"{PLANS}/{plan.id}/what-if"
    for typed, fault in (
        ({"kind": ""}, "Choose what you would like to try"),
        ({"kind": "places", "intake_id": ""}, "Choose a service"),
        ({"kind": "opening", "group_id": "nonsense"}, "Choose a group"),
        ({"kind": "budget", "more_pence": "lots"}, "Give pounds, like 10,000"),
    ):
        answer = await send(amina, path, **typed)
        assert answer.status_code == 422, typed
        assert fault in words_of(answer)


async def test_what_one_more_place_would_do(sign_in: SignIn, session: AsyncSession) -> None:
    amina = await sign_in(world.AMINA)
    plan = await world.plan_of(session, world.AMINA)
    intake = (await session.scalars(select(Match.intake_id).limit(1))).one()
    common = {"service": "Baby group", "provider": "Harbour", "area": "IP16", "saving_pence": 9_900}
    plan.result = plan.result | {
        "buying": [
            common | {"kind": "place", "intake_id": str(intake), "families": 1, "exact": True},
            common
            | {
                "kind": "group",
                "intake_id": str(intake),
                "families": 6,
                "lacks": "opening",
                "opening_pence": 40_000,
                "missing": 0,
                "exact": True,
            },
        ]
    }
    await session.commit()
    told = await amina.get(f"{PLANS}/{plan.id}/buying")
    assert "£400 opens this group for 6 families." in words_of(told)
    assert "reaches one more family" in words_of(told)
    prefilled = await amina.get(f"{PLANS}/{plan.id}/what-if?kind=places&intake={intake}")
    assert form_of(prefilled, "/what-if").fields["kind"] == "places"
