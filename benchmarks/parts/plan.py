"""A council's plan from the button to the draft, through database, worker and solver."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from report import Part, Report, write_seconds
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from worlds.council import add_groups_and_funds, store_council

from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.embedded import Cluster, remove_cluster, start_cluster
from marketplace.db.migrate import migrate
from marketplace.db.plans import Plan
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.services.plans.plans import request_plan
from marketplace.settings import Settings
from marketplace.worker.runs import solve_plan

ASKED_SECONDS = 15.0
STAGES = {
    "rows": "reading the rows",
    "translate": "as numbers",
    "suit": "who could help whom",
    "solve": "the plan",
    "prove": "its proof",
    "explain": "its reasons",
    "all": "all of the solving process, with its words",
}


def measure(
    report: Report, _seconds: float, *, needs: int, services: int, fund_pence: int | None
) -> None:
    """Time plans of an invented county; the first warms the solver and is thrown away."""
    folder = Path(tempfile.mkdtemp(prefix="marketplace-bench-"))
    folder.chmod(0o755)
    try:
        cluster = start_cluster(folder, durable=False)
        asyncio.run(_measure(report, cluster, folder, needs, services, fund_pence))
    finally:
        remove_cluster(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(
    report: Report,
    cluster: Cluster,
    folder: Path,
    needs: int,
    services: int,
    fund_pence: int | None,
) -> None:
    await migrate(cluster.owner_url, cluster.application_url)
    owner = make_engine(cluster.owner_url, role=None)
    engine = make_engine(cluster.application_url)
    try:
        async with async_sessionmaker(owner).begin() as session:
            council = await store_council(session, needs=needs, services=services)
            if fund_pence:
                await add_groups_and_funds(session, council, pence=fund_pence)
        sessions = make_sessions(engine, _settings(cluster, folder))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as solver:
            await _plan(sessions, solver, council)
            await _forget(owner)
            seconds, plan = await _plan(sessions, solver, council)
        _tell(report, seconds, plan, needs)
    finally:
        await engine.dispose()
        await owner.dispose()


def _settings(cluster: Cluster, folder: Path) -> Settings:
    return Settings(
        base_url="http://127.0.0.1",
        secret_keys=("k" * 40,),
        database_url=cluster.application_url,
        migration_database_url=cluster.owner_url,
        mail_url=f"folder://{folder}",
        data_dir=folder,
    )


async def _plan(
    sessions: Sessions, solver: ProcessPoolExecutor, council: uuid.UUID
) -> tuple[float, Plan]:
    begin = perf_counter()
    async with transaction(sessions, EXCHANGE) as session:
        actor = Actor(kind="commissioner", commissioner_id=council)
        plan_id = (await request_plan(session, actor=actor)).id
    await solve_plan(sessions, solver, plan_id)
    seconds = perf_counter() - begin
    async with transaction(sessions, EXCHANGE) as session:
        plan = await session.get_one(Plan, plan_id)
    if plan.failure:
        raise RuntimeError(plan.failure)
    return seconds, plan


async def _forget(owner: AsyncEngine) -> None:
    async with owner.begin() as connection:
        await connection.execute(text("SELECT set_config('acting.kind', 'exchange', true)"))
        await connection.execute(text("TRUNCATE plan, match, unmet_need, event CASCADE"))
        await connection.execute(text("UPDATE need SET state = 'published'"))
    async with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE need"))


def _tell(report: Report, seconds: float, plan: Plan, needs: int) -> None:
    result = plan.result or {}
    asked = ASKED_SECONDS
    report.limit(f"{needs:,} needs from button to draft", seconds, asked, write_seconds)
    for key, label in STAGES.items():
        if key in result["seconds"]:
            report.say(f"of that, {label}", write_seconds(result["seconds"][key]))
    totals = result["totals"]
    gap = result["gap_pence"] / max(1, abs(result["objective"]))
    report.say("pairs, needs met, gap", f"{result['pairs']:,}, {totals['needs_met']:,}, {gap:.3%}")


PARTS = [
    Part(
        "plan",
        f"a plan of {needs:,} needs{', groups and funds' if pence else ''}, button to draft",
        partial(measure, needs=needs, services=services, fund_pence=pence),
        seconds,
        in_quick=in_quick,
    )
    for needs, services, pence, seconds, in_quick in [
        (2_000, 400, 2_000_000, 60, True),
        (20_000, 4_000, None, 240, False),
        (20_000, 4_000, 20_000_000, 240, False),
    ]
]
