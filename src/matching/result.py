"""A plan: what was chosen, what it costs, the proof, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.tables import Bools, Ints

Texts = npt.NDArray[np.object_]

#: Stands in `Prices.high` where one less would leave no plan at all; null in a file.
NO_PRICE = -1


class Status(StrEnum):
    """How a plan ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class BoundBy(StrEnum):
    """What proves the bound."""

    PRICES = "prices"
    SEARCH = "search"


def _no_text() -> Texts:
    return np.array([], dtype=object)


def _no_numbers() -> Ints:
    return np.array([], dtype=np.int64)


def _no_flags() -> Bools:
    return np.array([], dtype=bool)


@dataclass(frozen=True, eq=False)
class Matches:
    """The chosen pairs, sorted by need.

    Parameters
    ----------
    need, support : ndarray of str
    cost : ndarray
        Pence of the pair, as in the problem.
    reason : ndarray of str
        A `matching.explain.MatchReason`.
    cheaper : ndarray
        How many of the need's candidates cost less.
    instead : ndarray of str or None
        The cheapest of those, and
    worth_elsewhere : ndarray
        how many pence more its place is worth to others than this need would save there.
    """

    need: Texts = field(default_factory=_no_text)
    support: Texts = field(default_factory=_no_text)
    cost: Ints = field(default_factory=_no_numbers)
    reason: Texts = field(default_factory=_no_text)
    cheaper: Ints = field(default_factory=_no_numbers)
    instead: Texts = field(default_factory=_no_text)
    worth_elsewhere: Ints = field(default_factory=_no_numbers)


@dataclass(frozen=True, eq=False)
class Unmet:
    """The needs left unmet, sorted.

    Parameters
    ----------
    need, reason : ndarray of str
        A `matching.explain.UnmetReason`.
    """

    need: Texts = field(default_factory=_no_text)
    reason: Texts = field(default_factory=_no_text)


@dataclass(frozen=True, eq=False)
class NeedValues:
    """Each need's utility in the proof, sorted by need.

    Parameters
    ----------
    need : ndarray of str
    pence : ndarray
    bid : ndarray
        What `matching.bids` counts with, in its unit; empty where there are no bids.
    """

    need: Texts = field(default_factory=_no_text)
    pence: Ints = field(default_factory=_no_numbers)
    bid: Ints = field(default_factory=_no_numbers)


@dataclass(frozen=True, eq=False)
class Prices:
    """What a place, or one more allowed, is worth.

    Parameters
    ----------
    kind, id : ndarray of str
        support, provider, family, fund or floor, and its id.
    low, high : ndarray
        Pence that one more would gain and one less would cost (a floor: one need less, one
        more); `NO_PRICE` in `high` where one less leaves no plan, or there is none to lose.
    exact : ndarray of bool
        Whether both are the true change of the optimum.
    price : ndarray
        The price in the proof, which `check` counts with.
    fine : ndarray
        The price beside bids, in their unit; empty where there are none.
    """

    kind: Texts = field(default_factory=_no_text)
    id: Texts = field(default_factory=_no_text)
    low: Ints = field(default_factory=_no_numbers)
    high: Ints = field(default_factory=_no_numbers)
    exact: Bools = field(default_factory=_no_flags)
    price: Ints = field(default_factory=_no_numbers)
    fine: Ints = field(default_factory=_no_numbers)


@dataclass(frozen=True, eq=False)
class Plan:
    """What `solve` gives back, and what a plan file holds.

    Parameters
    ----------
    status : Status
    objective, bound : int or None
        Pence; the bound is a proved lower bound. None without a plan.
    bound_by : BoundBy or None
        What proves it.
    seed : int
        Which of the plans of equal objective was drawn.
    engine : str
        Version and method.
    matches, unmet, need_values, prices
        Tables.
    conflict : tuple of (str, str)
        When infeasible: facts (table, id) that cannot stand together. Empty: not looked for.
    seconds : mapping of str to float
        By stage.
    problem_sha256 : str or None
        Of the file the problem came from.
    """

    status: Status
    objective: int | None
    bound: int | None
    bound_by: BoundBy | None
    seed: int
    engine: str
    matches: Matches = field(default_factory=Matches)
    unmet: Unmet = field(default_factory=Unmet)
    need_values: NeedValues = field(default_factory=NeedValues)
    prices: Prices = field(default_factory=Prices)
    conflict: tuple[tuple[str, str], ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    problem_sha256: str | None = None

    @property
    def gap(self) -> float | None:
        """(objective - bound) / max(1, |objective|), or None without a plan."""
        if self.objective is None or self.bound is None:
            return None
        return (self.objective - self.bound) / max(1, abs(self.objective))


def columns_of(table: Any) -> dict[str, Any]:
    """Give a plan's table as a dict of its columns, in their order, without empty extras."""
    columns = dict(vars(table))
    size = len(next(iter(columns.values())))
    return {name: values for name, values in columns.items() if len(values) == size}
