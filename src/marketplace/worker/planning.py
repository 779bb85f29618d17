"""Translates rows to a problem and back; the only place where the exchange meets the optimiser."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from directory.models import Intake
from directory.taxonomy import load_taxonomy
from marketplace.db.families import Family, Need
from marketplace.worker.limits import Limits, translate_limits
from marketplace.worker.rows import PlanningRows
from matching import suitability as s

LEVELS = 3
# Shares go to the engine in ten-thousandths, so that money rounds exactly.
WHOLE = 10_000
OLDEST_AGE = 26
WEEK = [
    f"{day}-{part}"
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    for part in ("am", "pm", "eve")
]
ACCESS = ["step-free", "hearing-loop", "bsl", "quiet", "online-only", "at-home"]
TRANSPORT = {"walk": s.Transport.WALK, "bus": s.Transport.BUS, "car": s.Transport.CAR}


@dataclass(frozen=True)
class Tables:
    """The engine's tables: numbers only, so that they can be sent to another process.

    `families` has a row a need; `family_ids` says whose each is.
    """

    families: s.Families
    needs: s.Needs
    intakes: s.Intakes
    policy: s.Policy
    refusals: s.Refusals
    need_ids: list[str]
    family_ids: list[str]
    intake_ids: list[str]
    limits: Limits
    seed: int


def translate(rows: PlanningRows) -> Tables:
    languages = _Words()
    return Tables(
        families=_families(rows.needs, languages, rows.today),
        needs=_needs(rows.needs, rows.today),
        intakes=_intakes(rows, languages),
        policy=_policy(rows.policy),
        refusals=_refusals(rows),
        need_ids=[str(need.id) for need in rows.needs],
        family_ids=[str(need.family_id) for need in rows.needs],
        intake_ids=[str(intake.id) for intake in rows.intakes],
        limits=translate_limits(rows),
        seed=rows.seed,
    )


class _Words:
    """Gives each word a bit, as it comes."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        self.place = {word: place for place, word in enumerate(words)}

    def bits(self, words: Iterable[str]) -> int:
        return sum(1 << self.place.setdefault(word, len(self.place)) for word in set(words))


_DAYS, _ACCESS = _Words(WEEK), _Words(ACCESS)


def _families(needs: Sequence[Need], languages: _Words, today: dt.date) -> s.Families:
    """One row a need, since what access must be offered differs from need to need."""
    homes = [need.family for need in needs]
    return s.Families(
        easting=_metres(home.easting for home in homes),
        northing=_metres(home.northing for home in homes),
        has_home=np.array([home.easting is not None for home in homes], bool),
        transport=_ints(max(TRANSPORT[word] for word in home.transport) for home in homes),
        child_ages=_ints(_child_ages(home, today) for home in homes),
        languages=_ints(languages.bits(home.languages) for home in homes),
        days=_ints(_DAYS.bits(home.availability) for home in homes),
        access=_ints(_ACCESS.bits(need.access) for need in needs),
        places=_ints(need.places for need in needs),
    )


def _child_ages(home: Family, today: dt.date) -> int:
    ages = 0
    for born in home.children_born:
        year, month = map(int, born.split("-"))
        age = (today.year - year) - (today.month < month)
        # A child who is on the way is planned for as a newborn: the help is for that time.
        ages |= 1 << min(max(age, 0), OLDEST_AGE)
    return ages


def _needs(needs: Sequence[Need], today: dt.date) -> s.Needs:
    return s.Needs(
        family=_ints(range(len(needs))),
        code=_ints(_code(need.code, need.level) for need in needs),
        level=_ints(need.level for need in needs),
        likelihood=_ints(_share(need.likelihood) for need in needs),
        asked=np.array([need.asked_on is not None for need in needs], bool),
        waited_days=_ints(
            max(0, (today - (need.asked_on or need.published_at.date())).days) for need in needs
        ),
    )


def _code(code: str, level: int) -> int:
    """What works differs by level, so the engine's codes are a need at a level."""
    return list(load_taxonomy()).index(code) * LEVELS + level - 1


def _intakes(rows: PlanningRows, languages: _Words) -> s.Intakes:
    intakes, today = rows.intakes, rows.today
    kind = [intake.service.provider.kind for intake in intakes]
    return s.Intakes(
        effect=np.array([_effects(intake, rows) for intake in intakes], np.int64).reshape(
            len(intakes), len(load_taxonomy()) * LEVELS
        ),
        provider=_ints(range(len(intakes))),
        setting=_ints(_setting(intake) for intake in intakes),
        easting=_metres(intake.service.easting for intake in intakes),
        northing=_metres(intake.service.northing for intake in intakes),
        reach_metres=_metres(intake.service.reach_metres for intake in intakes),
        takes_level=_ints(intake.service.takes_level for intake in intakes),
        price_pence=_ints(intake.price_pence for intake in intakes),
        ages=_ints(_ages_taken(intake) for intake in intakes),
        languages=_ints(languages.bits(intake.service.languages) for intake in intakes),
        days=_ints(_DAYS.bits(intake.service.days) for intake in intakes),
        access=_ints(_ACCESS.bits(intake.service.access) for intake in intakes),
        check_valid=np.array([intake.id in rows.may_help for intake in intakes], bool),
        is_volunteer=np.array([one == "volunteer" for one in kind], bool),
        is_open=np.array([_is_open(intake, today) for intake in intakes], bool),
        counts_people=np.ones(len(intakes), bool),
    )


def _effects(intake: Intake, rows: PlanningRows) -> list[int]:
    """What the service says of itself, else the cautious figure of the evidence, else nothing."""
    service = intake.service
    effects = [0] * (len(load_taxonomy()) * LEVELS)
    for code in service.needs:
        for level in range(1, LEVELS + 1):
            known = rows.evidence.get((code, service.provider.kind, level))
            effect = service.effect if service.effect is not None else known
            effects[_code(code, level)] = _share(effect or 0)
    return effects


def _setting(intake: Intake) -> s.Setting:
    service = intake.service
    if service.provider.kind == "digital":
        return s.Setting.DIGITAL
    if service.easting is None:
        return s.Setting.TELEPHONE
    comes = service.provider.kind == "volunteer" or "at-home" in service.access
    return s.Setting.HOME if comes else s.Setting.VENUE


def _ages_taken(intake: Intake) -> int:
    service = intake.service
    if service.min_age is None and service.max_age is None:
        return 0
    oldest = OLDEST_AGE if service.max_age is None else min(service.max_age, OLDEST_AGE)
    return s.age_bits(service.min_age or 0, oldest)


def _is_open(intake: Intake, today: dt.date) -> bool:
    """A mail without being asked never leads to something that costs the family money."""
    started = intake.starts_on is not None and intake.starts_on < today
    paused = intake.paused_at is not None or (intake.paused_until or today) > today
    return not paused and not started and intake.family_pays_pence == 0


def _policy(policy: dict[str, Any]) -> s.Policy:
    terms = load_taxonomy().values()
    limits, ties = policy["transport_limit_metres"], policy["tie_break_pence"]
    return s.Policy(
        value_pence=_ints(policy["value_pence"][f"level_{n}"] for n in (1, 2, 3)),
        ceiling_pence=_ints(policy["price_ceiling_pence"][f"level_{n}"] for n in (1, 2, 3)),
        travel_limit_metres=_metres(limits[word] for word in TRANSPORT),
        travel_pence_per_km=policy["travel"]["pence_per_km"],
        sensitive=np.repeat(np.array([term.sensitive for term in terms], bool), LEVELS),
        asked_pence=ties["asked"],
        week_pence=ties["waited_per_week"],
        weeks_most=ties["waited_at_most"] // ties["waited_per_week"],
    )


def _refusals(rows: PlanningRows) -> s.Refusals:
    need_at = {need.id: place for place, need in enumerate(rows.needs)}
    intake_at = {intake.id: place for place, intake in enumerate(rows.intakes)}
    pairs = [
        (need_at[need], intake_at[intake])
        for need, intake in rows.limits.refused
        if need in need_at and intake in intake_at
    ]
    nothing = _ints(())
    return s.Refusals(
        need=_ints(need for need, _ in pairs),
        intake=_ints(intake for _, intake in pairs),
        provider_need=nothing,
        provider=nothing,
    )


def _share(share: Any) -> int:
    return math.floor(float(share) * WHOLE + 0.5)


def _ints(values: Iterable[int]) -> Any:
    return np.array(list(values), dtype=np.int64)


def _metres(values: Iterable[float | None]) -> Any:
    return np.array([math.nan if value is None else value for value in values], dtype=float)
