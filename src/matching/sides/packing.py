"""Better plans where the only rule that leaves the flow is that places are unequal.

Whole plans, and parts of the best one, are placed anew by a beam search in drawn orders.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np

from matching.bids import MOST_STEPS, Bids, refine
from matching.network import pair_costs, split_households
from matching.problem import NO_LIMIT, Problem
from matching.sides.beam import NEVER, Ground, move_bids, place_needs
from matching.sides.choices import cheapest_pairs
from matching.sides.model import Floats, must_be_met, usable_pairs
from matching.tables import Ints

#: The best pairs of each need, by what forcing them costs, that are tried.
_CHOICES = 15
#: Whole plans placed at first, and how often in one of them bids are moved.
_WHOLE, _DIVES = 16, 8
#: So many partial plans the beam begins with; it grows by a factor, and to so many at most.
_NARROW, _WIDER, _WIDE = 20, 1.5, 5000
#: Partial plans times needs in one beam, at most.
_STEPS = 2_000_000
#: A whole plan is not begun where less than so many times the last one's seconds are left.
_PATIENCE = 8
#: Rounds in which bids are moved before needs are placed.
_MOVES = 8
#: Needs placed anew in one part, needs of one support among them, and widths of the beam.
_PARTS, _EACH, _WIDTHS = (20, 160), (3, 6, 12, 10**6), (60, 200, 600)


def can_pack(problem: Problem) -> bool:
    """Say whether places are unequal, and needs share nothing but supports."""
    homes = split_households(problem)
    return bool(
        (problem.pair_places > 1).any()
        and (problem.support_at_least <= 1).all()
        and (problem.fund_budget >= NO_LIMIT).all()
        and (problem.provider_places >= NO_LIMIT).all()
        and not (problem.group_at_least > 0).any()
        and not homes.hub.any()
        and not homes.surcharge.any()
        and _size(problem) <= MOST_STEPS
    )


def _size(problem: Problem) -> int:
    """Count what the look-ahead over a whole plan may hold."""
    needs = min(_CHOICES * len(problem.need_ids), len(problem.pair_need))
    return needs * int(_rooms(problem).max(initial=0))


def _rooms(problem: Problem) -> Ints:
    """Give each support no more places than its pairs could take."""
    wanted = np.bincount(
        problem.pair_support, weights=problem.pair_places, minlength=len(problem.support_ids)
    )
    return np.minimum(problem.support_places, wanted.astype(np.int64))


class Packer:
    """The best plan that placing needs anew has found.

    Parameters
    ----------
    problem : Problem
    bids : Bids
        What each need may cost a support is looked up here.
    forcing : ndarray, shape (pairs,)
        What each pair would add to the bound.
    plan : ndarray
        Positions of pairs to begin with; it may give more places than there are.
    seed : int

    Attributes
    ----------
    ground : Ground
    quiet : int
        Steps since one gained.
    """

    def __init__(
        self, problem: Problem, bids: Bids, forcing: Floats, plan: Ints, seed: int
    ) -> None:
        self.problem, self.rng = problem, np.random.default_rng(seed)
        self._pair, self.ground, self._bid = _lay_ground(problem, bids, forcing, plan)
        ground = self.ground
        spread = np.abs(ground.cost).max(initial=0) + ground.opening.max(initial=0)
        self._over = 10.0 * (1 + spread)
        self._held = self._read(plan)
        self._size = _size_of(ground)
        self._rounds, self._took = 0, 0.0
        self.quiet = 0

    @property
    def pairs(self) -> Ints | None:
        """The plan's pairs, sorted; None while some support gives more than it has."""
        if (self._loads(self._held) > self.ground.room).any() or (self._held < 0).any():
            return None
        chosen = self._pair[self._held]
        return np.sort(chosen[chosen >= 0])

    def step(self, seconds: float) -> None:
        """Place all needs anew, or after the first rounds, or where that takes too long, some.

        Parameters
        ----------
        seconds : float
            That are left.
        """
        whole = self._rounds < _WHOLE and seconds > _PATIENCE * self._took
        if whole:
            begin = perf_counter()
            self._place_all(self._rounds)
            self._took = perf_counter() - begin
        gained = whole or self._place_some()
        self.quiet = 0 if gained else self.quiet + 1
        self._rounds += 1

    def _place_all(self, number: int) -> None:
        """Place everyone; in every other round, bids are moved between one part and the next."""
        needs = len(self._held)
        parts = 1 + _DIVES * (number % 2)
        width = int(_NARROW * _WIDER**number)
        width = min(_WIDE, width, max(1, _STEPS // max(1, needs * parts)))
        held = self._dive(self._order(np.arange(needs)), width, max(1, -(-needs // parts)))
        if self._cost(held) <= self._cost(self._held):
            self._held = held

    def _dive(self, order: Ints, width: int, part: int) -> Ints:
        """Place all needs, let the first part of them stand, and place the rest again."""
        ground = self.ground
        bid, held = self._bid, self._held.copy()
        room, opening = ground.room.copy(), ground.opening.copy()
        for begin in range(0, len(order), part):
            rest = order[begin:]
            if begin:
                target = float(ground.cost[held[rest]].sum() + opening.sum())
                bid = move_bids(ground, bid, rest, room, opening, target, _MOVES)
            _, way = place_needs(ground, bid, rest, room, opening, width, self._over)
            held[rest] = way
            stands = way[:part][ground.support[way[:part]] >= 0]
            np.subtract.at(room, ground.support[stands], ground.places[stands])
            np.maximum(room, 0, out=room)
            opening[ground.support[stands]] = 0
        return held

    def _place_some(self) -> bool:
        """Set some needs of a few supports free that compete with each other."""
        ground, supports = self.ground, self._near()
        places = self._loads(self._held)
        held_at = ground.support[self._held]
        each = int(self.rng.choice(_EACH))
        free = np.concatenate(
            [
                self.rng.permutation(np.flatnonzero(held_at == support))[:each]
                for support in supports
            ]
            + [self.rng.permutation(np.flatnonzero(held_at < 0))[:each]]
        )
        order = self._order(free)
        taken = np.bincount(
            held_at[free] + 1, weights=ground.places[self._held[free]], minlength=len(places) + 1
        )[1:].astype(np.int64)
        stays = places - taken
        room = np.full(len(places), -1, dtype=np.int64)
        room[supports] = np.maximum(0, ground.room - stays)[supports]
        opening = np.where(stays > 0, 0.0, ground.opening)
        width = int(self.rng.choice(_WIDTHS))
        before = self._cost_of(free, taken, room, opening)
        bid = move_bids(ground, self._bid, order, room, opening, before, _MOVES)
        cost, way = place_needs(ground, bid, order, room, opening, width, self._over)
        if cost <= before:
            self._held[order] = way
        return cost < before - 1 / 2

    def _near(self) -> Ints:
        """Draw supports that the same needs could have, one from the other."""
        ground = self.ground
        counts = np.bincount(ground.support[self._held] + 1, minlength=len(ground.room) + 1)[1:]
        wanted = int(self.rng.integers(*_PARTS))
        near = {int(self.rng.integers(len(ground.room)))}
        found, tries = 0, 0
        while found < wanted and tries < 4 * len(ground.room) + wanted:
            tries += 1
            need = int(self.rng.integers(len(self._held)))
            choices = ground.support[ground.begin[need] : ground.begin[need + 1]]
            support, other = int(ground.support[self._held[need]]), int(self.rng.choice(choices))
            if other >= 0 and other not in near and (support in near or support < 0):
                near.add(other)
                found += max(1, int(counts[other]))
        return np.array(sorted(near))

    def _order(self, needs: Ints) -> Ints:
        """Put large needs first, more or less."""
        blur = self.rng.random()
        drawn = self.rng.random(len(needs)) * 2 * self._size.mean()
        return needs[np.argsort(-((1 - blur) * self._size[needs] + blur * drawn))]

    def _loads(self, held: Ints) -> Ints:
        ground = self.ground
        at, places = ground.support[held] + 1, ground.places[held]
        loads = np.bincount(at, weights=places, minlength=len(ground.room) + 1)
        return loads[1:].astype(np.int64)

    def _cost(self, held: Ints) -> float:
        """Add up a whole plan, with what it gives beyond its places."""
        ground, loads = self.ground, self._loads(held)
        beyond = np.maximum(0, loads - ground.room).sum()
        opened = ground.opening[loads > 0].sum()
        return float(ground.cost[held].sum() + opened + self._over * beyond)

    def _cost_of(self, free: Ints, taken: Ints, room: Ints, opening: Floats) -> float:
        """Add up a part of the plan as `place_needs` does."""
        beyond = np.maximum(0, taken - np.maximum(0, room))[room >= 0].sum()
        opened = opening[(taken > 0) & (room >= 0)].sum()
        return float(self.ground.cost[self._held[free]].sum() + opened + self._over * beyond)

    def _read(self, plan: Ints) -> Ints:
        """Find the plan's choices; whoever has none is left unmet, or has the first."""
        ground, needs = self.ground, len(self.problem.need_ids)
        of_choice = np.repeat(np.arange(needs), np.diff(ground.begin))
        held = ground.begin[1:] - 1  # where one may be left unmet, that choice stands last
        stands = np.flatnonzero(np.isin(self._pair, plan))
        held[of_choice[stands]] = stands
        return held


def _lay_ground(
    problem: Problem, bids: Bids, forcing: Floats, plan: Ints
) -> tuple[Ints, Ground, Floats]:
    """Give the choices, need by need, and the pair that each stands for; -1 for none."""
    usable = usable_pairs(problem)
    usable = usable[np.isfinite(forcing[usable])]
    kept = np.union1d(cheapest_pairs(problem, usable, forcing, _CHOICES), problem.fixed_pairs)
    kept = np.union1d(kept, plan)
    alone = np.flatnonzero(~must_be_met(problem))
    pair = np.concatenate([kept, np.full(len(alone), -1, dtype=np.int64)])
    need = np.concatenate([problem.pair_need[kept], alone])
    support = np.concatenate([problem.pair_support[kept], pair[len(kept) :]])
    places = np.concatenate([problem.pair_places[kept], np.zeros_like(alone)])
    cost = np.concatenate([pair_costs(problem)[kept], problem.unmet_cost[alone]])
    order = np.lexsort((pair < 0, need))
    bid = problem.unmet_cost - bids.need / refine(problem)[1]
    most = np.where(must_be_met(problem), NEVER, problem.unmet_cost.astype(float))
    ground = Ground(
        np.searchsorted(need[order], np.arange(len(problem.need_ids) + 1)).astype(np.int64),
        support[order],
        places[order],
        cost[order].astype(float),
        most,
        _rooms(problem),
        problem.opening_cost.astype(float),
    )
    return pair[order], ground, np.minimum(bid, most)


def _size_of(ground: Ground) -> Floats:
    """Give the places that each need takes on average over its choices."""
    counts = np.maximum(1, np.diff(ground.begin))
    total = np.add.reduceat(np.append(ground.places, 0), ground.begin[:-1])
    size: Floats = np.where(np.diff(ground.begin) > 0, total, 0) / counts
    return size
