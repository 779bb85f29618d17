"""Funds: what each has, has promised, has spent, has left."""

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.plans.funds import FundLine, fund_lines
from marketplace.web.api.operations import actor_of, answer, operation
from marketplace.web.rendering import WebRequest


class FundTold(msgspec.Struct):
    id: str
    name: str
    needs: list[str]
    kinds: list[str]
    budget_pence: int
    committed_pence: int
    spent_pence: int
    left_pence: int
    is_closed: bool


class FundList(msgspec.Struct):
    items: list[FundTold]


@get(
    "/funds",
    opt=operation(scope="funds:read", summary="The council's budgets, by name", gives=FundList),
)
async def list_funds(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    lines = await fund_lines(session, actor=actor_of(request))
    return answer(FundList([_told(line) for line in lines]))


def _told(line: FundLine) -> FundTold:
    fund = line.fund
    return FundTold(
        id=str(fund.id),
        name=fund.name,
        needs=fund.needs,
        kinds=fund.kinds,
        budget_pence=fund.budget_pence,
        committed_pence=line.committed_pence,
        spent_pence=line.spent_pence,
        left_pence=line.left_pence,
        is_closed=fund.closed_at is not None,
    )


HANDLERS = [list_funds]
