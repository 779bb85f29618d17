"""Who could help whom: every family's needs against every intake, with what each pair costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from matching.tables import Bools, Ints

Floats = npt.NDArray[np.float64]

#: Shares (likelihood, effect) are counted in ten-thousandths, so that money rounds exactly.
WHOLE = 10_000
#: Pairs looked at in one piece, which bounds the memory to some tens of megabytes.
_PIECE = 2_000_000


class Transport(IntEnum):
    """How a family gets about; the position of its limit in `Policy.travel_limit_metres`."""

    WALK = 0
    BUS = 1
    CAR = 2


class Setting(IntEnum):
    """Where help happens."""

    VENUE = 0  #: the family goes there
    HOME = 1  #: it comes to the family
    TELEPHONE = 2  #: a person, from anywhere
    DIGITAL = 3  #: a page or an app: signposts at level 1, never more


@dataclass(frozen=True, eq=False)
class Policy:
    """What the commissioner has published.

    Parameters
    ----------
    value_pence : ndarray, shape (3,)
        The value of meeting a need of level 1, 2, 3.
    ceiling_pence : ndarray, shape (3,)
        The dearest place allowed at each level.
    travel_limit_metres : ndarray, shape (3,)
        By `Transport`.
    travel_pence_per_km : int
    sensitive : ndarray of bool, shape (codes,)
        Codes that never go to a volunteer.
    asked_pence, week_pence, weeks_most : int
        Among equals, those who asked first, then those who waited longest: pennies taken off a
        pair's cost, a week of waiting for at most so many weeks.
    """

    value_pence: Ints
    ceiling_pence: Ints
    travel_limit_metres: Floats
    travel_pence_per_km: int
    sensitive: Bools
    asked_pence: int = 60
    week_pence: int = 1
    weeks_most: int = 52


@dataclass(frozen=True, eq=False)
class Families:
    """Families, one row each. In every set of bits 0 means: nothing said, so the rule is silent.

    Parameters
    ----------
    easting, northing : ndarray of float, shape (families,)
        British National Grid metres; NaN where nothing is known.
    has_home : ndarray of bool
        False where nobody can be visited (no fixed abode, a refuge): help cannot come there.
    transport : ndarray of int
        `Transport`.
    child_ages : ndarray of int64
        Bit a: a child aged a; see `age_bits`. A family without bits meets no age limit.
    languages, days, access : ndarray of int64
        One language and one day in common; every access word must be offered.
    places : ndarray of int
        How many places the family takes where places count people.
    """

    easting: Floats
    northing: Floats
    has_home: Bools
    transport: Ints
    child_ages: Ints
    languages: Ints
    days: Ints
    access: Ints
    places: Ints


@dataclass(frozen=True, eq=False)
class Needs:
    """Needs, one row each.

    Parameters
    ----------
    family : ndarray of int, shape (needs,)
        Position in `Families`.
    code : ndarray of int
        Position in the taxonomy, from 0.
    level : ndarray of int
        1 to 3.
    likelihood : ndarray of int
        In ten-thousandths.
    asked : ndarray of bool
        The family asked for this itself.
    waited_days : ndarray of int
    """

    family: Ints
    code: Ints
    level: Ints
    likelihood: Ints
    asked: Bools
    waited_days: Ints


@dataclass(frozen=True, eq=False)
class Intakes:
    """Intakes, one row each.

    Parameters
    ----------
    effect : ndarray of int, shape (intakes, codes)
        Share of the risk it removes, in ten-thousandths, by need code; 0: does not help.
    provider : ndarray of int, shape (intakes,)
        Any number that names the provider; only compared with refusals.
    setting : ndarray of int
        `Setting`.
    easting, northing : ndarray of float
    reach_metres : ndarray of float
        How far it goes or people come; NaN: everywhere.
    takes_level : ndarray of int
        The highest level it takes.
    price_pence : ndarray of int
        A place.
    ages : ndarray of int64
        See `age_bits`; 0: any, also no child on file.
    languages, days, access : ndarray of int64
    check_valid, is_volunteer, is_open : ndarray of bool
        Open: neither paused nor started already.
    counts_people : ndarray of bool
        A place is for a person, not for a family.
    """

    effect: Ints
    provider: Ints
    setting: Ints
    easting: Floats
    northing: Floats
    reach_metres: Floats
    takes_level: Ints
    price_pence: Ints
    ages: Ints
    languages: Ints
    days: Ints
    access: Ints
    check_valid: Bools
    is_volunteer: Bools
    is_open: Bools
    counts_people: Bools


@dataclass(frozen=True, eq=False)
class Refusals:
    """Pairs that must not come again, by position.

    Parameters
    ----------
    need, intake : ndarray of int, shape (refusals,)
    provider_need, provider : ndarray of int, shape (provider refusals,)
        The need with any intake of this provider.
    """

    need: Ints
    intake: Ints
    provider_need: Ints
    provider: Ints

    @classmethod
    def none(cls) -> Refusals:
        """Give the empty set."""
        empty = np.array([], dtype=np.int64)
        return cls(empty, empty, empty, empty)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Every suitable pair, in the order (need, intake).

    Parameters
    ----------
    need, intake : ndarray of int, shape (pairs,)
    places : ndarray of int
    price_pence, travel_pence, remaining_pence, tie_pence : ndarray of int
        price × places, the family's travel, (1 - effect) × stake, and the pennies taken off.
    metres : ndarray of float
        Between family and intake; NaN where there is none.
    """

    need: Ints
    intake: Ints
    places: Ints
    price_pence: Ints
    travel_pence: Ints
    remaining_pence: Ints
    tie_pence: Ints
    metres: Floats

    @property
    def cost_pence(self) -> Ints:
        """What the pair costs the plan: `cost` of the candidates."""
        return self.price_pence + self.travel_pence + self.remaining_pence - self.tie_pence


def age_bits(youngest: int, oldest: int) -> int:
    """Give the set of whole ages from youngest to oldest, both within, as bits.

    Examples
    --------
    >>> bin(age_bits(1, 3))
    '0b1110'
    """
    return (1 << (oldest + 1)) - (1 << youngest)


def half_up(numerator: Ints, denominator: int) -> Ints:
    """Divide whole numbers and round half up.

    Examples
    --------
    >>> half_up(np.array([149, 150, -150]), 100).tolist()
    [1, 2, -1]
    """
    return (2 * numerator + denominator) // (2 * denominator)


def stakes(needs: Needs, policy: Policy) -> Ints:
    """Give likelihood × value of the level, pence, shape (needs,): what leaving it unmet costs."""
    return half_up(needs.likelihood * policy.value_pence[needs.level - 1], WHOLE)


def find_pairs(
    families: Families, needs: Needs, intakes: Intakes, policy: Policy, refusals: Refusals
) -> Pairs:
    """Find every suitable pair of need and intake, and what it costs.

    Exact over all pairs; looked at code by code and in pieces.

    Parameters
    ----------
    families : Families
    needs : Needs
    intakes : Intakes
    policy : Policy
    refusals : Refusals

    Returns
    -------
    Pairs
    """
    found = []
    for block in _blocks(families, needs, intakes, policy):
        suits = np.ones((len(block.need), len(block.intake)), dtype=bool)
        for _, holds in block.rules(refusals):
            suits &= holds
        row, column = np.nonzero(suits)
        metres = block.metres()[row, column]
        found.append((block.need[row], block.intake[column], metres))
    if not found:
        return _price(families, needs, intakes, policy, *_no_pairs())
    need, intake, metres = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((intake, need))
    return _price(families, needs, intakes, policy, need[order], intake[order], metres[order])


def _no_pairs() -> tuple[Ints, Ints, Floats]:
    return np.array([], np.int64), np.array([], np.int64), np.array([], np.float64)


def _price(
    families: Families,
    needs: Needs,
    intakes: Intakes,
    policy: Policy,
    need: Ints,
    intake: Ints,
    metres: Floats,
) -> Pairs:
    code, family = needs.code[need], needs.family[need]
    places = np.where(intakes.counts_people[intake], families.places[family], 1)
    goes = intakes.setting[intake] == Setting.VENUE
    travelled = np.where(goes & ~np.isnan(metres), metres, 0.0)
    kept = (WHOLE - intakes.effect[intake, code]) * stakes(needs, policy)[need]
    weeks = np.minimum(needs.waited_days[need] // 7, policy.weeks_most)
    return Pairs(
        need=need,
        intake=intake,
        places=places,
        price_pence=intakes.price_pence[intake] * places,
        travel_pence=np.floor(travelled * policy.travel_pence_per_km / 1000 + 0.5).astype(np.int64),
        remaining_pence=half_up(kept, WHOLE),
        tie_pence=policy.asked_pence * needs.asked[need] + policy.week_pence * weeks,
        metres=metres,
    )


def none_met_costs(families: Families, pairs: Pairs, dearest_opening_pence: int = 0) -> Ints:
    """Give each family's surcharge: so dear that reaching one more family always comes first.

    Parameters
    ----------
    families : Families
    pairs : Pairs
    dearest_opening_pence : int

    Returns
    -------
    ndarray of int, shape (families,)
        (dearest pair + dearest opening cost + 1) × the places the family takes.
    """
    dearest = max(0, int(pairs.cost_pence.max(initial=0)))
    return (dearest + dearest_opening_pence + 1) * families.places


@dataclass(frozen=True, eq=False)
class _Block:
    """Some needs of one code against every intake that helps with it."""

    families: Families
    needs: Needs
    intakes: Intakes
    policy: Policy
    need: Ints
    intake: Ints

    def metres(self) -> Floats:
        home = self.needs.family[self.need]
        east = self.families.easting[home][:, None] - self.intakes.easting[self.intake]
        north = self.families.northing[home][:, None] - self.intakes.northing[self.intake]
        return np.sqrt(east * east + north * north)

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


def _blocks(families: Families, needs: Needs, intakes: Intakes, policy: Policy) -> Iterator[_Block]:
    for code in np.unique(needs.code):
        helps = np.flatnonzero(intakes.effect[:, code] > 0)
        wanted = np.flatnonzero(needs.code == code)
        step = max(1, _PIECE // max(1, len(helps)))
        for begin in range(0, len(wanted), step):
            some = wanted[begin : begin + step]
            yield _Block(families, needs, intakes, policy, some, helps)


_Rows = TypeVar("_Rows", Families, Intakes)


def _take(table: _Rows, rows: Ints) -> _Rows:
    return type(table)(*(getattr(table, field.name)[rows] for field in fields(table)))


def _meets(left: Ints, right: Ints, *, silent_left: bool = True) -> Bools:
    """Say which sets of bits have one in common, or a side that said nothing."""
    silent = right == 0
    return (left & right != 0) | silent | ((left == 0) & silent_left)


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
) -> _Block:
    helps = np.flatnonzero(intakes.effect[:, needs.code[need]] > 0)
    return _Block(families, needs, intakes, policy, np.array([need]), helps)


def _count_one(block: _Block, refusals: Refusals) -> tuple[int, list[tuple[str, Bools]]]:
    shape = (len(block.need), len(block.intake))
    rules = [(name, np.broadcast_to(holds, shape)) for name, holds in block.rules(refusals)]
    return len(block.intake), rules
