"""The flow with a price on each rule that it cannot hold: budgets, and floors that cut families."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from matching.beyond import cut_floors
from matching.bids import POUND
from matching.engine import find_optimum, lay_out
from matching.network import Network, build_network, split_households
from matching.prices import Duals, Shared, price_families, read_duals
from matching.problem import NO_LIMIT, Problem
from matching.sides.model import Floats, usable_pairs
from matching.tables import Ints

#: Flows to solve at most.
_ROUNDS = 10
#: Flows to solve at least, and the gain below which more are not worth their while.
_AT_LEAST, _NEAR = 3, 3e-4


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The cheapest flow at some prices.

    Parameters
    ----------
    rates : ndarray, shape (rules,)
        Pence a pound of each fund, then pence a need of each priced floor.
    pairs : ndarray
        Positions of the chosen pairs.
    use : ndarray, shape (rules,)
        What the flow uses of each limit, in the unit of its price.
    bound : int
        No plan costs less (weak duality).
    flow : ndarray, shape (arcs,)
    """

    rates: Ints
    pairs: Ints
    use: Floats
    bound: int
    flow: Ints


class PricedFlow:
    """A relaxation of a problem of unit places: prices where rules leave the flow.

    Opening costs are spread over the places, minimum sizes left out; both only make plans dearer.

    Parameters
    ----------
    problem : Problem
        Every pair takes one place.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.funds = np.flatnonzero(problem.fund_budget < NO_LIMIT)
        self.floors = np.flatnonzero(cut_floors(problem) & (problem.group_at_least > 0))
        relaxed = _without_sides(problem)
        self._usable = np.zeros(len(problem.pair_need), dtype=bool)
        self._usable[usable_pairs(problem)] = True
        self.network = build_network(relaxed)
        self.relaxed = relaxed
        self.limits = np.concatenate(
            [problem.fund_budget[self.funds] / POUND, -problem.group_at_least[self.floors]]
        )
        self._fund = _place_in(self.funds, len(problem.fund_ids))[
            problem.support_fund[problem.pair_support]
        ]
        self._floor = _place_in(self.floors, len(problem.group_ids))[
            problem.need_group[problem.pair_need]
        ]

    def evaluate(self, rates: Ints, network: Network | None = None) -> Evaluation | None:
        """Solve the flow at these prices.

        Parameters
        ----------
        rates : ndarray, shape (rules,)
        network : Network, optional
            One with other capacities; its bound then holds for those only.

        Returns
        -------
        Evaluation or None
            None where there is no flow, and so no plan.
        """
        network = self.priced(rates) if network is None else network
        optimum = find_optimum(self.relaxed, network)
        if optimum is None:
            return None
        flow = optimum.flow.astype(np.int64)
        pairs = network.pair[flow[network.sections["pairs"]] > 0]
        bound = int(np.dot(network.cost, flow)) + network.base + self._given_back(rates)
        return Evaluation(rates, pairs, self.use_of(pairs), bound, flow)

    def priced(self, rates: Ints) -> Network:
        """Give the network with the prices on its pairs."""
        cost = self.network.cost.copy()
        cost[self.network.sections["pairs"]] += self._charges(rates)[self.network.pair]
        return replace(self.network, cost=cost)

    def use_of(self, pairs: Ints) -> Floats:
        """Count what a choice uses of each priced limit."""
        funds, floors = len(self.funds), len(self.floors)
        spent = np.bincount(
            self._fund[pairs] + 1, weights=self.problem.pair_price[pairs], minlength=funds + 1
        )
        met = np.bincount(self._floor[pairs] + 1, minlength=floors + 1)
        return np.concatenate([spent[1:] / POUND, -met[1:]])

    def duals(self, best: Evaluation) -> Duals:
        """Turn an evaluation into prices that prove its bound, pair by pair."""
        network = self.priced(best.rates)
        potential = lay_out(network, best.flow).measure(network.first["sink"])
        flow_duals = read_duals(self.relaxed, network, potential)
        problem, funds = self.problem, len(self.funds)
        fund = np.zeros(len(problem.fund_ids), dtype=np.int64)
        fund[self.funds] = best.rates[:funds]
        floor = flow_duals.floor.copy()
        floor[self.floors] = best.rates[funds:]
        shared = Shared(flow_duals.support, flow_duals.provider, fund, floor)
        return price_families(problem, split_households(problem), usable_pairs(problem), shared)

    def _charges(self, rates: Ints) -> Ints:
        funds = len(self.funds)
        of_fund = np.append(rates[:funds], 0)[self._fund]
        charges: Ints = (
            self.problem.pair_price * of_fund // POUND - np.append(rates[funds:], 0)[self._floor]
        )
        return charges

    def _given_back(self, rates: Ints) -> int:
        funds, problem = len(self.funds), self.problem
        paid = zip(rates[:funds].tolist(), problem.fund_budget[self.funds].tolist(), strict=True)
        owed = zip(
            rates[funds:].tolist(), problem.group_at_least[self.floors].tolist(), strict=True
        )
        return int(sum(r * n for r, n in owed) - sum(r * b for r, b in paid) // POUND)


def _without_sides(problem: Problem) -> Problem:
    """Leave out what the flow cannot hold."""
    has_floor = problem.group_has_floor.copy()
    has_floor[cut_floors(problem)] = False
    at_least = np.where(has_floor, problem.group_at_least, 0)
    share = problem.opening_cost // np.maximum(1, problem.support_places)
    none = np.zeros_like(problem.support_at_least)
    return replace(
        problem,
        support_at_least=none,
        opening_cost=none,
        pair_cost=problem.pair_cost + share[problem.pair_support],
        fund_budget=np.full_like(problem.fund_budget, NO_LIMIT),
        group_has_floor=has_floor,
        group_at_least=at_least,
    )


def _place_in(kept: Ints, size: int) -> Ints:
    """Give the place of each position among those kept, -1 elsewhere and for none."""
    place = np.full(size + 1, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    return place


def find_rates(priced: PricedFlow, end: float) -> list[Evaluation]:
    """Search for the prices at which the flow just keeps the limits.

    What is used falls as its own price rises, so the limits are met by a secant search in all
    prices at once (Broyden 1965) with the prices held at 0 or above. Every step gives a bound;
    the best one counts.

    Parameters
    ----------
    priced : PricedFlow
    end : float
        When to stop, on the clock of `time.perf_counter`.

    Returns
    -------
    list of Evaluation
        In the order tried; empty where there is no flow.
    """
    rates = np.zeros(len(priced.limits))
    first = priced.evaluate(rates.astype(np.int64))
    if first is None:
        return []
    tried, slope = [first], None
    while len(tried) < _ROUNDS and perf_counter() < end:
        step = _step(priced, tried[-1], slope)
        at = np.rint(np.maximum(0, tried[-1].rates + step)).astype(np.int64)
        if any((at == one.rates).all() for one in tried):
            break
        found = priced.evaluate(at)
        if found is None:
            break
        slope = _update(slope, tried[-1], found)
        tried.append(found)
        if len(tried) > _AT_LEAST and _gain(tried) < _NEAR:
            break
    return tried


def _gain(tried: list[Evaluation]) -> float:
    """Say by how much the best bound rose in the last two rounds, relatively."""
    bounds = [one.bound for one in tried]
    return (max(bounds) - max(bounds[:-2])) / max(1, abs(bounds[0]))


def _step(priced: PricedFlow, last: Evaluation, slope: Floats | None) -> Floats:
    over = last.use - priced.limits
    active = (over > 0) | (last.rates > 0)
    step = np.zeros(len(over))
    if slope is None:
        funds = len(priced.funds)
        start = np.full(len(over), float(POUND))
        start[funds:] = np.median(priced.problem.unmet_cost) / 4
        step[active] = start[active]
        return step
    at = np.flatnonzero(active)
    step[at] = np.linalg.lstsq(slope[np.ix_(at, at)], -over[at], rcond=None)[0]
    reach = np.maximum(last.rates, POUND / 4)
    return np.clip(step, -reach, reach)


def _update(slope: Floats | None, before: Evaluation, after: Evaluation) -> Floats:
    moved, change = (after.rates - before.rates).astype(float), after.use - before.use
    if slope is None:
        own = np.where(moved != 0, change / np.where(moved == 0, 1, moved), 0)
        typical = -np.maximum(1e-9, np.abs(before.use)) / (10 * POUND)
        return np.diag(np.where(own < 0, own, typical))
    turned: Floats = slope + np.outer(change - slope @ moved, moved) / np.dot(moved, moved)
    return turned
