"""Random families and intakes with something to say to every filter, and its edges."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from matching.rules import RULES, Block
from matching.suitability import Families, Intakes, Needs, Policy, Refusals, Setting, Transport

World = tuple[Families, Needs, Intakes, Policy, Refusals]
CODES = 2


@st.composite
def suitability_worlds(draw: Any, most: int = 9) -> World:
    """Draw a world; on a lattice of 3 and 4 km, where distances meet limits exactly."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    homes, needs, intakes = (draw(st.integers(low, most)) for low in (1, 0, 0))
    strict = draw(st.floats(0, 1))
    families = Families(
        *_places(rng, homes),
        has_home=rng.random(homes) < 0.8,
        transport=rng.choice(list(Transport), homes).astype(np.int64),
        **{name: _bits(rng, homes, strict) for name in ("child_ages", "languages", "days")},
        access=np.where(rng.random(homes) < 0.7, 0, _bits(rng, homes, strict)),
        places=rng.integers(1, 6, homes),
    )
    asking = Needs(
        family=rng.integers(0, homes, needs),
        code=rng.integers(0, CODES, needs),
        level=rng.integers(1, 4, needs),
        likelihood=rng.integers(1, 10_001, needs),
        asked=rng.random(needs) < 0.5,
        waited_days=rng.integers(0, 500, needs),
    )
    refusals = _refusals(rng, needs, intakes) if needs and intakes else Refusals.none()
    return families, asking, _intakes(rng, intakes, strict), _policy(rng), refusals


def _intakes(rng: np.random.Generator, count: int, strict: float) -> Intakes:
    reach = rng.choice([0.0, 3_000.0, 5_000.0, 4_999.0, 10_000.0, np.inf, np.nan], count)
    bits = {name: _bits(rng, count, strict) for name in ("ages", "languages", "days", "access")}
    bits["ages"][rng.random(count) < 0.2] = -1
    return Intakes(
        effect=rng.choice([0, 3_333, 10_000], (count, CODES)),
        provider=rng.integers(0, 4, count),
        setting=rng.choice(list(Setting), count, p=[0.5, 0.3, 0.1, 0.1]).astype(np.int64),
        **dict(zip(("easting", "northing"), _places(rng, count), strict=True)),
        reach_metres=reach,
        takes_level=rng.integers(1, 4, count),
        price_pence=rng.integers(0, 60, count),
        **bits,
        check_valid=rng.random(count) < 0.9,
        is_volunteer=rng.random(count) < 0.3,
        is_open=rng.random(count) < 0.9,
        counts_people=rng.random(count) < 0.4,
    )


def _policy(rng: np.random.Generator) -> Policy:
    return Policy(
        value_pence=rng.integers(0, 2_000, 3),
        ceiling_pence=np.array([20, 40, 60]),
        travel_limit_metres=rng.choice([0.0, 4_000.0, 5_000.0, np.inf, np.nan], 3),
        travel_pence_per_km=int(rng.integers(0, 30)),
        sensitive=np.arange(CODES) == 1,
    )


def _refusals(rng: np.random.Generator, needs: int, intakes: int) -> Refusals:
    """Some for providers that are not there."""
    pairs, providers = rng.integers(0, 4, 2)
    return Refusals(
        need=rng.integers(0, needs, pairs),
        intake=rng.integers(0, intakes, pairs),
        provider_need=rng.integers(0, needs, providers),
        provider=rng.integers(0, 6, providers),
    )


def _places(rng: np.random.Generator, count: int) -> list[Any]:
    """A lattice; now and then a place, or half of one, is not known."""
    return [
        np.where(rng.random(count) < 0.9, step * rng.integers(0, 3, count), np.nan)
        for step in (3_000.0, 4_000.0)
    ]


def _bits(rng: np.random.Generator, count: int, strict: float) -> Any:
    """Sets of up to three, a part of which say nothing."""
    return np.where(rng.random(count) < strict / 2, 0, rng.integers(0, 8, count))


def pairs_rule_by_rule(world: World) -> list[tuple[int, int]]:
    """Ask every rule about every pair, without a shortcut."""
    families, needs, intakes, policy, refusals = world
    found = []
    for need, intake in product(range(len(needs.family)), range(len(intakes.provider))):
        if intakes.effect[intake, needs.code[need]] > 0:
            one = (np.array([need]), np.array([intake]))
            block = Block(families, needs, intakes, policy, refusals, *one)
            if all(block.holds(rule).all() for rule in RULES):
                found.append((need, intake))
    return found


def price_by_hand(world: World, need: int, intake: int) -> dict[str, int]:
    """Price a pair in Python's own numbers, as docs/matching.md says it."""
    families, needs, intakes, policy, _ = world
    home = needs.family[need]
    value = int(policy.value_pence[needs.level[need] - 1])
    stake = _half_up(int(needs.likelihood[need]) * value, 10_000)
    places = int(families.places[home]) if intakes.counts_people[intake] else 1
    east = families.easting[home] - intakes.easting[intake]
    north = families.northing[home] - intakes.northing[intake]
    travelled = (east * east + north * north) ** 0.5
    goes = intakes.setting[intake] == Setting.VENUE
    weeks = min(int(needs.waited_days[need]) // 7, policy.weeks_most)
    effect = int(intakes.effect[intake, needs.code[need]])
    return {
        "places": places,
        "price_pence": places * int(intakes.price_pence[intake]),
        "travel_pence": int(travelled * policy.travel_pence_per_km / 1000 + 0.5) if goes else 0,
        "remaining_pence": _half_up((10_000 - effect) * stake, 10_000),
        "tie_pence": policy.asked_pence * int(needs.asked[need]) + policy.week_pence * weeks,
    }


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
