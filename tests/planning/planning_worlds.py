"""Needs and places as the planner reads them: in memory, or in the tables."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from families_at_hand import TODAY
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family, Need
from marketplace.db.plans import Fund, Match, Plan, UnmetNeed
from marketplace.db.session import Sessions, transaction
from marketplace.services.plans.funds import FundLine
from marketplace.services.plans.plan_options import policy_with
from marketplace.services.plans.plans import request_plan
from marketplace.states import NeedState
from marketplace.worker.limit_rows import LimitRows
from marketplace.worker.rows import PlanningRows
from marketplace.worker.runs import solve_plan


def make_family(**given: Any) -> Family:
    return Family(
        **{
            "id": uuid.uuid4(),
            "ref": uuid.uuid4().hex[:8],
            "area": "IP1 2DE",
            "outward": "IP1",
            "children_born": ["2019-05"],
            "languages": ["en"],
            "availability": ["mon-am"],
            "transport": ["bus"],
            "visiting": "no_known_concern",
            **given,
        }
    )


def make_need(family: Family, **given: Any) -> Need:
    values = {
        "id": uuid.uuid4(),
        "code": "meals",
        "level": 2,
        "likelihood": Decimal("0.4"),
        "statutory_cost_pence": 500_000,
        "source": "model:early-help@1",
        "reasons": ["attendance"],
        "valid_until": TODAY + dt.timedelta(days=90),
        "access": [],
        "places": 1,
        "cost_falls_on": ["council"],
        "cashable": Decimal("0.1"),
        "state": NeedState.PUBLISHED,
        "published_at": dt.datetime.now(dt.UTC),
        **given,
    }
    return Need(family_id=family.id, family=family, **values)


def make_intake(*, kind: str = "charity", **given: Any) -> Intake:
    """Help for meals over the telephone, so that nothing but places and money limits it."""
    ref = uuid.uuid4().hex[:8]
    provider = Provider(
        id=uuid.uuid4(),
        ref=ref,
        name=f"Helpers {ref}",
        kind=kind,
        contact_email=f"{ref}@example.org",
        approved_at=dt.datetime.now(dt.UTC),
    )
    service = Service(
        id=uuid.uuid4(),
        provider_id=provider.id,
        provider=provider,
        ref="S1",
        name=f"Warm meals {ref}",
        needs=given.pop("needs", ["meals"]),
        takes_level=3,
        effect=given.pop("effect", Decimal("0.5")),
        languages=["en"],
        days=["mon-am"],
        access=[],
        standing_yes=False,
        postcode="IP1 2DE",
    )
    values = {
        "id": uuid.uuid4(),
        "places": 2,
        "held": 0,
        "used": 0,
        "price_pence": 0,
        "family_pays_pence": 0,
        "at_least": None,
        "opening_cost_pence": 0,
        **given,
    }
    return Intake(service_id=service.id, service=service, **values)


def make_fund(budget_pence: int, *, needs: Sequence[str] = (), kinds: Sequence[str] = ()) -> Fund:
    return Fund(
        id=uuid.uuid4(),
        name=uuid.uuid4().hex,
        budget_pence=budget_pence,
        needs=list(needs),
        kinds=list(kinds),
    )


def make_rows(
    needs: Sequence[Need],
    intakes: Sequence[Intake],
    *,
    funds: Sequence[Fund] | None = None,
    options: Mapping[str, Any] | None = None,
    **limits: Any,
) -> PlanningRows:
    """What `read_rows` would bring of these."""
    chosen = dict(options or {})
    given = {"promised": {}, "refused": [], "pins": [], "trial": {"pin": [], "forbid": []}}
    return PlanningRows(
        today=TODAY,
        kind="everyone",
        seed=7,
        policy=policy_with({}, chosen),
        options=chosen,
        needs=sorted(needs, key=lambda need: need.id),
        intakes=sorted(intakes, key=lambda intake: intake.id),
        may_help=frozenset(intake.id for intake in intakes),
        evidence={},
        held_back={},
        limits=LimitRows(
            funds=None if funds is None else [FundLine(fund, 0, 0) for fund in funds],
            **(given | limits),
        ),
    )


async def store(session: AsyncSession, *things: Any) -> None:
    """Families, needs, intakes with their services, and funds, in the order of their keys."""
    for thing in things:
        if isinstance(thing, Intake):
            for row in (thing.service.provider, thing.service, thing):
                session.add(row)
                await session.flush()
        else:
            session.add(thing)
            await session.flush()


async def run_plan(sessions: Sessions, actor: Actor, **given: Any) -> Plan:
    """Ask for a plan and work it out, as the worker does."""
    async with transaction(sessions, EXCHANGE) as session:
        plan_id = (await request_plan(session, actor=actor, **given)).id
    return await solve(sessions, plan_id)


async def solve(sessions: Sessions, plan_id: uuid.UUID) -> Plan:
    with ThreadPoolExecutor(1) as solver:
        await solve_plan(sessions, solver, plan_id)
    async with transaction(sessions, EXCHANGE) as session:
        plan = await session.get_one(Plan, plan_id)
    assert plan.failure is None, plan.failure
    return plan


async def matches_of(sessions: Sessions, plan: Plan) -> dict[uuid.UUID, Match]:
    """By need."""
    async with transaction(sessions, EXCHANGE) as session:
        found = await session.scalars(select(Match).where(Match.plan_id == plan.id))
        return {match.need_id: match for match in found}


async def unmet_of(sessions: Sessions, plan: Plan) -> dict[uuid.UUID, str]:
    async with transaction(sessions, EXCHANGE) as session:
        found = await session.scalars(select(UnmetNeed).where(UnmetNeed.plan_id == plan.id))
        return {one.need_id: one.reason for one in found}
