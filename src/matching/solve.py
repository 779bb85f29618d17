"""The one call: a problem in, a proved plan out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from time import perf_counter

import numpy as np

from matching.engine import find_optimum
from matching.errors import NotYet, ProofFailed
from matching.explain import explain_matches, explain_unmet
from matching.flow import draw_lots
from matching.intervals import Ways, price_table
from matching.network import Network, build_network, pair_costs
from matching.prices import Duals, read_duals
from matching.problem import NO_LIMIT, Ids, Problem
from matching.result import BoundBy, Matches, NeedValues, Plan, Prices, Status, Unmet
from matching.tables import Bools, Ints

#: Version and method, as a plan names them.
ENGINE = f"matching {version('early-help-marketplace')} flow, ortools {version('ortools')}"


def solve(problem: Problem, *, seed: int = 0, time_limit: float | None = None) -> Plan:
    """Find a cheapest plan, prove it and say why.

    Parameters
    ----------
    problem : Problem
    seed : int, default 0
        Draws one of the plans of equal objective; at least 0.
    time_limit : float, optional
        Seconds. It is looked at between the stages: a flow that has begun is finished.

    Returns
    -------
    Plan
        `optimal`, `infeasible`, or `unknown` where the time was up before there was a plan.

    Raises
    ------
    NotYet
        Names the first rule of the format that this version cannot plan for.

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
    refuse_what_is_missing(problem)
    clock = _Clock(time_limit)
    network = build_network(problem)
    clock.lap("build")
    if clock.is_up():
        return Plan(Status.UNKNOWN, None, None, None, seed, ENGINE, seconds=clock.seconds)
    optimum = find_optimum(problem, network)
    clock.lap("solve")
    if optimum is None:
        return Plan(Status.INFEASIBLE, None, None, None, seed, ENGINE, seconds=clock.seconds)
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


def _chosen_pairs(network: Network, flow: Ints) -> Ints:
    return network.pair[flow[network.sections["pairs"]] > 0]


def count_cost(problem: Problem, chosen: Ints) -> int:
    """Add up what a choice of pairs costs, pence, by the format's formula.

    Parameters
    ----------
    problem : Problem
    chosen : ndarray
        Positions of pairs.

    Returns
    -------
    int
    """
    met = np.zeros(len(problem.need_ids), dtype=bool)
    met[problem.pair_need[chosen]] = True
    reached = np.zeros(len(problem.family_ids), dtype=bool)
    family = problem.need_family[met]
    reached[family[family >= 0]] = True
    used = np.unique(problem.pair_support[chosen])
    return (
        int(pair_costs(problem)[chosen].sum())
        + int(problem.opening_cost[used].sum())
        + int(problem.unmet_cost[~met].sum())
        + int(problem.none_met_cost[~reached].sum())
        + problem.stability_cost * len(problem.previous_pairs)
    )


def _hold_proof(network: Network, flow: Ints, objective: int, duals: Duals) -> None:
    """Let no plan out whose cost, flow and bound are not one number."""
    by_flow = int(np.dot(network.cost, flow)) + network.base
    if not by_flow == objective == duals.bound:
        raise ProofFailed(f"flow {by_flow}, plan {objective}, bound {duals.bound}")


def refuse_what_is_missing(problem: Problem) -> None:
    """Refuse, by name, what this version cannot plan for.

    Raises
    ------
    NotYet
    """
    supports, pairs = problem.support_ids, problem.pair_need
    _refuse(problem.support_at_least > 1, "at_least", "supports", supports)
    _refuse(problem.opening_cost > 0, "opening_cost", "supports", supports)
    _refuse(problem.fund_budget < NO_LIMIT, "a budget", "funds", problem.fund_ids)
    crowd = np.flatnonzero(problem.pair_places > 1)
    if crowd.size:
        need = problem.need_ids[pairs[crowd[0]]]
        support = supports[problem.pair_support[crowd[0]]]
        where = f"table candidates, need {need!r}, support {support!r}"
        raise NotYet("places above 1", where)


def _refuse(asked: Bools, rule: str, table: str, ids: Ids) -> None:
    rows = np.flatnonzero(asked)
    if rows.size:
        raise NotYet(rule, f"table {table}, id {ids[rows[0]]!r}")


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

    def is_up(self) -> bool:
        return self._limit is not None and perf_counter() - self._begin >= self._limit
