"""An auction at a coarse step: near-optimal prices in a few sweeps over the pairs.

Each need bids for its best place what the place is worth to it above its second best, and a step
more; a full support lets its lowest bid go (Bertsekas and Castañón 1989, for alike places). The
outcome is a start, no more: `matching.engine` finishes it exactly.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from matching.compiled import entrance, inlined
from matching.graph import Graph
from matching.network import Network
from matching.problem import Problem
from matching.tables import Bools, Ints, Shorts

#: What a need that must be met would pay: more than any pair can cost, well within 64 bits.
_ANYTHING = 2**50
#: The step as a share of the median saving.
_STEP = 0.015
#: How many bids a need may make on average, before the auction is given up.
_BIDS = 60


class Bidders(NamedTuple):
    """What needs would rather do without.

    Parameters
    ----------
    refuge : ndarray, shape (needs,)
        Pence of being left unmet, without its family's surcharge.
    family : ndarray, shape (needs,)
        -1 for none.
    surcharge : ndarray, shape (families,)
        Saved by the first need met.
    bids : ndarray of bool, shape (needs,)
        False: takes no part.
    turn : ndarray, shape (needs,)
        Who bids first, second, and so on.
    """

    refuge: Ints
    family: Ints
    surcharge: Ints
    bids: Bools
    turn: Ints


class Sale(NamedTuple):
    """What was sold.

    Parameters
    ----------
    price : ndarray, shape (supports,)
        The lowest bid that a full support accepted, 0 where there is room.
    mine : ndarray, shape (needs,)
        The arc by which each need is placed, -1 for none.
    """

    price: Ints
    mine: Shorts


def bidders_of(problem: Problem, network: Network, turn: Ints) -> Bidders:
    """Say what each need would pay at most."""
    homes = network.households
    refuge = np.where(homes.must, _ANYTHING, problem.unmet_cost)
    is_open = ~homes.in_hub | np.append(homes.room > 0, True)[problem.need_family]
    return Bidders(refuge, problem.need_family, homes.surcharge, is_open, turn)


def hold_auction(graph: Graph, first_support: int, places: Shorts, bidders: Bidders) -> Sale | None:
    """Sell the places.

    Parameters
    ----------
    graph : Graph
    first_support : int
        The node of the first support.
    places : ndarray, shape (supports,)
    bidders : Bidders

    Returns
    -------
    Sale or None
        None where the bidders could not agree within a sensible number of bids.
    """
    savings = np.zeros(len(bidders.refuge), dtype=np.int64)
    _save_best(graph, bidders, savings)
    savings = savings[savings > 0]
    step = max(1, int(_STEP * np.median(savings))) if len(savings) else 1
    room = np.minimum(
        places,
        np.bincount(graph.head, minlength=len(graph.begin))[
            first_support : first_support + len(places)
        ],
    )
    sale = Sale(np.zeros(len(places), dtype=np.int64), np.full(len(bidders.refuge), -1, np.int32))
    most = _BIDS * len(bidders.refuge) + 1000
    agreed = _sell(graph, first_support, room, bidders, sale, _stall_of(room, bidders), step, most)
    # bids run ahead of what places are worth by about a step, and what stands too dear is found
    # harder than what stands too cheap
    sale.price[:] = np.maximum(0, sale.price - step)
    return sale if agreed else None


@entrance
def _save_best(graph: Graph, bidders: Bidders, out: Ints) -> None:
    """Give what each need saves at its best place, 0 for none."""
    for need in range(len(out)):
        for arc in range(graph.begin[need], graph.end[need]):
            if graph.head[arc] < graph.sink and bidders.refuge[need] < _ANYTHING:
                out[need] = bidders.refuge[need] - graph.cost[arc]
                break


class _Stall(NamedTuple):
    """The accepted bids, a heap a support with the lowest on top, and who waits to bid."""

    begin: Ints
    bid: Ints
    who: Shorts
    sold: Ints
    met: Ints
    waiting: Shorts


def _stall_of(room: Ints, bidders: Bidders) -> _Stall:
    begin = np.concatenate([[0], np.cumsum(room)])
    return _Stall(
        begin,
        np.zeros(begin[-1], dtype=np.int64),
        np.zeros(begin[-1], dtype=np.int32),
        np.zeros(len(room), dtype=np.int64),
        np.zeros(len(bidders.surcharge) + 1, dtype=np.int64),
        bidders.turn[bidders.bids[bidders.turn]][::-1].astype(np.int32),
    )


@entrance
def _sell(
    graph: Graph,
    first_support: int,
    room: Any,
    bidders: Bidders,
    sale: Sale,
    stall: _Stall,
    step: int,
    most_bids: int,
) -> bool:
    begin, bid, who, sold, met = stall.begin, stall.bid, stall.who, stall.sold, stall.met
    waiting = stall.waiting
    count = len(waiting)
    bids = 0
    while count > 0:
        need = waiting[count - 1]
        count -= 1
        family = bidders.family[need]
        worth = bidders.refuge[need]
        if family >= 0 and met[family] == 0:
            worth += bidders.surcharge[family]
        arc, best, second = _choose(graph, first_support, sale.price, room, need, worth)
        if best <= 0:
            continue
        bids += 1
        if bids > most_bids:
            return False
        place = graph.head[arc] - first_support
        bids_here = bid[begin[place] : begin[place + 1]]
        who_here = who[begin[place] : begin[place + 1]]
        next_price = _next_price(bids_here, sold[place], room[place])
        second = max(second, best + sale.price[place] - next_price)
        offer = sale.price[place] + best - second + step
        sale.mine[need] = arc
        if family >= 0:
            met[family] += 1
        if sold[place] == room[place]:
            loser = who[begin[place]]
            sale.mine[loser] = -1
            if bidders.family[loser] >= 0:
                met[bidders.family[loser]] -= 1
            waiting[count] = loser
            count += 1
            _replace_lowest(bids_here, who_here, offer, need)
        else:
            _add(bids_here, who_here, sold[place], offer, need)
            sold[place] += 1
        if sold[place] == room[place]:
            sale.price[place] = bid[begin[place]]
    return True


@inlined
def _choose(graph: Graph, first_support: int, price: Any, room: Any, need: int, worth: int) -> Any:
    """Find the place a need gains most from, that gain, and the next best gain."""
    arc, best, second = -1, 0, 0
    for one in range(graph.begin[need], graph.end[need]):
        gain = worth - graph.cost[one]
        if gain <= second:
            break
        place = graph.head[one] - first_support
        if place >= len(price) or room[place] == 0:
            continue
        gain -= price[place]
        if gain > best:
            arc, best, second = one, gain, best
        elif gain > second:
            second = gain
    return arc, best, second


@inlined
def _next_price(bid: Any, sold: int, room: int) -> Any:
    """Give the price of the next cheapest place at the same support."""
    if sold < room - 1:
        return 0
    if sold == room - 1:
        return bid[0] if sold > 0 else _ANYTHING * 4
    if room == 1:
        return _ANYTHING * 4
    if room == 2:  # noqa: PLR2004 - a heap of two has one child
        return bid[1]
    return min(bid[1], bid[2])


@inlined
def _add(bid: Any, who: Any, size: int, offer: int, need: int) -> None:
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if bid[above] <= offer:
            break
        bid[at], who[at] = bid[above], who[above]
        at = above
    bid[at], who[at] = offer, need


@inlined
def _replace_lowest(bid: Any, who: Any, offer: int, need: int) -> None:
    at, size = 0, len(bid)
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and bid[below + 1] < bid[below]:
            below += 1
        if bid[below] >= offer:
            break
        bid[at], who[at] = bid[below], who[below]
        at = below
    bid[at], who[at] = offer, need
