"""The one call: a problem in, a proved plan out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from matching.all_pairs import find_over_all
from matching.beyond import leaves_flow
from matching.cost import count_cost
from matching.engine import find_optimum
from matching.errors import ProofFailed
from matching.explain import explain_matches, explain_unmet
from matching.flow import draw_lots
from matching.intervals import Ways, price_table
from matching.network import Network, build_network
from matching.prices import Duals, read_duals
from matching.problem import Problem
from matching.progress import Progress
from matching.result import BoundBy, Matches, NeedValues, Plan, Prices, Status, Unmet
from matching.shortlist import make_short_list
from matching.sides.table import estimate_prices
from matching.tables import Ints, Shorts

if TYPE_CHECKING:
    from matching.sides.search import Found

#: Versions and what kind of plan it is, as a plan names them: the same text by either way to it.
ENGINE = f"matching {version('early-help-marketplace')}, ortools {version('ortools')}, exact flow"
SIDES_ENGINE = f"matching {version('early-help-marketplace')}, scipy {version('scipy')}, sides"


def solve(
    problem: Problem,
    *,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Plan:
    """Find a cheapest plan, prove it and say why.

    Parameters
    ----------
    problem : Problem
    seed : int, default 0
        Draws one of the plans of equal objective; at least 0.
    time_limit : float, optional
        Seconds. It is looked at between the stages: a flow that has begun is finished. Where
        rules leave the flow, the best plan found by then comes with the best bound proved.
    progress : callable, optional
        Told of every better plan and bound that a search finds.

    Returns
    -------
    Plan
        `optimal`, `feasible`, `infeasible`, or `unknown` where the time was up before there was
        a plan.

    Examples
    --------
    >>> problem = Problem.from_tables({
    ...     "needs": {"id": ["ann", "bob"], "unmet_cost": [900, 500]},
    ...     "supports": {"id": ["lunch"], "places": [1]},
    ...     "candidates": {"need": ["ann", "bob"], "support": ["lunch"] * 2, "cost": [300, 100]},
    ... })
    >>> plan = solve(problem)
    >>> plan.matches.need.tolist(), plan.objective, plan.bound
    (['ann'], 800, 800)
    """
    clock = _Clock(time_limit)
    if leaves_flow(problem):
        return _solve_sides(problem, seed, time_limit, clock, progress)
    short = make_short_list(problem)
    network = build_network(problem, None if short is None else short.choices.listed_pairs())
    clock.lap("build")
    if clock.is_up():
        return Plan(Status.UNKNOWN, None, None, None, seed, ENGINE, seconds=clock.seconds)
    if short is None:
        optimum = find_optimum(problem, network)
    else:
        network, optimum = find_over_all(problem, network, short)
    clock.lap("solve")
    if optimum is None:
        return _infeasible(problem, seed, ENGINE, clock)
    ways = Ways.of(optimum)
    duals = read_duals(problem, network, ways.from_sink)
    flow = optimum.flow
    prices = price_table(problem, network, flow, ways, duals)
    drawn = draw_lots(network, flow, optimum.graph.potential, seed)
    chosen = _chosen_pairs(network, drawn)
    objective = count_cost(problem, chosen)
    _hold_proof(network, drawn, objective, duals)
    clock.lap("prove")
    matches, unmet = explain_matches(problem, chosen, duals), explain_unmet(problem, chosen)
    clock.lap("explain")
    return _proved(problem, seed, objective, duals, _Tables(matches, unmet, prices), clock)


def _infeasible(problem: Problem, seed: int, engine: str, clock: _Clock) -> Plan:
    from matching.conflict import find_conflict  # noqa: PLC0415 - loads scipy, as few plans need

    conflict = find_conflict(problem, seconds=clock.left())
    clock.lap("explain")
    status = Status.INFEASIBLE
    return Plan(status, None, None, None, seed, engine, conflict=conflict, seconds=clock.seconds)


def _solve_sides(
    problem: Problem,
    seed: int,
    time_limit: float | None,
    clock: _Clock,
    progress: Callable[[Progress], None] | None,
) -> Plan:
    from matching.sides.search import search  # noqa: PLC0415 - as above

    found = search(problem, seed=seed, seconds=time_limit, progress=progress)
    clock.lap("solve")
    if found.infeasible:
        return _infeasible(problem, seed, SIDES_ENGINE, clock)
    if found.pairs is None:
        return Plan(Status.UNKNOWN, None, None, None, seed, SIDES_ENGINE, seconds=clock.seconds)
    return _state_found(problem, seed, found, found.pairs, clock)


def _state_found(problem: Problem, seed: int, found: Found, pairs: Ints, clock: _Clock) -> Plan:
    objective, duals = count_cost(problem, pairs), found.duals
    bound = min(objective, max(found.bound, duals.bound))
    prices = estimate_prices(problem, duals, found.bids)
    clock.lap("prove")
    matches, unmet = explain_matches(problem, pairs, duals), explain_unmet(problem, pairs)
    clock.lap("explain")
    return Plan(
        Status.OPTIMAL if bound == objective else Status.FEASIBLE,
        objective,
        bound,
        BoundBy.PRICES if duals.bound >= bound else BoundBy.SEARCH,
        seed,
        SIDES_ENGINE,
        matches=matches,
        unmet=unmet,
        need_values=NeedValues(
            problem.need_ids,
            duals.need,
            np.array([], dtype=np.int64) if found.bids is None else found.bids.need,
        ),
        prices=prices,
        seconds=clock.seconds,
    )


@dataclass(frozen=True, eq=False)
class _Tables:
    matches: Matches
    unmet: Unmet
    prices: Prices


def _proved(
    problem: Problem, seed: int, objective: int, duals: Duals, tables: _Tables, clock: _Clock
) -> Plan:
    return Plan(
        Status.OPTIMAL,
        objective,
        duals.bound,
        BoundBy.PRICES,
        seed,
        ENGINE,
        matches=tables.matches,
        unmet=tables.unmet,
        need_values=NeedValues(problem.need_ids, duals.need),
        prices=tables.prices,
        seconds=clock.seconds,
    )


def _chosen_pairs(network: Network, flow: Shorts) -> Ints:
    return network.pair[flow[network.sections["pairs"]] > 0]


def _hold_proof(network: Network, flow: Shorts, objective: int, duals: Duals) -> None:
    """Let no plan out whose cost, flow and bound are not one number."""
    by_flow = int(np.dot(network.cost, flow)) + network.base
    if not by_flow == objective == duals.bound:
        raise ProofFailed(f"flow {by_flow}, plan {objective}, bound {duals.bound}")


class _Clock:
    """Measures the stages; decides nothing but whether the time is up."""

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self._begin = self._last = perf_counter()
        self.seconds: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = perf_counter()
        self.seconds[stage] = round(now - self._last, 6)
        self._last = now

    def left(self) -> float | None:
        return None if self._limit is None else self._limit - (perf_counter() - self._begin)

    def is_up(self) -> bool:
        left = self.left()
        return left is not None and left <= 0
