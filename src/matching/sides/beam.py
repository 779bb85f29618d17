"""Fills supports with needs of unequal places: a beam search that looks ahead exactly.

Needs are placed one after another. Behind each partial plan stands what the rest costs at least:
every support fills what room it has left with the needs still to come, each at its bid, place by
place (Bellman 1957). This is the bound of Lagrangian relaxation, kept up to date at every step,
and the plans with the lowest go on (Ow and Morton 1988).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.compiled import compiled_making_arrays, entrance_making_arrays, inlined
from matching.sides.model import Floats
from matching.tables import Ints

#: The cost of what cannot be.
NEVER = 1e300
#: A target farther than this from the bound, relatively, is taken to be as far.
_FAR = 0.005

Singles = npt.NDArray[np.float32]


class Ground(NamedTuple):
    """What each need may have, as flat arrays that compiled code walks.

    Parameters
    ----------
    begin : ndarray, shape (needs + 1,)
        Where each need's choices begin.
    support, places : ndarray, shape (choices,)
        The support is -1 where the choice is to be left unmet.
    cost : ndarray, shape (choices,)
        Pence.
    most : ndarray, shape (needs,)
        The cost unmet, which no bid exceeds; `NEVER` where a need must be met.
    room : ndarray, shape (supports,)
    opening : ndarray, shape (supports,)
        Pence.
    """

    begin: Ints
    support: Ints
    places: Ints
    cost: Floats
    most: Floats
    room: Ints
    opening: Floats


@inlined
def _worth(
    ahead: Singles, row: Ints, room: Ints, opening: Floats, support: int, space: int
) -> float:
    """Give what a support with this space adds to the rest, pence; one that is shut may stay so."""
    worth: float = ahead[row[support] + space]
    if space == room[support]:
        worth = min(0.0, worth + opening[support])
    return worth


@compiled_making_arrays
def _look_ahead(ground: Ground, bid: Floats, order: Ints, room: Ints) -> tuple[Singles, Ints]:
    """Fill every support with the needs from each step on.

    Gives the least cost by space left, row by row, and each support's row at each step. A row is
    new only where a need would be taken.
    """
    steps, supports = len(order), len(room)
    size = room.sum() + supports
    for need in order:
        for choice in range(ground.begin[need], ground.begin[need + 1]):
            support = ground.support[choice]
            if support >= 0 and ground.cost[choice] < bid[need]:
                size += room[support] + 1
    ahead = np.zeros(size, np.float32)
    row = np.zeros((steps + 1, supports), np.int64)
    end = 0
    for support in range(supports):
        row[steps, support] = end
        end += room[support] + 1
    for step in range(steps - 1, -1, -1):
        need = order[step]
        row[step] = row[step + 1]
        for choice in range(ground.begin[need], ground.begin[need + 1]):
            support, places = ground.support[choice], ground.places[choice]
            if support < 0 or places > room[support]:
                continue
            gain = ground.cost[choice] - bid[need]
            if gain >= 0:
                continue
            old, new = row[step + 1, support], end
            end += room[support] + 1
            row[step, support] = new
            ahead[new : new + places] = ahead[old : old + places]
            target = ahead[new + places : end]
            without, within = ahead[old + places :], ahead[old:]
            for space in range(len(target)):
                target[space] = min(without[space], within[space] + np.float32(gain))
    return ahead, row


@entrance_making_arrays
def move_bids(  # noqa: C901, PLR0912 - one compiled loop, plain arrays
    ground: Ground,
    bid: Floats,
    order: Ints,
    room: Ints,
    opening: Floats,
    target: float,
    rounds: int,
) -> Floats:
    """Move the bids of these needs along subgradients for a few rounds.

    Parameters
    ----------
    ground : Ground
    bid : ndarray, shape (needs,)
    order, room, opening
        As in `place_needs`.
    target : float
        What placing these needs may cost, pence.
    rounds : int

    Returns
    -------
    ndarray, shape (needs,)
        The bids that prove most.
    """
    at, best, highest, reach = bid.copy(), bid, -np.inf, 1.0
    for _ in range(rounds):
        ahead, row = _look_ahead(ground, at, order, room)
        bound = at[order].sum()
        space = room.copy()
        for support in range(len(room)):
            if room[support] >= 0:
                worth = _worth(ahead, row[0], room, opening, support, room[support])
                bound += worth
                if worth > ahead[row[0, support] + room[support]]:
                    space[support] = -1  # stays shut
        if bound > highest:
            highest, best = bound, at.copy()
        else:
            reach *= 0.7
        if bound >= target:
            break
        length = 0.0
        asked = np.ones(len(order))
        for step in range(len(order)):
            need = order[step]
            for choice in range(ground.begin[need], ground.begin[need + 1]):
                support, places = ground.support[choice], ground.places[choice]
                if support < 0 or space[support] < places:
                    continue
                here, after = row[step, support], row[step + 1, support]
                if here != after and ahead[here + space[support]] < ahead[after + space[support]]:
                    space[support] -= places
                    asked[step] -= 1
            length += asked[step] ** 2
        if not length:
            break
        move = reach * min(target - bound, _FAR * abs(bound)) / length
        for step in range(len(order)):
            need = order[step]
            at[need] = min(at[need] + move * asked[step], ground.most[need])
    return best


@entrance_making_arrays
def place_needs(  # noqa: C901, PLR0912, PLR0915 - one compiled loop, plain arrays
    ground: Ground,
    bid: Floats,
    order: Ints,
    room: Ints,
    opening: Floats,
    width: int,
    over: float,
) -> tuple[float, Ints]:
    """Place needs in this order and keep so many of the best partial plans at each step.

    Parameters
    ----------
    ground : Ground
    bid : ndarray, shape (needs,)
        What serving each need may cost a support in the look-ahead, pence.
    order : ndarray
        The needs.
    room : ndarray, shape (supports,)
        What each support has left for them; -1 where it is not to be used.
    opening : ndarray, shape (supports,)
        Pence that each still costs to open.
    width : int
    over : float
        Pence for each place beyond what there is, which is given only where nothing else is left.

    Returns
    -------
    cost : float
        Of these needs and the supports opened for them; `NEVER` where the beam ran dry.
    choice : ndarray, shape (order,)
    """
    steps, supports = len(order), len(room)
    ahead, row = _look_ahead(ground, bid, order, room)
    most = 0
    for need in order:
        most = max(most, ground.begin[need + 1] - ground.begin[need])
    left, next_left = np.empty((width, supports), np.int32), np.empty((width, supports), np.int32)
    spent, next_spent = np.zeros(width), np.zeros(width)
    rest, next_rest = np.zeros(width), np.zeros(width)
    parent = np.empty((steps, width), np.int32)
    chosen = np.empty((steps, width), np.int32)
    value, rest_of = np.empty(width * most), np.empty(width * most)
    plan_of, choice_of = np.empty(width * most, np.int32), np.empty(width * most, np.int32)
    for support in range(supports):
        left[0, support] = room[support]
        if room[support] >= 0:
            rest[0] += _worth(ahead, row[0], room, opening, support, room[support])
    plans = 1
    for step in range(steps):
        need = order[step]
        first, last = ground.begin[need], ground.begin[need + 1]
        found = 0
        for plan in range(plans):
            # only where this need could have gone does the look-ahead change
            base = rest[plan]
            for choice in range(first, last):
                support = ground.support[choice]
                if support < 0 or room[support] < 0:
                    continue
                if row[step, support] != row[step + 1, support]:
                    space = left[plan, support]
                    base += _worth(ahead, row[step + 1], room, opening, support, space)
                    base -= _worth(ahead, row[step], room, opening, support, space)
            before = found
            for forced in (False, True):
                if forced and found > before:
                    break
                for choice in range(first, last):
                    support = ground.support[choice]
                    cost, after = spent[plan] + ground.cost[choice], base
                    if support >= 0:
                        space, places = left[plan, support], ground.places[choice]
                        if room[support] < 0 or (places > space and not forced):
                            continue
                        if space == room[support]:
                            cost += opening[support]
                        cost += over * max(0, places - space)
                        after -= _worth(ahead, row[step + 1], room, opening, support, space)
                        after += ahead[row[step + 1, support] + max(0, space - places)]
                    value[found], rest_of[found] = cost + after, after
                    plan_of[found], choice_of[found] = plan, choice
                    found += 1
        if not found:
            return NEVER, np.zeros(steps, np.int64)
        cut = np.partition(value[:found], width - 1)[width - 1] if found > width else NEVER
        plans = 0
        for at_the_cut in (False, True):
            for k in range(found):
                if plans < width and (value[k] == cut if at_the_cut else value[k] < cut):
                    old, choice = plan_of[k], choice_of[k]
                    support = ground.support[choice]
                    next_left[plans] = left[old]
                    if support >= 0:
                        space = left[old, support] - ground.places[choice]
                        next_left[plans, support] = max(0, space)
                    next_spent[plans] = value[k] - rest_of[k]
                    next_rest[plans] = rest_of[k]
                    parent[step, plans], chosen[step, plans] = old, choice
                    plans += 1
        left, next_left = next_left, left
        spent, next_spent = next_spent, spent
        rest, next_rest = next_rest, rest
    best = np.argmin(spent[:plans])
    cost = spent[best]
    way = np.empty(steps, np.int64)
    for step in range(steps - 1, -1, -1):
        way[step] = chosen[step, best]
        best = parent[step, best]
    return cost, way
