"""A council's budgets: what each may pay for, what is promised from it, what is left."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets.words import KINDS
from directory.taxonomy import load_taxonomy
from marketplace.access import Actor, readable_funds
from marketplace.db.plans import Fund, Match
from marketplace.errors import BadFormError, NotFoundError, NotReadyError
from marketplace.services.matches.transitions import note_deed
from marketplace.states import HOLDS_PLACE, USES_PLACE, MatchState

COMMITTED = HOLDS_PLACE | {MatchState.PROPOSED, MatchState.AGREED}
# Help that has begun is paid for, also where it ended early.
SPENT = USES_PLACE | {MatchState.COMPLETED, MatchState.ENDED_EARLY}


@dataclass(frozen=True)
class FundLine:
    fund: Fund
    committed_pence: int
    spent_pence: int

    @property
    def left_pence(self) -> int:
        return self.fund.budget_pence - self.committed_pence - self.spent_pence


async def fund_lines(session: AsyncSession, *, actor: Actor) -> list[FundLine]:
    return await reckon_funds(session, readable_funds(actor))


async def reckon_funds(
    session: AsyncSession, funds: Select[Fund], *, without: ColumnElement[bool] | None = None
) -> list[FundLine]:
    """Each fund with its sums, by name; `without`: as if these matches were not there."""
    found = (await session.scalars(funds.order_by(Fund.name))).all()
    counts = (
        select(
            Match.fund_id,
            func.coalesce(func.sum(Match.price_pence).filter(Match.state.in_(COMMITTED)), 0).label(
                "committed"
            ),
            func.coalesce(func.sum(Match.price_pence).filter(Match.state.in_(SPENT)), 0).label(
                "spent"
            ),
        )
        .where(Match.fund_id.in_([fund.id for fund in found]))
        .group_by(Match.fund_id)
    )
    if without is not None:
        counts = counts.where(not_(without))
    sums = {row.fund_id: row for row in await session.execute(counts)}
    return [
        FundLine(fund, int(row.committed), int(row.spent))
        if (row := sums.get(fund.id))
        else FundLine(fund, 0, 0)
        for fund in found
    ]


async def add_fund(
    session: AsyncSession,
    *,
    name: str,
    budget_pence: int,
    needs: Collection[str] = (),
    kinds: Collection[str] = (),
    actor: Actor,
) -> Fund:
    fund = Fund(id=uuid.uuid4(), commissioner_id=actor.commissioner_id)
    await _write(session, fund, name, budget_pence, needs=needs, kinds=kinds, actor=actor)
    session.add(fund)
    await session.flush()
    await _note(session, fund, "fund_added", actor=actor)
    return fund


async def change_fund(
    session: AsyncSession,
    fund_id: uuid.UUID,
    *,
    name: str,
    budget_pence: int,
    needs: Collection[str],
    kinds: Collection[str],
    actor: Actor,
) -> Fund:
    """Change what a fund has and may pay for; what it has promised already stays promised."""
    fund = await _get_fund(session, fund_id, actor=actor)
    await _write(session, fund, name, budget_pence, needs=needs, kinds=kinds, actor=actor)
    await session.flush()
    await _note(session, fund, "fund_changed", actor=actor)
    return fund


async def close_fund(session: AsyncSession, fund_id: uuid.UUID, *, actor: Actor) -> None:
    """No later plan spends from it; what it has promised it still pays."""
    fund = await _get_fund(session, fund_id, actor=actor)
    if fund.closed_at is None:
        fund.closed_at = (await session.execute(select(func.now()))).scalar_one()
        await session.flush()
        await _note(session, fund, "fund_closed", actor=actor)


async def require_left(session: AsyncSession, fund_id: uuid.UUID, pence: int) -> None:
    """Refuse what the fund cannot pay; locked, so that two people cannot spend the same pound."""
    only = select(Fund).where(Fund.id == fund_id)
    await session.execute(only.with_for_update())
    (line,) = await reckon_funds(session, only)
    if line.left_pence < pence:
        raise NotReadyError(f"The fund “{line.fund.name}” has too little left for this choice.")


async def _get_fund(session: AsyncSession, fund_id: uuid.UUID, *, actor: Actor) -> Fund:
    fund = await session.scalar(readable_funds(actor).where(Fund.id == fund_id).with_for_update())
    if fund is None:
        raise NotFoundError
    return fund


async def _write(
    session: AsyncSession,
    fund: Fund,
    name: str,
    budget_pence: int,
    *,
    needs: Collection[str],
    kinds: Collection[str],
    actor: Actor,
) -> None:
    name = name.strip()
    faults: dict[str, str] = {}
    same = readable_funds(actor).where(Fund.name == name, Fund.id != fund.id)
    if not name:
        faults["name"] = "Give the fund a name"
    elif await session.scalar(same):
        faults["name"] = "There is a fund of this name already"
    if budget_pence < 0:
        faults["budget_pence"] = "The budget cannot be less than nothing"
    if unknown := set(needs) - load_taxonomy().keys():
        faults["needs"] = f"Nobody knows the need {min(unknown)}"
    if unknown := set(kinds) - set(KINDS):
        faults["kinds"] = f"Nobody knows the kind of provider {min(unknown)}"
    if faults:
        raise BadFormError(faults)
    fund.name, fund.budget_pence = name, budget_pence
    fund.needs, fund.kinds = sorted(set(needs)), sorted(set(kinds))


async def _note(session: AsyncSession, fund: Fund, deed: str, *, actor: Actor) -> None:
    detail = {"name": fund.name, "budget_pence": fund.budget_pence}
    await note_deed(session, ("fund", fund.id), deed, actor=actor, detail=detail)
