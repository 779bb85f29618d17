"""Plans under rules that leave the flow: exact where small, improving with a bound where large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import perf_counter

import numpy as np

from matching.bids import Bids, bound_of, refine
from matching.cost import count_cost
from matching.network import split_households
from matching.prices import Duals, Shared, pair_charges, price_families
from matching.problem import Problem
from matching.progress import Progress
from matching.sides.choices import cheapest_pairs, worth_trying
from matching.sides.columns import Relaxation, proved_value, relax_by_columns
from matching.sides.exact import solve_model, whole_bound
from matching.sides.first import plan_by_flows
from matching.sides.knapsack import can_sharpen, cost_of_forcing, improve_bids
from matching.sides.lots import shuffle_problem
from matching.sides.model import Floats, build_model, usable_pairs
from matching.sides.neighbours import leaning, near, restrict, served_otherwise, undecided
from matching.sides.opened import count_opened
from matching.sides.packing import Packer, can_pack
from matching.sides.priced import PricedFlow, find_rates
from matching.sides.relaxation import bids_of, shared_prices
from matching.tables import Bools, Ints

#: Up to so many pairs an integer programme is solved outright first.
SMALL = 7000
#: A search that was given no time limit ends after so many seconds.
PATIENCE = 60.0
#: The part of the time that is for the search; the rest is for prices and reasons.
_SEARCHING = 0.98
#: The part of the time in which a first plan is looked for where bounds can be sharpened.
_FIRST_SHARE = 0.15
#: Pairs a need for that plan.
_FEW = 3
#: The parts of what is left that sharpening the bound, and closing the gap, may take; and closing
#: it where supports are opened and all is small, since branching on them does best.
_SHARPENING, _CLOSING, _OUTRIGHT = 0.25, 0.6, 0.95
#: How far above the relaxation a plan is assumed to cost, relatively, until there is one.
_ABOVE = 0.01
#: The part of what is left in which needs may be placed anew, and the rounds without a gain that
#: end it; less of both where supports are opened, since branching on them does best.
_PACKING, _PACKING_OPEN, _PACK_QUIET, _PACK_QUIET_OPEN = 0.5, 0.1, 300, 40
#: Steps without a better plan after which there is no more to expect.
_QUIET = 60
#: Pairs in play for each need that is set free.
_CHOICES = 6
#: Needs set free at first, and at most, in one neighbourhood.
_FEWEST, _MOST = 60, 3000
#: Seconds for one neighbourhood.
_ONE_STEP = 6.0
#: Up to so many pairs the last attempt over all that could still help is worth its while.
_LAST_PAIRS = 7_000
#: A bound as near the relaxation's value as this, relatively, needs no further pairs.
_NEAR = 1e-5
#: The part of the time that flows, and then relaxations, may take.
_FLOWS, _PRICING = 0.4, 0.6


@dataclass(frozen=True, eq=False)
class Found:
    """What a search ended with.

    Parameters
    ----------
    pairs : ndarray or None
        The best plan's pairs, sorted; None where none was found.
    bound : int
        No plan costs less.
    duals : Duals
        Prices that prove a bound, as a rule a weaker one.
    bids : Bids or None
        These prove one between the two.
    infeasible : bool
    """

    pairs: Ints | None
    bound: int
    duals: Duals
    bids: Bids | None = None
    infeasible: bool = False


def search(
    problem: Problem,
    *,
    seed: int,
    seconds: float | None,
    progress: Callable[[Progress], None] | None = None,
) -> Found:
    """Find a plan and a bound.

    Parameters
    ----------
    problem : Problem
    seed : int
        Draws the order in which rows are met, and with it one of the equal plans.
    seconds : float, optional
    progress : callable, optional

    Returns
    -------
    Found
        In positions of the problem as given.
    """
    shuffled, pair = shuffle_problem(problem, seed)
    state = _Search(shuffled, seed, seconds, progress)
    state.run()
    pairs = None if state.pairs is None else np.sort(pair[state.pairs])
    duals, bids = _back(problem, shuffled, state)
    bound = max(duals.bound, state.bound if state.bound is not None else duals.bound)
    return Found(pairs, bound, duals, bids, state.infeasible)


def _back(problem: Problem, shuffled: Problem, state: _Search) -> tuple[Duals, Bids | None]:
    """Name prices and bids by the ids as given; the closed form of families does the rest."""
    need, support, provider, fund, group = (
        np.argsort(ids)
        for ids in (
            shuffled.need_ids,
            shuffled.support_ids,
            shuffled.provider_ids,
            shuffled.fund_ids,
            shuffled.group_ids,
        )
    )
    found = state.shared or _nothing_shared(problem)
    shared = Shared(
        found.support[support], found.provider[provider], found.fund[fund], found.floor[group]
    )
    duals = price_families(problem, split_households(problem), usable_pairs(problem), shared)
    bids = state.bids
    if bids is not None:
        bids = Bids(bids.need[need], bids.provider[provider], bids.fund[fund], bids.floor[group])
    return duals, bids


class _Search:
    """One search: the best plan and the best bound so far."""

    def __init__(
        self,
        problem: Problem,
        seed: int,
        seconds: float | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.problem, self.progress = problem, progress
        self.begin = perf_counter()
        self.end = self.begin + _SEARCHING * (PATIENCE if seconds is None else seconds)
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.usable = usable_pairs(problem)
        self.pairs: Ints | None = None
        self.objective: int | None = None
        self.bound: int | None = None
        self.shared: Shared | None = None
        self.bids: Bids | None = None
        self.infeasible = False
        self.reduced = np.zeros(len(problem.pair_need))
        self.proofs: list[tuple[float, Floats]] = []

    def run(self) -> None:
        """Relax, find a plan, sharpen the bound, close what is left or improve until the end."""
        relaxation = self._relax()
        if relaxation is None:
            self._try_outright()
        if relaxation is None or self._is_over():
            return
        self.reduced = relaxation.reduced
        self.proofs.append(
            (proved_value(self.problem, relaxation, self.usable), relaxation.reduced)
        )
        if can_pack(self.problem):
            self._pack_and_close(relaxation)
            return
        if (self.problem.opening_cost > 0).any() and len(self.usable) <= SMALL:
            self._try_few()
            self._close(_OUTRIGHT)
        elif can_sharpen(self.problem):
            self._improve(relaxation, _FIRST_SHARE * self.left())
            self._sharpen(relaxation)
        elif len(self.usable) > SMALL:
            self._improve(relaxation, self.left())
        self._close()
        self._improve(relaxation, self.left())
        if can_sharpen(self.problem):
            self._close()

    def _pack_and_close(self, relaxation: Relaxation) -> None:
        """Place needs anew until that is quiet, prove what can be proved, and go on to the end."""
        opens = bool((self.problem.opening_cost > 0).any())
        self._sharpen(relaxation, _PACKING_OPEN if opens else _SHARPENING)
        if self.bids is None or self._is_over():
            return
        self._say("placing needs anew")
        start = leaning(relaxation) if self.pairs is None else self.pairs
        packer = Packer(self.problem, self.bids, self.reduced, start, seed=self.seed)
        share, quiet = (_PACKING_OPEN, _PACK_QUIET_OPEN) if opens else (_PACKING, _PACK_QUIET)
        self._pack(packer, share * self.left(), quiet=quiet)
        if not opens:
            self._sharpen(relaxation)
        self._close(_OUTRIGHT if opens else _CLOSING)
        self._say("placing needs anew")
        self._pack(packer, self.left())

    def _pack(self, packer: Packer, seconds: float, *, quiet: int | None = None) -> None:
        end = perf_counter() + seconds
        while perf_counter() < end and not self._is_over():
            if quiet is not None and packer.quiet >= quiet:
                break
            packer.step(end - perf_counter())
            self._keep(packer.pairs)

    def left(self) -> float:
        return self.end - perf_counter()

    def _is_over(self) -> bool:
        closed = self.objective is not None and self.objective == self.bound
        return self.infeasible or closed or self.left() <= 0

    def _try_outright(self) -> None:
        self._say("solving outright")
        model = build_model(self.problem)
        answer = solve_model(model, seconds=self.left())
        self.infeasible = answer.infeasible
        self._keep(answer.pairs)
        self._raise_bound(whole_bound(answer.bound, model))

    def _try_few(self) -> None:
        """Look for a first plan among each need's best pairs."""
        self._say("looking for a first plan")
        few = cheapest_pairs(self.problem, self.usable, self.reduced, _FEW)
        few = np.union1d(few, self.problem.fixed_pairs)
        seconds = _FIRST_SHARE * self.left()
        self._keep(solve_model(build_model(self.problem, few), seconds=seconds, gap=1e-3).pairs)

    def _relax(self) -> Relaxation | None:
        """Price what is shared, first by flows where these can, then by the relaxation."""
        if self.infeasible:
            return None
        self._say("pricing")
        start = self.usable
        if not (self.problem.pair_places > 1).any() and len(self.usable) > SMALL:
            start = self._price_by_flows()
            if self.infeasible:
                return None
        end = perf_counter() + _PRICING * self.left()
        return relax_by_columns(
            self.problem, start, lambda: end - perf_counter(), self._read_prices
        )

    def _price_by_flows(self) -> Ints:
        priced = PricedFlow(self.problem)
        tried = find_rates(priced, perf_counter() + _FLOWS * self.left())
        if not tried:
            self.infeasible = True
            return self.usable
        best = max(tried, key=lambda one: one.bound)
        self._raise_bound(best.bound)
        self._keep(plan_by_flows(priced, tried, perf_counter() + _FLOWS * self.left()))
        duals = priced.duals(best)
        self.shared = Shared(duals.support, duals.provider, duals.fund, duals.floor)
        reduced = duals.need[self.problem.pair_need] + pair_charges(self.problem, duals)
        reduced = reduced + self.problem.pair_cost - self.problem.unmet_cost[self.problem.pair_need]
        few = cheapest_pairs(self.problem, self.usable, reduced.astype(float), 3)
        return np.unique(np.concatenate([few, *(one.pairs for one in tried[-4:])]))

    def _read_prices(self, relaxation: Relaxation) -> bool:
        """Keep what a relaxation proves over all pairs; say whether that is near its value."""
        model, duals = relaxation.model, relaxation.solved.duals
        fine = refine(self.problem)[1]
        bid = np.rint(fine * bids_of(self.problem, model, duals)).astype(np.int64)
        shared = shared_prices(self.problem, model, duals, fine)
        bound = bound_of(self.problem, Bids(bid, shared.provider, shared.fund, shared.floor))
        if self.bids is None or bound >= (self.bound or bound):
            self.shared = shared_prices(self.problem, model, duals)
            self.bids = Bids(bid, shared.provider, shared.fund, shared.floor)
        self._raise_bound(bound)
        value = relaxation.solved.value
        proved = proved_value(self.problem, relaxation, self.usable)
        self._raise_bound(whole_bound(proved, relaxation.model))
        return value - max(bound, proved) < _NEAR * abs(value)

    def _improve(self, relaxation: Relaxation, seconds: float) -> None:
        """Set some needs free at a time; more where that was quick, fewer where it was not."""
        self._say("improving")
        split, lean = undecided(self.problem, relaxation), leaning(relaxation)
        free, standing = split, lean
        size = max(_FEWEST, len(free) // 50)
        quiet, end = 0, perf_counter() + seconds
        if self.pairs is not None:
            standing = self.pairs
        while not self._is_over() and perf_counter() < end and quiet < _QUIET:
            step_begin = perf_counter()
            part = near(self.problem, relaxation.model.pair, size, self.rng)
            found = self._step(relaxation, standing, free | part)
            if self.pairs is None and not found:
                size = min(2 * size, len(free))
                continue
            if self.pairs is not None:
                standing = self.pairs
                free = split | served_otherwise(self.problem, lean, standing)
            quiet = 0 if found else quiet + 1
            quick = perf_counter() - step_begin < _ONE_STEP / 8
            size = int(np.clip(size * (1.3 if quick else 0.7), _FEWEST, _MOST))

    def _step(self, relaxation: Relaxation, standing: Ints, free: Bools) -> bool:
        kept = standing[~free[self.problem.pair_need[standing]]]
        useful = self._useful(relaxation.model.pair)
        if self.pairs is not None or not free.all():
            useful = cheapest_pairs(self.problem, useful, self.reduced, _CHOICES)
        pairs = restrict(self.problem, useful, standing, free)
        kept = np.union1d(kept, self.problem.fixed_pairs)
        model = build_model(self.problem, pairs, standing=kept)
        answer = solve_model(model, seconds=min(_ONE_STEP, self.left()), gap=1e-6)
        return self._keep(answer.pairs)

    def _sharpen(self, relaxation: Relaxation, share: float = _SHARPENING) -> None:
        """Let bids prove more where pairs take unequal places."""
        if self.bids is None or self._is_over():
            return
        self._say("sharpening the bound")
        end = perf_counter() + share * self.left()
        target = self.objective
        if target is None:
            target = ceil(relaxation.solved.value + _ABOVE * abs(relaxation.solved.value))
        self.bids = improve_bids(self.problem, self.bids, target, lambda: end - perf_counter())
        bound = bound_of(self.problem, self.bids)
        self._raise_bound(bound)
        forcing = cost_of_forcing(self.problem, self.bids)
        if bound >= max(base for base, _ in self.proofs):
            self.reduced = forcing
        self.proofs.append((bound, forcing))

    def _close(self, share: float = _CLOSING) -> None:
        """Solve over every pair that could still be in a better plan."""
        if self._is_over():
            return
        useful = self._useful(self.usable)
        if self.pairs is not None:
            useful = np.union1d(useful, self.pairs)
        if len(useful) > _LAST_PAIRS:
            return
        self._say("closing the gap")
        model = count_opened(build_model(self.problem, useful), self.objective, self.left)
        answer = solve_model(model, seconds=share * self.left())
        self._keep(answer.pairs)
        self.infeasible = answer.infeasible and self.objective is None
        bound = whole_bound(answer.bound, model)
        if bound is not None:
            self._raise_bound(bound if self.objective is None else min(bound, self.objective))

    def _useful(self, pairs: Ints) -> Ints:
        return worth_trying(pairs, self.objective, self.proofs)

    def _keep(self, pairs: Ints | None) -> bool:
        if pairs is None:
            return False
        cost = count_cost(self.problem, pairs)
        if self.objective is not None and cost >= self.objective:
            return False
        self.pairs, self.objective = pairs, cost
        self._say("found a better plan")
        return True

    def _raise_bound(self, bound: int | None) -> None:
        if bound is not None and (self.bound is None or bound > self.bound):
            self.bound = bound

    def _say(self, stage: str) -> None:
        if self.progress is not None:
            seconds = perf_counter() - self.begin
            self.progress(Progress(seconds, self.objective, self.bound, stage))


def _nothing_shared(problem: Problem) -> Shared:
    ids = (problem.support_ids, problem.provider_ids, problem.fund_ids, problem.group_ids)
    return Shared(*(np.zeros(len(names), dtype=np.int64) for names in ids))
