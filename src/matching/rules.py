"""The rules of who may help whom, each over a block of needs and intakes: one rule, one method."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TypeVar

import numpy as np

from matching.circumstances import Families, Floats, Intakes, Needs, Policy, Refusals, Setting
from matching.tables import Bools, Ints

#: Rules that say the same of all needs of one code and level.
OF_KIND = ("not_open", "check_expired", "volunteer", "level", "digital", "price")
#: Rules that look at the family; what is quick first.
OF_FAMILY = ("ages", "languages", "days", "access", "refused", "reach", "transport", "no_home")
RULES = OF_KIND + OF_FAMILY


@dataclass(frozen=True, eq=False)
class Block:
    """Some needs against some intakes; each rule is a method that says for which pairs it holds.

    What a method gives has the shape (needs, intakes), or (1, intakes) where the need says nothing.

    Parameters
    ----------
    families : Families
    needs : Needs
    intakes : Intakes
    policy : Policy
    refusals : Refusals
    need, intake : ndarray of int
        Positions of the block's rows and columns.
    """

    families: Families
    needs: Needs
    intakes: Intakes
    policy: Policy
    refusals: Refusals
    need: Ints
    intake: Ints

    def holds(self, rule: str) -> Bools:
        """Say for which pairs a rule of `RULES` holds."""
        kept: Bools = getattr(self, rule)()
        return kept

    def not_open(self) -> Bools:
        """The intake takes people."""
        return self._there.is_open[None, :]

    def check_expired(self) -> Bools:
        """Its checks are valid."""
        return self._there.check_valid[None, :]

    def volunteer(self) -> Bools:
        """Never a volunteer for a sensitive code."""
        sensitive = self.policy.sensitive[self.needs.code[self.need]][:, None]
        kept: Bools = ~(sensitive & self._there.is_volunteer)
        return kept

    def level(self) -> Bools:
        """The intake takes needs of this level."""
        kept: Bools = self._there.takes_level >= self._level
        return kept

    def digital(self) -> Bools:
        """A page or an app signposts at level 1, never more."""
        kept: Bools = (self._level == 1) | (self._there.setting != Setting.DIGITAL)
        return kept

    def price(self) -> Bools:
        """A place costs no more than the ceiling of the level."""
        kept: Bools = self._there.price_pence <= self.policy.ceiling_pence[self._level - 1]
        return kept

    def ages(self) -> Bools:
        """A child is of an age it takes; with no child on file only where it takes any age."""
        return _meets(self._home.child_ages[:, None], self._there.ages, silent_left=False)

    def languages(self) -> Bools:
        """They have a language in common, or one of them said none."""
        return _meets(self._home.languages[:, None], self._there.languages)

    def days(self) -> Bools:
        """They have a day in common, or one of them said none."""
        return _meets(self._home.days[:, None], self._there.days)

    def access(self) -> Bools:
        """Every access word of the family is offered."""
        kept: Bools = (self._home.access[:, None] & ~self._there.access) == 0
        return kept

    def refused(self) -> Bools:
        """Neither the intake nor its provider was refused for this need."""
        allowed = np.ones((len(self.need), len(self.intake)), dtype=bool)
        row = _place_in(self.need, self.refusals.need, len(self.needs.family))
        column = _place_in(self.intake, self.refusals.intake, len(self.intakes.provider))
        both = (row >= 0) & (column >= 0)
        allowed[row[both], column[both]] = False
        row = _place_in(self.need, self.refusals.provider_need, len(self.needs.family))
        for place, provider in zip(row[row >= 0], self.refusals.provider[row >= 0], strict=True):
            allowed[place] &= self._there.provider != provider
        return allowed

    def reach(self) -> Bools:
        """Help at a place or at home stays within the intake's reach, if that is limited."""
        setting = self._there.setting
        placed = (setting == Setting.VENUE) | (setting == Setting.HOME)
        everywhere = np.isnan(self._there.reach_metres)
        kept: Bools = ~placed | everywhere | (self.metres <= self._there.reach_metres)
        return kept

    def transport(self) -> Bools:
        """The family goes no farther than it can; a distance not known is within no limit."""
        limit = self.policy.travel_limit_metres[self._home.transport][:, None]
        kept: Bools = (self._there.setting != Setting.VENUE) | (self.metres <= limit)
        return kept

    def no_home(self) -> Bools:
        """Help comes to a home only where there is one."""
        kept: Bools = (self._there.setting != Setting.HOME) | self._home.has_home[:, None]
        return kept

    @cached_property
    def metres(self) -> Floats:
        """Straight lines on the grid, shape (needs, intakes); NaN where not known."""
        east = self._home.easting[:, None] - self._there.easting
        north = self._home.northing[:, None] - self._there.northing
        line: Floats = np.sqrt(east * east + north * north)
        return line

    @cached_property
    def _home(self) -> Families:
        return _take(self.families, self.needs.family[self.need])

    @cached_property
    def _there(self) -> Intakes:
        return _take(self.intakes, self.intake)

    @cached_property
    def _level(self) -> Ints:
        return self.needs.level[self.need][:, None]


def blocks(
    families: Families,
    needs: Needs,
    intakes: Intakes,
    policy: Policy,
    refusals: Refusals,
    *,
    asked: Ints,
    piece: int,
) -> Iterator[Block]:
    """Cut some needs and the intakes that help with their codes into pieces that fit in memory.

    Parameters
    ----------
    families : Families
    needs : Needs
    intakes : Intakes
    policy : Policy
    refusals : Refusals
    asked : ndarray of int
        Positions of needs.
    piece : int
        Pairs in one piece.

    Yields
    ------
    Block
    """
    for code in np.unique(needs.code[asked]):
        helps = np.flatnonzero(intakes.effect[:, code] > 0)
        wanted = asked[needs.code[asked] == code]
        step = max(1, piece // max(1, len(helps)))
        for begin in range(0, len(wanted), step):
            some = wanted[begin : begin + step]
            yield Block(families, needs, intakes, policy, refusals, some, helps)


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
