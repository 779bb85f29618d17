"""Families, their needs, and the intakes that could help: what suitability is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from matching.tables import Bools, Ints

Floats = npt.NDArray[np.float64]

#: Shares (likelihood, effect) are counted in ten-thousandths, so that money rounds exactly.
WHOLE = 10_000


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


def age_bits(youngest: int, oldest: int) -> int:
    """Give the set of whole ages from youngest to oldest, both within, as bits.

    Examples
    --------
    >>> bin(age_bits(1, 3))
    '0b1110'
    """
    return (1 << (oldest + 1)) - (1 << youngest)
