"""A bound in which every support chooses whole needs for itself; knows no solver."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matching.problem import Problem
from matching.tables import Bools, Ints

#: A fund's price is pence a pound.
POUND = 100
#: Beyond so many steps a support's choice of unequal needs is bounded by parts of needs instead.
MOST_STEPS = 10**8
#: Bids are finer than pence, since sums of rounded pence would lose what small amounts prove.
FINE = 1000
#: Amounts times needs stay below this, so that a thousand times as much stays below 2^63.
MOST_FINE = 2**50


def bid_bound(problem: Problem, bid: Ints, provider: Ints, fund: Ints, floor: Ints) -> int:
    """Bound the cost of every plan from below.

    Lagrangian decomposition (Guignard and Kim 1987): each family offers its needs at their bids
    and keeps to its own rules; each support takes the needs that save more than they bid, within
    its places, its minimum size and its opening cost; what they share has a price. Whatever the
    numbers, no plan costs less than the two sides together.

    Parameters
    ----------
    problem : Problem
    bid : ndarray, shape (needs,)
        Pence, of either sign.
    provider, fund, floor : ndarray
        Prices of a place, a pound and a need of the group; at least 0, and 0 without a limit.
        All in the unit of the problem's amounts.

    Returns
    -------
    int
    """
    gain, _ = families_choice(problem, bid + np.append(floor, 0)[problem.need_group])
    return (
        int(problem.unmet_cost.sum())
        + problem.stability_cost * len(problem.previous_pairs)
        + _dot(floor, problem.group_at_least)
        - _dot(provider, problem.provider_places)
        - _dot(fund, problem.fund_budget) // POUND
        - gain
        - int(supports_gain(problem, pair_gains(problem, bid, provider, fund)).sum())
    )


def refine(problem: Problem) -> tuple[Problem, int]:
    """Count money in thousandths of a penny where 64 bits hold that.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    problem : Problem
        With all amounts times `fine`, but for what funds are charged and hold.
    fine : int
    """
    amounts = (problem.unmet_cost, problem.pair_cost, problem.opening_cost, problem.none_met_cost)
    largest = max(int(np.abs(amount).max(initial=0)) for amount in amounts)
    if (largest + abs(problem.stability_cost) + 1) * (len(problem.need_ids) + 1) > MOST_FINE:
        return problem, 1
    return replace(
        problem,
        unmet_cost=problem.unmet_cost * FINE,
        pair_cost=problem.pair_cost * FINE,
        opening_cost=problem.opening_cost * FINE,
        none_met_cost=problem.none_met_cost * FINE,
        stability_cost=problem.stability_cost * FINE,
    ), FINE


@dataclass(frozen=True, eq=False)
class Bids:
    """What `bid_bound` counts with, in the unit of `refine`.

    Parameters
    ----------
    need, provider, fund, floor : ndarray
    """

    need: Ints
    provider: Ints
    fund: Ints
    floor: Ints


def bound_of(problem: Problem, bids: Bids) -> int:
    """Bound in whole pence, rounded up."""
    finer, fine = refine(problem)
    return -(-bid_bound(finer, bids.need, bids.provider, bids.fund, bids.floor) // fine)


def pair_gains(problem: Problem, bid: Ints, provider: Ints, fund: Ints) -> Ints:
    """Give what each pair saves its support beyond the bid, shape (pairs,)."""
    need, support = problem.pair_need, problem.pair_support
    gain = problem.unmet_cost[need] - problem.pair_cost - bid[need]
    gain[problem.previous_pairs] += problem.stability_cost
    gain -= problem.pair_places * np.append(provider, 0)[problem.support_provider[support]]
    paid = problem.pair_price * np.append(fund, 0)[problem.support_fund[support]] // POUND
    gains: Ints = gain - paid
    return gains


def _dot(price: Ints, amount: Ints) -> int:
    paid = price != 0
    return sum(int(p) * int(a) for p, a in zip(price[paid], amount[paid], strict=True))


def families_choice(problem: Problem, value: Ints) -> tuple[int, Bools]:
    """Let each family choose what to have met, at these values.

    Parameters
    ----------
    problem : Problem
    value : ndarray, shape (needs,)

    Returns
    -------
    gain : int
        The sum of the values, less the surcharge of each family that has nothing.
    met : ndarray of bool, shape (needs,)
    """
    must = problem.must_meet.copy()
    must[problem.pair_need[problem.fixed_pairs]] = True
    families = len(problem.family_ids)
    at_most = np.append(problem.family_at_most, len(value))
    surcharge = np.append(problem.none_met_cost, 0)
    needs = np.lexsort((-value, ~must, problem.need_family))
    family = problem.need_family[needs]
    rank = np.arange(len(needs)) - np.searchsorted(family, family)
    alone = family < 0
    in_reach = alone | (rank < at_most[family])
    # the first of a family is also worth its surcharge
    extra = np.where(~alone & (rank == 0), surcharge[family], 0)
    chosen = must[needs] | ((value[needs] + extra > 0) & in_reach)
    met = np.zeros(len(value), dtype=bool)
    met[needs[chosen]] = True
    named = family[chosen & ~alone]
    reached = np.bincount(named, minlength=families) > 0
    return int(value[met].sum()) - int(problem.none_met_cost[~reached].sum()), met


def supports_gain(problem: Problem, gain: Ints) -> Ints:
    """Give the most each support can gain, shape (supports,)."""
    supports = len(problem.support_ids)
    fixed = np.zeros(len(gain), dtype=bool)
    fixed[problem.fixed_pairs] = True
    standing = np.zeros(len(problem.need_ids), dtype=bool)
    standing[problem.pair_need[problem.fixed_pairs]] = True
    fits = problem.pair_places <= problem.support_places[problem.pair_support]
    usable = fixed | (fits & ~standing[problem.pair_need])
    pairs = np.flatnonzero(usable)
    pairs = pairs[np.lexsort((-gain[pairs], ~fixed[pairs], problem.pair_support[pairs]))]
    begins = np.searchsorted(problem.pair_support[pairs], np.arange(supports + 1))
    unequal = np.zeros(supports, dtype=bool)
    unequal[problem.pair_support[pairs[problem.pair_places[pairs] > 1]]] = True
    most = _best_counts(problem, gain, pairs, fixed[pairs])
    for support in np.flatnonzero(unequal):
        own = pairs[begins[support] : begins[support + 1]]
        most[support] = _best_fit(problem, gain, own, fixed[own], int(support))
    return most


def _best_counts(problem: Problem, gain: Ints, pairs: Ints, fixed: Bools) -> Ints:
    """Choose by count: the best so many, or none."""
    support = problem.pair_support[pairs]
    supports = len(problem.support_ids)
    rank = np.arange(len(pairs)) - np.searchsorted(support, support)
    forced = np.minimum(problem.support_at_least, len(problem.need_ids) + 1)[support]
    taken = fixed | (rank < forced) | (gain[pairs] > 0)
    taken &= fixed | (rank < problem.support_places[support])
    most = np.zeros(supports, dtype=np.int64)
    np.add.at(most, support[taken], gain[pairs[taken]])
    most -= problem.opening_cost
    count = np.bincount(support[taken], minlength=supports)
    stands = np.bincount(support[fixed], minlength=supports) > 0
    none = ~stands & ((count < problem.support_at_least) | (most < 0))
    return np.where(none, 0, most)


def _best_fit(problem: Problem, gain: Ints, own: Ints, fixed: Bools, support: int) -> int:
    """Choose needs of unequal places; minimum sizes are left out, which only raises the gain."""
    room = int(problem.support_places[support]) - int(problem.pair_places[own[fixed]].sum())
    worth = own[~fixed & (gain[own] > 0)]
    size, value = problem.pair_places[worth], gain[worth]
    room = min(room, int(size.sum()))
    stands = int(gain[own[fixed]].sum())
    if room < 0:
        return 0  # the fixed pairs leave no plan, so any bound holds
    best = (
        _fill(size, value, room)
        if room * len(worth) <= MOST_STEPS
        else _fill_by_parts(size, value, room)
    )
    total = stands + best - int(problem.opening_cost[support])
    return total if fixed.any() else max(0, total)


def _fill(size: Ints, value: Ints, room: int) -> int:
    """Fill a knapsack exactly, place by place (Bellman 1957)."""
    best = np.zeros(room + 1, dtype=np.int64)
    for places, pence in zip(size.tolist(), value.tolist(), strict=True):
        if places <= room:
            np.maximum(best[places:], best[: room + 1 - places] + pence, out=best[places:])
    return int(best[-1])


def _fill_by_parts(size: Ints, value: Ints, room: int) -> int:
    """Fill a knapsack with the best value a place, the last by part (Dantzig 1957), rounded up."""
    order = np.argsort(-(value / size), kind="stable")
    total, left = 0, room
    for places, pence in zip(size[order].tolist(), value[order].tolist(), strict=True):
        if places > left:
            return int(total - (-pence * left // places))
        total, left = total + pence, left - places
    return total
