"""All pairs that a plan can choose, need by need, and which of them stand on a short list.

A pair is left off as long as it cannot help. One that would is found by pricing all of them against
the duals (column generation; Orlin and Lee 1993 do so for assignments).
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
KEPT = 12
#: Enough to number a need's pairs; beside the largest cost they fit in 64 bits.
_PLACE_BITS = 22


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


class ShortList(NamedTuple):
    """The pairs worth laying out, and what an auction over all pairs made of them.

    Parameters
    ----------
    choices : Choices
    price : ndarray, shape (supports,)
    placed : ndarray
        Positions of pairs, at most one a need, all listed.
    """

    choices: Choices
    price: Ints
    placed: Ints


def make_short_list(problem: Problem) -> ShortList | None:
    """List the best pairs of each need at the prices of an auction, where there are many pairs.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    ShortList or None
        None where all pairs are few, or an auction comes to no prices.
    """
    if len(problem.pair_need) <= LONG * len(problem.need_ids):
        return None
    frame = build_network(problem, np.array([], dtype=np.int64))
    if frame.contradiction:
        return None
    choices = _sort_choices(problem, frame.every)
    places = frame.capacity[frame.sections["supports"]]
    stalls = _stalls_of(choices, frame.first["sink"])
    bidders = bidders_of(problem, frame, np.arange(choices.first_support))
    sale = hold_auction(stalls, choices.first_support, places, bidders)
    if sale is None:
        return None
    price, sold = sale.price, sale.mine[sale.mine >= 0]
    split(len(problem.need_ids), lambda first, end: _list_part(choices, price, first, end))
    choices.listed[sold] = True
    return ShortList(choices, price, choices.pair[sold].astype(np.int64))


def _sort_choices(problem: Problem, every: Ints) -> Choices:
    needs = len(problem.need_ids)
    choices = Choices(
        begin=np.searchsorted(problem.pair_need[every], np.arange(needs + 1)).astype(np.int64),
        pair=np.empty(len(every), dtype=np.int32),
        support=np.empty(len(every), dtype=np.int32),
        cost=pair_costs(problem)[every],
        listed=np.zeros(len(every), dtype=bool),
        first_support=needs,
        end_support=needs + len(problem.support_ids),
    )
    split(needs, lambda first, end: _sort(choices, every, problem.pair_support, first, end))
    return choices


@entrance
def _sort(choices: Choices, every: Any, support: Ints, first: int, end: int) -> None:
    """Sort each need's pairs by cost, equal ones as they were.

    A cost and its place go into one number, so that only one is moved (Shell 1959).
    """
    for need in range(first, end):
        begin = choices.begin[need]
        here = choices.cost[begin : choices.begin[need + 1]]
        gap = 1
        while 3 * gap < len(here):
            gap = 3 * gap + 1
        for k in range(len(here)):
            here[k] = (here[k] << _PLACE_BITS) + k
        while gap > 0:
            for k in range(gap, len(here)):
                _sink_in(here, k, gap)
            gap //= 3
        for k in range(len(here)):
            pair = every[begin + (here[k] & (2**_PLACE_BITS - 1))]
            choices.pair[begin + k], choices.support[begin + k] = pair, support[pair]
            here[k] >>= _PLACE_BITS


@inlined
def _sink_in(here: Any, k: int, gap: int) -> None:
    one = here[k]
    while k >= gap and here[k - gap] > one:
        here[k] = here[k - gap]
        k -= gap
    here[k] = one


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
