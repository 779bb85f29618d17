"""Families, needs and intakes with something to say to every filter of suitability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from worlds.towns import CODES, Floats, Ints, Towns

from matching.suitability import (
    Families,
    Intakes,
    Needs,
    Policy,
    Refusals,
    Setting,
    Transport,
    age_bits,
)

POLICY = Policy(
    value_pence=np.array([60_000, 250_000, 900_000]),
    ceiling_pence=np.array([10_000, 50_000, 200_000]),
    travel_limit_metres=np.array([2_000.0, 10_000.0, 25_000.0]),
    travel_pence_per_km=20,
    sensitive=np.arange(CODES) >= CODES - 2,
)

USUAL_REACH_METRES = 6_000.0


@dataclass(frozen=True, eq=False)
class World:
    """All that `find_pairs` is given."""

    families: Families
    needs: Needs
    intakes: Intakes
    refusals: Refusals
    places: Ints


def make_world(
    needs: int, intakes: int, *, seed: int = 1, reach_metres: float = USUAL_REACH_METRES
) -> World:
    """One need a family, in the towns of the other benchmarks.

    `reach_metres` is the median of how far intakes reach.
    """
    towns = Towns(needs, intakes, seed=seed)
    return World(
        _families(towns),
        _needs(towns),
        _intakes(towns, reach_metres),
        _refusals(towns),
        towns.places.astype(np.int64),
    )


def _families(towns: Towns) -> Families:
    rng, count = towns.rng, towns.needs
    youngest = rng.integers(0, 17, count)
    return Families(
        easting=towns.home[:, 0],
        northing=towns.home[:, 1],
        has_home=rng.random(count) < 0.97,
        transport=rng.choice(list(Transport), count, p=[0.3, 0.4, 0.3]).astype(np.int64),
        child_ages=np.int64(1) << youngest,
        languages=_one_bit(rng, count, [0.9, 0.05, 0.03, 0.02]),
        days=rng.integers(1, 128, count),
        access=_rare_bits(rng, count, share=0.03),
        places=rng.integers(1, 7, count),
    )


def _needs(towns: Towns) -> Needs:
    rng, count = towns.rng, towns.needs
    return Needs(
        family=np.arange(count),
        code=towns.code,
        level=rng.choice(3, count, p=[0.5, 0.35, 0.15]).astype(np.int64) + 1,
        likelihood=rng.integers(500, 6_000, count),
        asked=rng.random(count) < 0.1,
        waited_days=rng.integers(0, 200, count),
    )


def _intakes(towns: Towns, reach_metres: float) -> Intakes:
    rng, count = towns.rng, towns.supports
    effect = np.zeros((count, CODES), dtype=np.int64)
    effect[np.arange(count), towns.support_code] = rng.integers(2_000, 7_000, count)
    setting = rng.choice(list(Setting), count, p=[0.6, 0.385, 0.01, 0.005]).astype(np.int64)
    ranges = [(0, 4), (0, 18), (5, 11), (11, 18)]
    ages = np.array([0, *(age_bits(young, old) for young, old in ranges)])
    return Intakes(
        effect=effect,
        provider=rng.integers(0, max(1, count // 4), count),
        setting=setting,
        easting=towns.venue[:, 0],
        northing=towns.venue[:, 1],
        reach_metres=_reach(rng, count, reach_metres),
        takes_level=rng.choice(3, count, p=[0.3, 0.4, 0.3]).astype(np.int64) + 1,
        price_pence=towns.price,
        ages=ages[rng.integers(0, len(ages), count)],
        languages=_one_bit(rng, count, [0.9, 0.05, 0.03, 0.02]) | 1,
        days=rng.integers(1, 128, count),
        access=np.where(rng.random(count) < 0.6, 0b111, rng.integers(0, 8, count)),
        check_valid=rng.random(count) < 0.97,
        is_volunteer=rng.random(count) < 0.3,
        is_open=rng.random(count) < 0.9,
        counts_people=rng.random(count) < 0.2,
    )


def _refusals(towns: Towns) -> Refusals:
    rng, count = towns.rng, towns.needs // 50
    return Refusals(
        need=rng.integers(0, towns.needs, count),
        intake=rng.integers(0, towns.supports, count),
        provider_need=rng.integers(0, towns.needs, count // 10),
        provider=rng.integers(0, max(1, towns.supports // 4), count // 10),
    )


def _reach(rng: np.random.Generator, count: int, metres: float) -> Floats:
    reach: Floats = np.where(
        rng.random(count) < 0.01, np.nan, rng.lognormal(np.log(metres), 0.6, count)
    )
    return reach


def _one_bit(rng: np.random.Generator, count: int, shares: list[float]) -> Ints:
    bits: Ints = np.int64(1) << rng.choice(len(shares), count, p=shares).astype(np.int64)
    return bits


def _rare_bits(rng: np.random.Generator, count: int, *, share: float) -> Ints:
    bits: Ints = sum((rng.random(count) < share).astype(np.int64) << bit for bit in range(3))
    return bits
