"""One run of the engine from the queue to the draft, with its stages told on the way."""

import asyncio
import uuid
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from time import perf_counter
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.services.plans import drafts, plans
from marketplace.worker.planning import translate
from marketplace.worker.rows import PlanningRows, read_rows
from marketplace.worker.solving import make_plan

LOOK_SECONDS = 0.5

log = structlog.get_logger("marketplace.worker")


async def solve_plan(
    sessions: Sessions, solver: Executor, plan_id: uuid.UUID, *, board: Any = None
) -> None:
    """Plan in another process, so that this one goes on showing signs of life."""
    async with transaction(sessions, EXCHANGE) as session:
        plan = await plans.begin_solving(session, plan_id)
        if plan is None:
            return
        await drafts.tell_stage(session, plan_id, "reading")
    begin = perf_counter()
    async with transaction(sessions, EXCHANGE) as session:
        rows = await read_rows(session, await plans.get_run(session, plan_id))
    read = perf_counter()
    try:
        tables = translate(rows)
        if board is not None:
            board.value = 0
        translated = perf_counter()
        work = asyncio.get_running_loop().run_in_executor(solver, make_plan, tables)
        answer = await _while_told(sessions, plan_id, work, board)
    except BrokenProcessPool:
        raise
    except Exception as error:
        log.exception("planning failed", plan=str(plan_id))
        async with transaction(sessions, EXCHANGE) as session:
            await plans.fail_plan(session, plan_id, why=f"{type(error).__name__}: {error}")
        return
    async with transaction(sessions, EXCHANGE) as session:
        await drafts.tell_stage(session, plan_id, "storing")
    answer["seconds"] |= {"rows": read - begin, "translate": translated - read}
    async with transaction(sessions, EXCHANGE) as session:
        await _store(session, plan_id, rows, answer)


async def _while_told(
    sessions: Sessions, plan_id: uuid.UUID, work: asyncio.Future[Any], board: Any
) -> dict[str, Any]:
    """Wait for the answer; whoever looks at the plan meanwhile sees the stage it is in."""
    told = 0
    while board is not None and not work.done():
        await asyncio.wait({work}, timeout=LOOK_SECONDS)
        if board.value != told and not work.done():
            told = board.value
            async with transaction(sessions, EXCHANGE) as session:
                await drafts.tell_stage(session, plan_id, drafts.STAGES[told])
    answer: dict[str, Any] = await work
    return answer


async def _store(
    session: AsyncSession, plan_id: uuid.UUID, rows: PlanningRows, answer: dict[str, Any]
) -> None:
    family_of = {need.id: need.family_id for need in rows.needs}
    matches = [_with_ids(match, family_of) for match in answer["matches"]]
    unmet = [row | {"need_id": uuid.UUID(row["need_id"])} for row in answer["unmet"]]
    unmet += [
        {"need_id": need_id, "reason": why, "detail": {}} for need_id, why in rows.held_back.items()
    ]
    result = _result(rows, answer)
    if rows.kind == "what_if":
        assigned = dict.fromkeys((row["need_id"] for row in unmet), None)
        assigned |= {match["need_id"]: match["intake_id"] for match in matches}
        await drafts.store_what_if(session, plan_id, result=result, assigned=assigned)
    else:
        await drafts.store_draft(session, plan_id, result=result, matches=matches, unmet=unmet)


def _with_ids(match: dict[str, Any], family_of: dict[uuid.UUID, uuid.UUID]) -> dict[str, Any]:
    need = uuid.UUID(match["need_id"])
    fund = match["fund_id"]
    return match | {
        "need_id": need,
        "intake_id": uuid.UUID(match["intake_id"]),
        "fund_id": uuid.UUID(fund) if fund else None,
        "family_id": family_of[need],
    }


def _result(rows: PlanningRows, answer: dict[str, Any]) -> dict[str, Any]:
    services = {str(intake.id): intake.service for intake in rows.intakes}
    buying = [
        line
        | {
            "service": services[line["intake_id"]].name,
            "provider": services[line["intake_id"]].provider.name,
            "area": _area(services[line["intake_id"]].postcode),
        }
        for line in answer["proof"]["buying"]
    ]
    return {
        **answer["proof"],
        "buying": buying,
        "seconds": answer["seconds"],
        "needs": len(rows.needs) + len(rows.held_back),
        "families": len({need.family_id for need in rows.needs}),
        "families_reached": answer["proof"]["totals"]["families_reached"],
        "intakes": len(rows.intakes),
    }


def _area(postcode: str | None) -> str | None:
    """The first half: where it is, roughly, also for a service whose place is told to nobody."""
    return postcode.partition(" ")[0] if postcode else None
