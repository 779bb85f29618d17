"""What a plan must keep to, as numbers for the engine."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from directory.models import Intake
from marketplace.services.plans.funds import FundLine
from marketplace.worker.limit_rows import Pair
from marketplace.worker.rows import PlanningRows

Places = list[tuple[int, int]]


@dataclass(frozen=True)
class Purse:
    """Money that may pay for some needs at some intakes. `id` "": a limit on cash, and no fund."""

    id: str
    left_pence: int
    needs: Any
    intakes: Any


@dataclass(frozen=True)
class Limits:
    """By position in the tables of needs and intakes.

    `at_least` and `opening_pence`: what is still missing, since a group that runs is open.
    `purses` None: no limit on money; else the most particular first.
    `pins` in the order they were made; `trial_pins` only count while a what-if asks for a price.
    """

    places: list[int]
    at_least: list[int]
    opening_pence: list[int]
    purses: tuple[Purse, ...] | None
    pins: Places
    trial_pins: Places
    trial_refusals: Places
    is_worth_it: bool
    most_families: int | None
    search_seconds: float

    @property
    def is_a_trial(self) -> bool:
        return bool(self.trial_pins or self.trial_refusals)

    def without_trial(self) -> "Limits":
        return replace(self, trial_pins=[], trial_refusals=[])


def translate_limits(rows: PlanningRows) -> Limits:
    need_at = {need.id: place for place, need in enumerate(rows.needs)}
    intake_at = {intake.id: place for place, intake in enumerate(rows.intakes)}

    def positions(pairs: Iterable[Pair]) -> Places:
        return [
            (need_at[need], intake_at[intake])
            for need, intake in pairs
            if need in need_at and intake in intake_at
        ]

    limits, options = rows.limits, rows.options
    taken = [_taken(one, limits.promised.get(one.id, 0)) for one in rows.intakes]
    opened = _changed(options, "opening", "intake_id")
    return Limits(
        places=_free_places(rows),
        at_least=[
            max(0, (one.at_least or 0) - gone)
            for one, gone in zip(rows.intakes, taken, strict=True)
        ],
        opening_pence=[
            0 if gone or one.id in opened else one.opening_cost_pence
            for one, gone in zip(rows.intakes, taken, strict=True)
        ],
        purses=_purses(rows),
        pins=positions(limits.pins),
        trial_pins=positions(limits.trial["pin"]),
        trial_refusals=positions(limits.trial["forbid"]),
        is_worth_it=options.get("mode") == "worth_it",
        most_families=options.get("most_families"),
        search_seconds=float(rows.policy["planning"]["search_seconds"]),
    )


def _taken(intake: Intake, promised: int) -> int:
    return intake.held + intake.used + promised


def _free_places(rows: PlanningRows) -> list[int]:
    """What is left when every open draft has had its own, so that no place is promised twice."""
    more = _changed(rows.options, "places", "intake_id", "more")
    most = sum(need.places for need in rows.needs)
    promised = rows.limits.promised
    return [
        most
        if one.places_left is None
        else max(0, one.places_left - promised.get(one.id, 0) + more.get(one.id, 0))
        for one in rows.intakes
    ]


def _changed(
    options: dict[str, Any], kind: str, subject: str, amount: str = ""
) -> dict[uuid.UUID, int]:
    changes: dict[uuid.UUID, int] = {}
    for one in options.get("changes", ()):
        if one["kind"] == kind:
            key = uuid.UUID(one[subject])
            changes[key] = changes.get(key, 0) + one.get(amount, 0)
    return changes


def _purses(rows: PlanningRows) -> tuple[Purse, ...] | None:
    lines, most_cash = rows.limits.funds, rows.options.get("most_cash_pence")
    if lines is None:
        return None if most_cash is None else (_purse(rows, None, most_cash),)
    more = _changed(rows.options, "budget", "fund_id", "more_pence")
    left = [max(0, one.left_pence + more.get(one.fund.id, 0)) for one in lines]
    if most_cash is not None and sum(left) > most_cash:
        # Shared by what is left in each: no fund may use up what was allowed for all.
        left = [pence * most_cash // sum(left) for pence in left]
    named = zip(lines, left, strict=True)
    return tuple(_purse(rows, line, pence) for line, pence in sorted(named, key=_how_particular))


def _how_particular(named: tuple[FundLine, int]) -> tuple[int, int, str]:
    """Money that may pay for little goes first, so that what may pay for all is left over."""
    fund = named[0].fund
    return (not fund.needs) + (not fund.kinds), len(fund.needs) + len(fund.kinds), fund.name


def _purse(rows: PlanningRows, line: FundLine | None, left: int) -> Purse:
    needs: Sequence[str] = line.fund.needs if line else ()
    kinds: Sequence[str] = line.fund.kinds if line else ()
    return Purse(
        id=str(line.fund.id) if line else "",
        left_pence=left,
        needs=np.array([not needs or one.code in needs for one in rows.needs], bool),
        intakes=np.array(
            [not kinds or one.service.provider.kind in kinds for one in rows.intakes], bool
        ),
    )
