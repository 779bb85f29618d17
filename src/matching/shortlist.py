"""All pairs that a plan can choose, need by need, and which of them stand on a short list.

A pair is left off as long as it cannot help. One that would is found by pricing all of them against
the duals (column generation: Lee and Orlin 1994 for dense assignments).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from matching.auction import bidders_of, hold_auction
from matching.compiled import entrance, inlined
from matching.graph import Graph
from matching.network import build_network, pair_costs
from matching.problem import Problem
from matching.search import FAR
from matching.tables import Bools, Ints, Shorts
from matching.threads import split

#: So many pairs a need are no short list; and so many of the best of each need are one.
LONG = 40
KEPT = 16
#: The step of the auction over all pairs, as a share of the median saving.
_COARSE_STEP = 0.06


class Choices(NamedTuple):
    """All pairs that a plan can choose.

    Parameters
    ----------
    begin : ndarray, shape (needs + 1,)
        Where the pairs of each need begin, the cheapest first.
    pair : ndarray of int32, shape (pairs,)
        Positions in the problem.
    support : ndarray of int32, shape (pairs,)
    cost : ndarray, shape (pairs,)
        Less what choosing it again saves.
    listed : ndarray of bool, shape (pairs,)
    first_support, end_support : int
        The node of the first support, and the one after the last.
    """

    begin: Ints
    pair: Shorts
    support: Shorts
    cost: Ints
    listed: Bools
    first_support: int
    end_support: int

    def listed_pairs(self) -> Ints:
        """Give the short list: positions in the problem, sorted."""
        return np.sort(self.pair[self.listed]).astype(np.int64)


def list_choices(problem: Problem) -> Choices | None:
    """Make a short list, where there are many pairs: the best of each need at coarse prices.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Choices or None
        None where all pairs are few, or no coarse auction finds prices.
    """
    if len(problem.pair_need) <= LONG * len(problem.need_ids):
        return None
    frame = build_network(problem, np.array([], dtype=np.int64))
    if frame.contradiction:
        return None
    choices = _sort_choices(problem, frame.every)
    sale = hold_auction(
        _stalls_of(choices, frame.first["sink"]),
        choices.first_support,
        frame.capacity[frame.sections["supports"]],
        bidders_of(problem, frame, np.arange(len(problem.need_ids))),
        step=_COARSE_STEP,
    )
    if sale is None:
        return None
    price = sale.price
    split(len(problem.need_ids), lambda first, end: _list_part(choices, price, first, end))
    return choices


def _sort_choices(problem: Problem, every: Ints) -> Choices:
    needs = len(problem.need_ids)
    choices = Choices(
        begin=np.searchsorted(problem.pair_need[every], np.arange(needs + 1)).astype(np.int64),
        pair=every.astype(np.int32),
        support=problem.pair_support[every].astype(np.int32),
        cost=pair_costs(problem)[every],
        listed=np.zeros(len(every), dtype=bool),
        first_support=needs,
        end_support=needs + len(problem.support_ids),
    )
    split(needs, lambda first, end: _sort_part(choices, first, end))
    return choices


@entrance
def _sort_part(choices: Choices, first: int, end: int) -> None:
    """Sort each need's pairs by cost (Shell 1959, in place), equal ones as they were."""
    for need in range(first, end):
        begin, beyond = choices.begin[need], choices.begin[need + 1]
        gap = 1
        while 3 * gap < beyond - begin:
            gap = 3 * gap + 1
        while gap > 0:
            for k in range(begin + gap, beyond):
                _sink_in(choices, begin, k, gap)
            gap //= 3


@inlined
def _sink_in(choices: Choices, begin: int, k: int, gap: int) -> None:
    cost, pair, support = choices.cost[k], choices.pair[k], choices.support[k]
    while k >= begin + gap:
        other = k - gap
        if choices.cost[other] < cost or (
            choices.cost[other] == cost and choices.pair[other] < pair
        ):
            break
        choices.cost[k], choices.pair[k] = choices.cost[other], choices.pair[other]
        choices.support[k] = choices.support[other]
        k = other
    choices.cost[k], choices.pair[k], choices.support[k] = cost, pair, support


def _stalls_of(choices: Choices, sink: int) -> Graph:
    """Lay out as much of a graph as an auction walks over."""
    nothing: dict[str, Any] = {
        **{name: np.zeros(0, dtype=np.int64) for name in Graph._fields},
        **{name: np.zeros(0, dtype=np.int32) for name in ("tail", "capacity", "flow", "leaves")},
        **{name: np.zeros(0, dtype=np.int32) for name in ("slot_arc", "slot_tail", "slot_of")},
        **{name: np.zeros(0, dtype=np.bool_) for name in ("is_need", "stops")},
    }
    known: dict[str, Any] = {
        "begin": np.zeros(sink + 1, dtype=np.int64),
        "end": np.zeros(sink + 1, dtype=np.int64),
        "head": choices.support + np.int32(choices.first_support),
        "cost": choices.cost,
        "sink": sink,
        "reach": 0,
    }
    known["begin"][: choices.first_support] = choices.begin[:-1]
    known["end"][: choices.first_support] = choices.begin[1:]
    return Graph(**nothing | known)


def _list_part(choices: Choices, price: Ints, first: int, end: int) -> None:
    room = np.empty(KEPT, dtype=np.int64)
    _list_best(choices, price, first, end, room, np.empty_like(room))


@entrance
def _list_best(choices: Choices, price: Ints, first: int, end: int, best: Ints, who: Ints) -> None:
    """List each need's pairs that cost least with the price of the place."""
    for need in range(first, end):
        count = 0
        for k in range(choices.begin[need], choices.begin[need + 1]):
            if count == len(best) and choices.cost[k] >= best[count - 1]:
                break
            cost = choices.cost[k] + price[choices.support[k]]
            if count == len(best) and cost >= best[count - 1]:
                continue
            count = min(count + 1, len(best))
            at = count - 1
            while at > 0 and best[at - 1] > cost:
                best[at], who[at] = best[at - 1], who[at - 1]
                at -= 1
            best[at], who[at] = cost, k
        for at in range(count):
            choices.listed[who[at]] = True


def list_helping(choices: Choices, potential: Ints) -> int:
    """Price all pairs against the duals, and list those that would help or cost nothing more.

    Parameters
    ----------
    choices : Choices
    potential : ndarray, shape (nodes,)
        Proves a flow over the pairs on the list.

    Returns
    -------
    int
        How many. Where it is 0 the potentials prove the flow over all pairs.
    """
    supports = slice(choices.first_support, choices.end_support)
    highest = int(potential[supports].max(initial=-FAR))

    def sweep(first: int, end: int) -> int:
        return int(_list_helping(choices, potential, highest, first, end))

    return sum(listed for _, listed in split(choices.first_support, sweep))


@entrance
def _list_helping(choices: Choices, potential: Ints, highest: int, first: int, end: int) -> Any:
    listed = 0
    for need in range(first, end):
        for k in range(choices.begin[need], choices.begin[need + 1]):
            base = choices.cost[k] + potential[need]
            if base > highest:
                break
            reduced = base - potential[choices.first_support + choices.support[k]]
            if reduced <= 0 and not choices.listed[k]:
                choices.listed[k] = True
                listed += 1
    return listed
