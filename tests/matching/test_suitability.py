"""Who could help whom: each rule lets one case through and stops another; the money is exact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suitability_worlds import World, pairs_rule_by_rule, price_by_hand, suitability_worlds

from matching.suitability import (
    Families,
    Intakes,
    Needs,
    Pairs,
    Policy,
    Refusals,
    Setting,
    Transport,
    age_bits,
    count_rules,
    find_pairs,
    half_up,
    none_met_costs,
    stakes,
)

POLICY = Policy(
    value_pence=np.array([100_000, 400_000, 1_500_000]),
    ceiling_pence=np.array([5_000, 20_000, 90_000]),
    travel_limit_metres=np.array([2_000.0, 8_000.0, 20_000.0]),
    travel_pence_per_km=20,
    sensitive=np.array([False, True]),
)


def table(kind: Any, rows: int, **columns: Any) -> Any:
    return kind(
        **{name: np.array([value] * max(rows, 1))[:rows] for name, value in columns.items()}
    )


def families(rows: int = 1, **changed: Any) -> Families:
    plain = {
        "easting": 400_000.0,
        "northing": 300_000.0,
        "has_home": True,
        "transport": Transport.BUS.value,
        "child_ages": age_bits(7, 7),
        "languages": 0b01,
        "days": 0b0110,
        "access": 0,
        "places": 1,
    }
    return table(Families, rows, **{**plain, **changed})


def needs(rows: int = 1, **changed: Any) -> Needs:
    plain = {
        "family": 0,
        "code": 0,
        "level": 2,
        "likelihood": 2_500,
        "asked": False,
        "waited_days": 0,
    }
    return table(Needs, rows, **{**plain, **changed})


def intakes(rows: int = 1, **changed: Any) -> Intakes:
    plain = {
        "effect": [3_000, 3_000],
        "provider": 5,
        "setting": Setting.VENUE.value,
        "easting": 403_000.0,
        "northing": 304_000.0,
        "reach_metres": 6_000.0,
        "takes_level": 2,
        "price_pence": 12_000,
        "ages": 0,
        "languages": 0,
        "days": 0,
        "access": 0b1,
        "check_valid": True,
        "is_volunteer": False,
        "is_open": True,
        "counts_people": False,
    }
    return table(Intakes, rows, **{**plain, **changed})


def pairs(
    family: Families, need: Needs, intake: Intakes, refusals: Refusals | None = None
) -> Pairs:
    return find_pairs(family, need, intake, POLICY, refusals or Refusals.none())


def test_a_pair_costs_price_travel_and_what_risk_remains() -> None:
    found = pairs(families(), needs(), intakes())
    assert stakes(needs(), POLICY).tolist() == [100_000]
    assert found.metres.tolist() == [5_000.0]
    assert found.price_pence.tolist() == [12_000]
    assert found.travel_pence.tolist() == [100]
    assert found.remaining_pence.tolist() == [70_000]
    assert found.cost_pence.tolist() == [82_100]


DAYS = [(0b0110, 0b1001, "days"), (0b0110, 0b1100, None), (0, 0b1001, None), (0b0110, 0, None)]
SAID = [
    ({}, {}, {}, None),
    ({}, {"level": 3}, {}, "level"),
    ({}, {"level": 1}, {"price_pence": 5_001}, "price"),
    ({}, {"level": 1}, {"price_pence": 5_000}, None),
    ({}, {}, {"is_open": False}, "not_open"),
    ({}, {}, {"check_valid": False}, "check_expired"),
    ({}, {"code": 1}, {"is_volunteer": True}, "volunteer"),
    ({}, {"code": 0}, {"is_volunteer": True}, None),
    ({}, {"code": 1}, {"is_volunteer": False}, None),
    ({}, {}, {"setting": Setting.DIGITAL.value}, "digital"),
    ({}, {"level": 1}, {"setting": Setting.DIGITAL.value, "price_pence": 0}, None),
    ({}, {}, {"ages": age_bits(0, 6)}, "ages"),
    ({}, {}, {"ages": age_bits(7, 11)}, None),
    ({"child_ages": 0}, {}, {"ages": age_bits(0, 18)}, "ages"),
    ({"child_ages": 0}, {}, {}, None),
    ({"languages": 0b10}, {}, {"languages": 0b01}, "languages"),
    ({"languages": 0b11}, {}, {"languages": 0b01}, None),
    *[({"days": a}, {}, {"days": b}, rule) for a, b, rule in DAYS],
    ({"access": 0b11}, {}, {}, "access"),
    ({"access": 0b01}, {}, {}, None),
    ({}, {}, {"reach_metres": 4_999.0}, "reach"),
    ({}, {}, {"reach_metres": 5_000.0}, None),
    ({}, {}, {"reach_metres": np.nan}, None),
    ({"transport": Transport.WALK.value}, {}, {}, "transport"),
    ({"transport": Transport.WALK.value}, {}, {"setting": Setting.HOME.value}, None),
    ({"has_home": False}, {}, {"setting": Setting.HOME.value}, "no_home"),
    ({"has_home": False}, {}, {}, None),
    ({"easting": np.nan}, {}, {"setting": Setting.TELEPHONE.value}, None),
    ({"easting": np.nan}, {}, {"reach_metres": np.nan}, "transport"),
    ({"easting": np.nan}, {}, {"setting": Setting.HOME.value}, "reach"),
]


@pytest.mark.parametrize(("family", "need", "intake", "rule"), SAID)
def test_a_rule_lets_through_and_stops(family: Any, need: Any, intake: Any, rule: Any) -> None:
    tables = families(**family), needs(**need), intakes(**intake)
    found = pairs(*tables)
    assert len(found.need) == (rule is None)
    counts = count_rules(*tables, POLICY, Refusals.none(), asked=np.array([0]))
    alone = {name: int(n) for name, n in zip(counts.rules, counts.alone[0], strict=True) if n}
    assert alone == ({} if rule is None else {rule: 1})
    assert (counts.helping.tolist(), counts.suitable.tolist()) == ([1], [int(rule is None)])


def test_what_has_no_effect_is_no_pair() -> None:
    assert len(pairs(families(), needs(), intakes(effect=[0, 3_000])).need) == 0


def test_a_refused_intake_or_provider_never_comes_again() -> None:
    tables = families(), needs(3), intakes(2)
    none = np.array([], dtype=int)
    refused = Refusals(np.array([1]), np.array([0]), none, none)
    found = pairs(*tables, refused)
    assert list(zip(found.need, found.intake, strict=True)) == [
        (0, 0), (0, 1), (1, 1), (2, 0), (2, 1)
    ]  # fmt: skip
    refused = Refusals(none, none, np.array([2]), np.array([5]))
    assert set(pairs(*tables, refused).need.tolist()) == {0, 1}


def test_two_rules_in_the_way_are_both_counted_and_neither_alone() -> None:
    tables = families(), needs(), intakes(is_open=False, takes_level=1)
    counts = count_rules(*tables, POLICY, Refusals.none(), asked=np.array([0]))
    removed = {name for name, n in zip(counts.rules, counts.removed[0], strict=True) if n}
    assert removed == {"not_open", "level"}
    assert counts.alone.sum() == 0


def test_those_who_asked_come_first_then_those_who_waited() -> None:
    need = replace(needs(4), asked=np.array([False, False, True, True]))
    need = replace(need, waited_days=np.array([0, 6 * 365, 0, 15]))
    cost = pairs(families(), need, intakes()).cost_pence
    assert (cost[0] - cost).tolist() == [0, 52, 60, 62]


def test_a_family_counts_its_people_where_places_do() -> None:
    found = pairs(families(places=6), needs(), intakes(counts_people=True))
    assert (found.places.tolist(), found.price_pence.tolist()) == ([6], [72_000])
    dearest = int(found.cost_pence[0])
    assert none_met_costs(families(places=6), found, 500).tolist() == [6 * (dearest + 501)]


def test_pence_are_rounded_half_up_once() -> None:
    assert half_up(np.array([5, 4, -5, 15]), 10).tolist() == [1, 0, 0, 2]
    # 0.0305 * £1,000 = £30.50 exactly; (1 - 0.333) * 3050 = 2034.35
    found = pairs(
        families(), needs(level=1, likelihood=305), intakes(effect=[3_330, 0], price_pence=0)
    )
    assert found.remaining_pence.tolist() == [2034]


@given(world=suitability_worlds(), run=st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_the_compiled_pass_is_the_rules(world: World, run: int) -> None:
    """Runs, boxes and lists that grow change nothing against asking rule by rule."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matching.runs.RUN", run)
        patch.setattr("matching.sift._USUAL", 0)
        found = find_pairs(*world)
    pairs = list(zip(found.need.tolist(), found.intake.tolist(), strict=True))
    assert pairs == pairs_rule_by_rule(world)
    for row, pair in enumerate(pairs):
        priced = price_by_hand(world, *pair)
        assert {name: getattr(found, name)[row] for name in priced} == priced


@given(world=suitability_worlds(), piece=st.integers(1, 30), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_counts_of_many_are_those_of_each(world: World, piece: int, seed: int) -> None:
    *tables, refusals = world
    found = find_pairs(*tables, refusals)
    asked = np.random.default_rng(seed).permutation(len(tables[1].family))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matching.rule_counts.PIECE", piece)
        counts = count_rules(*tables, refusals, asked=asked)
    assert counts.suitable.tolist() == np.bincount(found.need, minlength=len(asked))[asked].tolist()
    for row, need in enumerate(asked):
        one = count_rules(*tables, refusals, asked=np.array([need]))
        for name in ("helping", "suitable", "removed", "alone"):
            assert getattr(one, name)[0].tolist() == getattr(counts, name)[row].tolist()


def test_nobody_and_nothing_give_no_pairs() -> None:
    found = pairs(families(), needs(0), intakes(0))
    assert found.cost_pence.tolist() == []
