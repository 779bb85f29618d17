"""The rules of who may help whom, each over a block of needs and intakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from matching.circumstances import Families, Floats, Intakes, Needs, Policy, Refusals, Setting
from matching.tables import Bools, Ints

#: Pairs looked at in one piece, which bounds the memory to some tens of megabytes.
PIECE = 2_000_000


@dataclass(frozen=True, eq=False)
class Block:
    """Some needs of one code against every intake that helps with it.

    Parameters
    ----------
    families : Families
    needs : Needs
    intakes : Intakes
    policy : Policy
    need, intake : ndarray of int
        Positions of the block's rows and columns.
    """

    families: Families
    needs: Needs
    intakes: Intakes
    policy: Policy
    need: Ints
    intake: Ints

    def metres(self) -> Floats:
        """Measure straight lines on the grid, shape (rows, columns); NaN where not known."""
        home = self.needs.family[self.need]
        east = self.families.easting[home][:, None] - self.intakes.easting[self.intake]
        north = self.families.northing[home][:, None] - self.intakes.northing[self.intake]
        line: Floats = np.sqrt(east * east + north * north)
        return line

    def rules(self, refusals: Refusals) -> Iterator[tuple[str, Bools]]:
        """Yield each rule's name and for which pairs it holds, what is quick first."""
        family = _take(self.families, self.needs.family[self.need])
        intake = _take(self.intakes, self.intake)
        level = self.needs.level[self.need][:, None]
        sensitive = self.policy.sensitive[self.needs.code[self.need]][:, None]
        ceiling = self.policy.ceiling_pence[level - 1]
        yield "not_open", intake.is_open[None, :]
        yield "check_expired", intake.check_valid[None, :]
        yield "volunteer", ~(sensitive & intake.is_volunteer)
        yield "level", intake.takes_level >= level
        yield "digital", (level == 1) | (intake.setting != Setting.DIGITAL)
        yield "price", intake.price_pence <= ceiling
        yield "ages", _meets(family.child_ages[:, None], intake.ages, silent_left=False)
        yield "languages", _meets(family.languages[:, None], intake.languages)
        yield "days", _meets(family.days[:, None], intake.days)
        yield "access", (family.access[:, None] & ~intake.access) == 0
        yield "refused", self._not_refused(refusals)
        yield from self._distance_rules(family, intake)

    def _distance_rules(self, family: Families, intake: Intakes) -> Iterator[tuple[str, Bools]]:
        """Compare distances; one that is not known is within no limit."""
        metres = self.metres()
        placed = (intake.setting == Setting.VENUE) | (intake.setting == Setting.HOME)
        near = np.isnan(intake.reach_metres) | (metres <= intake.reach_metres)
        yield "reach", ~placed | near
        limit = self.policy.travel_limit_metres[family.transport][:, None]
        yield "transport", (intake.setting != Setting.VENUE) | (metres <= limit)
        yield "no_home", (intake.setting != Setting.HOME) | family.has_home[:, None]

    def _not_refused(self, refusals: Refusals) -> Bools:
        allowed = np.ones((len(self.need), len(self.intake)), dtype=bool)
        row = _place_in(self.need, refusals.need, len(self.needs.family))
        column = _place_in(self.intake, refusals.intake, len(self.intakes.provider))
        both = (row >= 0) & (column >= 0)
        allowed[row[both], column[both]] = False
        row = _place_in(self.need, refusals.provider_need, len(self.needs.family))
        for place, provider in zip(row[row >= 0], refusals.provider[row >= 0], strict=True):
            allowed[place] &= self.intakes.provider[self.intake] != provider
        return allowed


def blocks(families: Families, needs: Needs, intakes: Intakes, policy: Policy) -> Iterator[Block]:
    """Cut the pairs of each code into pieces that fit in memory.

    Yields
    ------
    Block
    """
    for code in np.unique(needs.code):
        helps = np.flatnonzero(intakes.effect[:, code] > 0)
        wanted = np.flatnonzero(needs.code == code)
        step = max(1, PIECE // max(1, len(helps)))
        for begin in range(0, len(wanted), step):
            some = wanted[begin : begin + step]
            yield Block(families, needs, intakes, policy, some, helps)


_Rows = TypeVar("_Rows", Families, Intakes)


def _take(table: _Rows, rows: Ints) -> _Rows:
    return type(table)(*(getattr(table, field.name)[rows] for field in fields(table)))


def _meets(left: Ints, right: Ints, *, silent_left: bool = True) -> Bools:
    """Say which sets of bits have one in common, or a side that said nothing."""
    silent = right == 0
    met: Bools = (left & right != 0) | silent | ((left == 0) & silent_left)
    return met


def _place_in(rows: Ints, wanted: Ints, size: int) -> Ints:
    """Give the place of each wanted position among the rows, -1 where it is not there."""
    place = np.full(size, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    return place[wanted]


@dataclass(frozen=True, eq=False)
class RuleCounts:
    """Which rule kept how many intakes from each of some needs.

    Parameters
    ----------
    need : ndarray of int, shape (asked,)
    helping : ndarray of int, shape (asked,)
        Intakes that help with such a need at all.
    suitable : ndarray of int, shape (asked,)
    rules : tuple of str
    removed : ndarray of int, shape (asked, rules)
        Intakes that break the rule.
    alone : ndarray of int, shape (asked, rules)
        Intakes that break this rule and no other: the last one standing in the way.
    """

    need: Ints
    helping: Ints
    suitable: Ints
    rules: tuple[str, ...]
    removed: Ints
    alone: Ints


def count_rules(
    families: Families,
    needs: Needs,
    intakes: Intakes,
    policy: Policy,
    refusals: Refusals,
    *,
    asked: Ints,
) -> RuleCounts:
    """Count, for some needs, which rule stood between them and the intakes that would help.

    Parameters
    ----------
    families : Families
    needs : Needs
    intakes : Intakes
    policy : Policy
    refusals : Refusals
    asked : ndarray of int
        Positions of needs.

    Returns
    -------
    RuleCounts
        In the order asked.
    """
    parts = [
        _count_one(_one_block(families, needs, intakes, policy, int(need)), refusals)
        for need in asked
    ]
    names = tuple(name for name, _ in parts[0][1]) if parts else ()
    broken = [np.array([~holds[0] for _, holds in rules]) for _, rules in parts]
    helping = np.array([count for count, _ in parts], dtype=np.int64)
    return RuleCounts(
        need=np.asarray(asked, dtype=np.int64),
        helping=helping,
        suitable=np.array([(b.sum(axis=0) == 0).sum() for b in broken], dtype=np.int64),
        rules=names,
        removed=np.array([b.sum(axis=1) for b in broken], dtype=np.int64),
        alone=np.array([(b & (b.sum(axis=0) == 1)).sum(axis=1) for b in broken], dtype=np.int64),
    )


def _one_block(
    families: Families, needs: Needs, intakes: Intakes, policy: Policy, need: int
) -> Block:
    helps = np.flatnonzero(intakes.effect[:, needs.code[need]] > 0)
    return Block(families, needs, intakes, policy, np.array([need]), helps)


def _count_one(block: Block, refusals: Refusals) -> tuple[int, list[tuple[str, Bools]]]:
    shape = (len(block.need), len(block.intake))
    rules = [(name, np.broadcast_to(holds, shape)) for name, holds in block.rules(refusals)]
    return len(block.intake), rules
