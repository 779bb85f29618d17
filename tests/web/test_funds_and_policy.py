"""Budgets and published values, as a commissioner types them."""

import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, form_of, words_of
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.people import Commissioner
from marketplace.db.plans import Fund, Match
from marketplace.db.session import Sessions, transaction
from marketplace.states import MatchState

FUNDS, POLICY = "/commissioner/funds", "/commissioner/policy"


async def send(browser: AsyncClient, path: str, **typed: object) -> Response:
    """The form as it stands on the page, with what was typed over it."""
    form = form_of(await browser.get(path), path)
    return await browser.post(path, data=form.fields | typed)


async def test_add_change_and_close_a_fund(sign_in: SignIn, session: AsyncSession) -> None:
    amina = await sign_in(world.AMINA)
    new = {"name": "Food fund", "budget_pence": "£2,500.50", "needs": ["meals"], "kinds": ["group"]}
    assert (await send(amina, f"{FUNDS}/new", **new)).status_code == 303
    fund = await session.scalar(select(Fund).where(Fund.name == "Food fund"))
    assert (fund.budget_pence, fund.needs, fund.kinds) == (250_050, ["meals"], ["group"])
    edit = f"{FUNDS}/{fund.id}/edit"
    assert (await send(amina, edit, budget_pence="3000", needs=[], kinds=[])).status_code == 303
    assert "£3,000" in words_of(await amina.get(FUNDS))
    close = form_of(await amina.get(edit), "/close")
    assert (await amina.post(f"{FUNDS}/{fund.id}/close", data=close.fields)).status_code == 303
    assert "Closed" in words_of(await amina.get(FUNDS))


async def test_every_fault_of_a_fund_is_told_at_once(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    answer = await send(amina, f"{FUNDS}/new", name="", budget_pence="plenty")
    assert answer.status_code == 422
    told = words_of(answer)
    assert "Give the fund a name" in told
    assert "Give the budget in pounds" in told
    twice = await send(amina, f"{FUNDS}/new", name="Early help", budget_pence="5")
    assert twice.status_code == 422
    assert "There is a fund of this name already" in words_of(twice)


async def test_promised_spent_and_left(sign_in: SignIn, sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        fund = (await session.scalars(select(Fund))).one()
        plan = await world.plan_of(session, world.AMINA)
        mine = update(Match).where(Match.plan_id == plan.id)
        await session.execute(mine.values(fund_id=None))
        begun, waits = (await world.match_ids(session))[:2]
        for match_id, state, pence in (
            (begun, MatchState.UNDER_WAY, 120_000),
            (waits, MatchState.AGREED, 30_000),
        ):
            match = await session.get_one(Match, match_id)
            match.fund_id, match.state, match.price_pence = fund.id, state, pence
    told = words_of(await (await sign_in(world.AMINA)).get(FUNDS))
    for part in ("£100,000", "£1,200", "£300", "£98,500"):
        assert part in told


async def test_anothers_fund_is_not_there(sign_in: SignIn, session: AsyncSession) -> None:
    fund = (await session.scalars(select(Fund))).one()
    olga, priya = await sign_in(world.OLGA), await sign_in(world.PRIYA)
    for browser in (olga, priya):
        assert (await browser.get(f"{FUNDS}/{fund.id}/edit")).status_code == 404
    assert "Early help" not in words_of(await olga.get(FUNDS))


async def test_a_council_publishes_its_own_values(sign_in: SignIn, session: AsyncSession) -> None:
    amina = await sign_in(world.AMINA)
    typed = {
        "value_pence.level_2": "3,000",
        "value_pence.source": "Cabinet paper 12",
        "waves.daily": "80",
        "waves.source": "What the hub can answer",
    }
    assert (await send(amina, POLICY, **typed)).status_code == 303
    found = await session.scalar(
        select(Commissioner.policy).where(Commissioner.name == "Example County Council")
    )
    assert found == {
        "value_pence": {"level_2": 300_000, "source": "Cabinet paper 12"},
        "waves": {"daily": 80, "source": "What the hub can answer"},
    }
    page = await amina.get(POLICY)
    assert form_of(page, POLICY).fields["value_pence.level_2"] == "3,000"
    assert "Cabinet paper 12" in page.text
    olga = await sign_in(world.OLGA)
    assert form_of(await olga.get(POLICY), POLICY).fields["value_pence.level_2"] == "2,500"


async def test_own_values_say_where_they_come_from(sign_in: SignIn, session: AsyncSession) -> None:
    amina = await sign_in(world.AMINA)
    for source in ({}, {"price_ceiling_pence.source": " "}):
        answer = await send(amina, POLICY, **{"price_ceiling_pence.level_1": "200"}, **source)
        assert answer.status_code == 422
        assert "Say where your own values come from" in words_of(answer)
    answer = await send(amina, POLICY, **{"value_pence.level_3": "-5", "waves.first": "0"})
    assert answer.status_code == 422
    assert "Level 3: give pounds" in words_of(answer)
    assert "In the first wave: give a whole number" in words_of(answer)
    assert (await session.scalars(select(Commissioner.policy))).all() == [{}, {}]
