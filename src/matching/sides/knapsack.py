"""Bids that prove more than the linear relaxation, where pairs take unequal places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numba import njit

from matching.bids import MOST_STEPS, Bids, families_choice, pair_gains, refine
from matching.problem import Problem
from matching.sides.model import Floats, usable_pairs
from matching.tables import Ints

#: Rounds without a better bound before the step is halved, and halvings before it ends.
_PATIENCE, _HALVINGS = 12, 9


def improve_bids(
    problem: Problem, bids: Bids, target: int, left: Callable[[], float]
) -> Bids:
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
    if _steps(problem) > MOST_STEPS:
        return bids
    order = _by_support(problem)
    bonus = np.append(bids.floor, 0)[problem.need_group]
    best, best_bid, at, step, stale = -np.inf, bids.need, bids.need.astype(float), 1.0, 0
    halvings = 0
    constant = _constant(finer, bids)
    while halvings < _HALVINGS and left() > 0:
        whole = np.rint(at).astype(np.int64)
        offered, met = families_choice(finer, whole + bonus)
        gain = pair_gains(finer, whole, bids.provider, bids.fund)
        bought, taken = _fill_all(
            order,
            finer.pair_need,
            finer.pair_support,
            finer.pair_places,
            gain,
            finer.support_places,
            finer.opening_cost,
            np.isin(np.arange(len(gain)), finer.fixed_pairs),
            len(finer.need_ids),
        )
        bound = constant - offered - bought
        stale += 1
        if bound > best:
            best, best_bid, stale = bound, whole, 0
        if stale >= _PATIENCE:
            step, stale, halvings, at = step / 2, 0, halvings + 1, best_bid.astype(float)
        away = met.astype(float) - taken
        length = float(np.dot(away, away))
        if not length or target * fine <= best:
            break
        at = at - step * max(1.0, target * fine - bound) / length * away
    return replace(bids, need=best_bid)


def _constant(finer: Problem, bids: Bids) -> float:
    return float(
        finer.unmet_cost.sum()
        + finer.stability_cost * len(finer.previous_pairs)
        + np.dot(bids.floor, finer.group_at_least)
        - np.dot(bids.provider.astype(float), finer.provider_places)
        - np.dot(bids.fund.astype(float), finer.fund_budget) / 100
    )


def _by_support(problem: Problem) -> Ints:
    usable = usable_pairs(problem)
    return usable[np.argsort(problem.pair_support[usable], kind="stable")]


def _steps(problem: Problem) -> int:
    """Count what one round of filling takes."""
    usable = usable_pairs(problem)
    support = problem.pair_support[usable]
    wanted = np.bincount(support, weights=problem.pair_places[usable], minlength=1)
    room = np.minimum(problem.support_places[: len(wanted)], wanted)
    return int((np.bincount(support, minlength=1) * room).sum())


@njit(cache=True)  # type: ignore[untyped-decorator] - numba ships no types
def _fill_all(  # noqa: PLR0913, PLR0917 - a compiled loop takes plain arrays
    order: Ints,
    pair_need: Ints,
    pair_support: Ints,
    pair_places: Ints,
    gain: Ints,
    room_of: Ints,
    opening: Ints,
    fixed: Ints,
    needs: int,
) -> tuple[int, Floats]:
    """Fill every support with what gains most; say how often each need was taken."""
    taken = np.zeros(needs)
    total = 0
    begin = 0
    while begin < len(order):
        support = pair_support[order[begin]]
        end = begin
        stands = False
        worth = 0
        room = room_of[support]
        items = 0
        wanted = 0
        while end < len(order) and pair_support[order[end]] == support:
            pair = order[end]
            if fixed[pair]:
                stands = True
                worth += gain[pair]
                room -= pair_places[pair]
                taken[pair_need[pair]] += 1
            elif gain[pair] > 0:
                items += 1
                wanted += pair_places[pair]
            end += 1
        room = max(0, min(room, wanted))
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
        worth += best[room] - opening[support]
        if stands or worth > 0:
            total += worth
            space = room
            for item in range(items - 1, -1, -1):
                if kept[item, space]:
                    taken[pair_need[own[item]]] += 1
                    space -= pair_places[own[item]]
        begin = end
    return total, taken
