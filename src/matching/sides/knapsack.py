"""Bids that prove more than the linear relaxation, where pairs take unequal places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from matching.bids import MOST_STEPS, Bids, families_choice, pair_gains, refine
from matching.compiled import entrance_making_arrays
from matching.problem import Problem
from matching.sides.model import Floats, usable_pairs
from matching.tables import Ints

#: Rounds without a better bound before the step is halved, and halvings before it ends.
_PATIENCE, _HALVINGS = 12, 9


def improve_bids(problem: Problem, bids: Bids, target: int, left: Callable[[], float]) -> Bids:
    """Move bids along subgradients (Held, Wolfe and Crowder 1974) towards a better bound.

    A need that more supports take than its family offers bids more; one that none takes, less.

    Parameters
    ----------
    problem : Problem
    bids : Bids
        To begin with; what is shared keeps its price.
    target : int
        What a plan costs, pence.
    left : callable
        Seconds that are left.

    Returns
    -------
    Bids
        The best found.
    """
    finer, fine = refine(problem)
    shelves = _Shelves(finer, bids)
    best, best_need, at = -np.inf, bids.need, bids.need.astype(float)
    step, stale, halvings = 1.0, 0, 0
    while halvings < _HALVINGS and left() > 0 and best < (target - 1) * fine:
        bound, away = shelves.subgradient(np.rint(at).astype(np.int64))
        stale += 1
        if bound > best:
            best, best_need, stale = bound, np.rint(at).astype(np.int64), 0
        if stale >= _PATIENCE:
            step, stale, halvings, at = step / 2, 0, halvings + 1, best_need.astype(float)
        length = float(np.dot(away, away))
        if not length:
            break
        at = at - step * max(1.0, target * fine - bound) / length * away
    return replace(bids, need=best_need)


def cost_of_forcing(problem: Problem, bids: Bids) -> Floats:
    """Say by how many pence each pair would lift the bound if it had to be chosen.

    Parameters
    ----------
    problem : Problem
    bids : Bids

    Returns
    -------
    ndarray, shape (pairs,)
        At least 0; infinite where a plan cannot choose the pair.
    """
    finer, fine = refine(problem)
    return np.maximum(0, _Shelves(finer, bids).fill(bids.need)[2] / fine)


def can_sharpen(problem: Problem) -> bool:
    """Say whether places are unequal, and few enough to fill supports place by place."""
    return bool((problem.pair_places > 1).any()) and _steps(problem) <= MOST_STEPS


class _Shelves:
    """The pairs by support, ready to be filled again and again."""

    def __init__(self, finer: Problem, bids: Bids) -> None:
        self.problem, self.bids = finer, bids
        usable = usable_pairs(finer)
        self.order = usable[np.argsort(finer.pair_support[usable], kind="stable")]
        self.fixed = np.zeros(len(finer.pair_need), dtype=bool)
        self.fixed[finer.fixed_pairs] = True
        self.bonus = np.append(bids.floor, 0)[finer.need_group]
        self.constant = _constant(finer, bids)

    def fill(self, need: Ints) -> tuple[int, Floats, Floats]:
        finer = self.problem
        gain = pair_gains(finer, need, self.bids.provider, self.bids.fund)
        filled: tuple[int, Floats, Floats] = _fill_all(
            self.order,
            finer.pair_need,
            finer.pair_support,
            finer.pair_places,
            gain,
            finer.support_places,
            finer.opening_cost,
            self.fixed,
            len(finer.need_ids),
        )
        return filled

    def subgradient(self, need: Ints) -> tuple[float, Floats]:
        """Give the bound at these bids, and by how much each need is offered beyond its takers."""
        offered, met = families_choice(self.problem, need + self.bonus)
        bought, taken, _ = self.fill(need)
        return self.constant - offered - bought, met.astype(float) - taken


def _constant(finer: Problem, bids: Bids) -> float:
    return float(
        finer.unmet_cost.sum()
        + finer.stability_cost * len(finer.previous_pairs)
        + np.dot(bids.floor, finer.group_at_least)
        - np.dot(bids.provider.astype(float), finer.provider_places)
        - np.dot(bids.fund.astype(float), finer.fund_budget) / 100
    )


def _steps(problem: Problem) -> int:
    """Count what one round of filling takes."""
    usable = usable_pairs(problem)
    support = problem.pair_support[usable]
    wanted = np.bincount(support, weights=problem.pair_places[usable], minlength=1)
    room = np.minimum(problem.support_places[: len(wanted)], wanted)
    return int((np.bincount(support, minlength=1) * room).sum())


@entrance_making_arrays
def _fill_all(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one compiled loop, plain arrays
    order: Ints,
    pair_need: Ints,
    pair_support: Ints,
    pair_places: Ints,
    gain: Ints,
    room_of: Ints,
    opening: Ints,
    fixed: Ints,
    needs: int,
) -> tuple[int, Floats, Floats]:
    """Fill every support with what gains most.

    Gives the gain of all, how often each need was taken, and what it loses to force each pair.
    """
    taken = np.zeros(needs)
    forced = np.full(len(gain), np.inf)
    total = 0
    begin = 0
    while begin < len(order):
        support = pair_support[order[begin]]
        end = begin
        stands = False
        standing = 0
        room = room_of[support]
        items = 0
        wanted = 0
        while end < len(order) and pair_support[order[end]] == support:
            pair = order[end]
            if fixed[pair]:
                stands = True
                standing += gain[pair]
                room -= pair_places[pair]
                taken[pair_need[pair]] += 1
            elif gain[pair] > 0:
                items += 1
                wanted += pair_places[pair]
            end += 1
        space_left = max(0, room)
        room = min(space_left, wanted)
        best = np.zeros(room + 1, np.int64)
        kept = np.zeros((items, room + 1), np.bool_)
        own = np.zeros(items, np.int64)
        k = 0
        for at in range(begin, end):
            pair = order[at]
            if fixed[pair] or gain[pair] <= 0:
                continue
            own[k] = pair
            size = pair_places[pair]
            for space in range(room, size - 1, -1):
                value = best[space - size] + gain[pair]
                if value > best[space]:
                    best[space] = value
                    kept[k, space] = True
            k += 1
        worth = standing + best[room] - opening[support]
        earned = worth if stands or worth > 0 else 0
        total += earned
        for at in range(begin, end):
            pair = order[at]
            rest = space_left - pair_places[pair]
            if fixed[pair]:
                forced[pair] = 0.0
            elif rest >= 0:
                value = standing + gain[pair] + best[min(rest, room)] - opening[support]
                forced[pair] = earned - value
        if stands or worth > 0:
            space = room
            for item in range(items - 1, -1, -1):
                if kept[item, space]:
                    taken[pair_need[own[item]]] += 1
                    space -= pair_places[own[item]]
        begin = end
    return total, taken, forced
