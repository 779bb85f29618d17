"""What a plan keeps to, on any small world: places, money, groups, and a person's word."""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings
from planning_worlds import make_family, make_fund, make_intake, make_need, make_rows

from marketplace.worker.planning import translate
from marketplace.worker.rows import PlanningRows
from marketplace.worker.solving import make_plan

CODES = ("meals", "essentials")


@st.composite
def worlds(draw: st.DrawFn) -> PlanningRows:
    families = [make_family() for _ in range(draw(st.integers(2, 5)))]
    needs = [
        make_need(
            draw(st.sampled_from(families)),
            code=draw(st.sampled_from(CODES)),
            level=draw(st.integers(1, 3)),
            places=draw(st.sampled_from((1, 1, 1, 2, 3))),
            likelihood=Decimal(draw(st.integers(1, 9))) / 10,
        )
        for _ in range(draw(st.integers(3, 9)))
    ]
    intakes = [
        make_intake(
            kind=draw(st.sampled_from(("charity", "group"))),
            needs=draw(st.sampled_from((CODES, CODES, CODES[:1]))),
            places=draw(st.sampled_from((2, 4, 6, None))),
            price_pence=draw(st.sampled_from((0, 1_000, 1_000, 2_500))),
            at_least=draw(st.sampled_from((None, None, 2, 3))),
            opening_cost_pence=draw(st.sampled_from((0, 0, 4_000))),
        )
        for _ in range(draw(st.integers(1, 4)))
    ]
    funds = draw(
        st.none()
        | st.lists(
            st.builds(
                make_fund,
                st.sampled_from((1_000, 2_500, 4_000, 100_000)),
                needs=st.sampled_from(((), (), ("meals",))),
                kinds=st.sampled_from(((), (), ("charity",), ("digital",))),
            ),
            min_size=1,
            max_size=3,
        )
    )
    pairs = st.lists(
        st.tuples(st.sampled_from(needs), st.sampled_from(intakes)).map(
            lambda pair: (pair[0].id, pair[1].id)
        ),
        max_size=2,
    )
    options: dict[str, Any] = draw(
        st.sampled_from(({}, {}, {"most_families": 2}, {"most_cash_pence": 3_000}))
    )
    promised = {one.id: 1 for one in intakes if draw(st.integers(0, 3)) == 0}
    return make_rows(
        needs,
        intakes,
        funds=funds,
        options=options,
        promised=promised,
        refused=draw(pairs),
        pins=draw(pairs),
    )


@settings(max_examples=80, deadline=None)
@given(worlds())
def test_no_plan_breaks_a_limit(rows: PlanningRows) -> None:
    answer = make_plan(translate(rows))
    needs = {str(need.id): need for need in rows.needs}
    met = {match["need_id"]: match for match in answer["matches"]}
    assert len(met) == len(answer["matches"])
    assert met.keys() | {one["need_id"] for one in answer["unmet"]} == needs.keys()
    check_places(rows, met)
    check_money(rows, met)
    check_pairs(rows, answer, met)
    assert answer["proof"]["objective"] == answer["proof"]["bound"]


def check_places(rows: PlanningRows, met: Mapping[str, dict[str, Any]]) -> None:
    needs = {str(need.id): need for need in rows.needs}
    for intake in rows.intakes:
        there = [one for one in met.values() if one["intake_id"] == str(intake.id)]
        assert all(one["places"] == needs[one["need_id"]].places for one in there)
        promised = rows.limits.promised.get(intake.id, 0)
        if intake.places is not None:
            assert sum(one["places"] for one in there) <= max(0, intake.places - promised)
        if there and intake.at_least:
            assert len(there) >= intake.at_least - promised


def check_money(rows: PlanningRows, met: Mapping[str, dict[str, Any]]) -> None:
    codes = {str(need.id): need.code for need in rows.needs}
    intakes = {str(intake.id): intake for intake in rows.intakes}
    for one in met.values():
        assert one["price_pence"] == intakes[one["intake_id"]].price_pence * one["places"]
    spent = sum(one["price_pence"] for one in met.values())
    assert spent <= rows.options.get("most_cash_pence", spent)
    if rows.limits.funds is None:
        assert not any(one["fund_id"] for one in met.values())
        return
    paid: dict[str, int] = {}
    lines = {str(line.fund.id): line for line in rows.limits.funds}
    for one in met.values():
        assert bool(one["fund_id"]) is (one["price_pence"] > 0)
        if one["fund_id"]:
            fund, kind = lines[one["fund_id"]].fund, intakes[one["intake_id"]].service.provider.kind
            assert not fund.needs or codes[one["need_id"]] in fund.needs
            assert not fund.kinds or kind in fund.kinds
            paid[one["fund_id"]] = paid.get(one["fund_id"], 0) + one["price_pence"]
    assert all(pence <= lines[fund].left_pence for fund, pence in paid.items())


def check_pairs(
    rows: PlanningRows, answer: Mapping[str, Any], met: Mapping[str, dict[str, Any]]
) -> None:
    given_pairs = {(uuid.UUID(n), uuid.UUID(one["intake_id"])) for n, one in met.items()}
    assert not given_pairs & set(rows.limits.refused)
    told = {
        (uuid.UUID(one["need_id"]), uuid.UUID(one["intake_id"]))
        for one in answer["proof"]["pins_not_kept"]
    }
    first_pins = dict(reversed(rows.limits.pins))
    if "most_families" not in rows.options:
        assert set(first_pins.items()) <= given_pairs | told
    families = {str(need.id): need.family_id for need in rows.needs}
    reached = {families[need] for need in met}
    assert len(reached) <= rows.options.get("most_families", len(reached))
    assert answer["proof"]["totals"]["families_reached"] == len(reached)


def solve(*given_rows: Any, **limits: Any) -> dict[str, Any]:
    return make_plan(translate(make_rows(*given_rows, **limits)))


def reasons(answer: Mapping[str, Any]) -> list[str]:
    return sorted(one["reason"] for one in answer["unmet"])


def test_a_group_waits_until_enough_would_come() -> None:
    group = make_intake(places=5, at_least=3)
    few = [make_need(make_family()) for _ in range(2)]
    answer = solve(few, [group])
    assert reasons(answer) == ["group_too_small"] * 2
    line = answer["proof"]["buying"][0]
    assert (line["lacks"], line["missing"], line["families"]) == ("members", 1, 2)
    enough = [*few, make_need(make_family())]
    assert len(solve(enough, [group])["matches"]) == 3
    assert len(solve(few, [group], promised={group.id: 1})["matches"]) == 2


def test_what_a_group_costs_to_open_is_told_and_paid_once() -> None:
    group = make_intake(places=5, at_least=2, opening_cost_pence=7_000, price_pence=1_000)
    needs = [make_need(make_family()) for _ in range(3)]
    proof = solve(needs, [group])["proof"]
    assert proof["opened"] == [{"intake_id": str(group.id), "families": 3, "opening_pence": 7_000}]
    assert proof["totals"]["cash_pence"] == 10_000
    running = solve(needs, [group], promised={group.id: 1})["proof"]
    assert running["totals"]["opening_pence"] == 0


def test_a_group_that_only_lacks_its_opening_cost_is_on_the_list() -> None:
    group = make_intake(places=4, at_least=2, opening_cost_pence=10**9)
    needs = [make_need(make_family()) for _ in range(3)]
    proof = solve(needs, [group], options={"mode": "worth_it"})["proof"]
    line = proof["buying"][0]
    assert (line["lacks"], line["opening_pence"], line["families"]) == ("opening", 10**9, 3)
    changes = {"changes": [{"kind": "opening", "intake_id": str(group.id)}]}
    assert len(solve(needs, [group], options={"mode": "worth_it", **changes})["matches"]) == 3


def test_one_more_place_reaches_one_more_family() -> None:
    intake = make_intake(places=1)
    needs = [make_need(make_family()) for _ in range(2)]
    line = solve(needs, [intake])["proof"]["buying"][0]
    assert (line["kind"], line["families"], line["exact"]) == ("place", 1, True)
    more = {"changes": [{"kind": "places", "intake_id": str(intake.id), "more": 1}]}
    before, after = solve(needs, [intake]), solve(needs, [intake], options=more)
    saved = before["proof"]["cost_pence"] - after["proof"]["cost_pence"]
    assert line["saving_pence"] == saved > 0


def test_nobody_may_pay_and_the_money_is_spent_are_two_reasons() -> None:
    needs = [make_need(make_family()) for _ in range(2)]
    intake = make_intake(places=5, price_pence=1_000)
    food = make_fund(1_500, needs=["meals"])
    assert reasons(solve(needs, [intake], funds=[food])) == ["budget_spent"]
    assert reasons(solve(needs, [intake], funds=[make_fund(10**6, needs=["sleep"])])) == [
        "no_fund",
        "no_fund",
    ]
    more = {"changes": [{"kind": "budget", "fund_id": str(food.id), "more_pence": 500}]}
    assert reasons(solve(needs, [intake], funds=[food], options=more)) == []


def test_money_for_particular_things_is_spent_first() -> None:
    needs = [make_need(make_family()) for _ in range(3)]
    intake = make_intake(places=5, price_pence=1_000)
    food, everything = make_fund(2_000, needs=["meals"]), make_fund(10**6)
    matches = solve(needs, [intake], funds=[everything, food])["matches"]
    assert sorted(one["fund_id"] for one in matches) == sorted(
        [str(food.id), str(food.id), str(everything.id)]
    )


def test_two_funds_together_pay_for_what_neither_could() -> None:
    needs = [make_need(make_family()) for _ in range(3)]
    intake = make_intake(places=3, price_pence=1_000)
    funds = [make_fund(1_000), make_fund(2_000, kinds=["charity"])]
    answer = solve(needs, [intake], funds=funds)
    assert reasons(answer) == []
    assert len({one["fund_id"] for one in answer["matches"]}) == 2


def test_no_choice_is_a_group_that_does_not_run_or_more_than_is_left() -> None:
    needs = [make_need(make_family()) for _ in range(2)]
    best = make_intake(places=5, price_pence=1_000, effect=Decimal("0.9"))
    idle = make_intake(places=5, at_least=4, effect=Decimal("0.1"))
    dear = make_intake(places=5, price_pence=3_000, effect=Decimal("0.1"))
    cheap = make_intake(places=5, price_pence=1_500, effect=Decimal("0.1"))
    answer = solve(needs, [best, idle, dear, cheap], funds=[make_fund(3_000)])
    for match in answer["matches"]:
        assert match["intake_id"] == str(best.id)
        assert [one["intake_id"] for one in match["choices"]["next_best"]] == [str(cheap.id)]


def test_a_pin_stands_though_another_is_cheaper() -> None:
    need = make_need(make_family())
    near, far = make_intake(effect=Decimal("0.9")), make_intake(effect=Decimal("0.1"))
    answer = solve([need], [near, far], pins=[(need.id, far.id)])
    assert answer["matches"][0]["intake_id"] == str(far.id)
    assert answer["matches"][0]["reason"]["code"] == "fixed"
    trial = {"pin": [(need.id, far.id)], "forbid": []}
    proof = solve([need], [near, far], trial=trial)["proof"]
    assert proof["cost_pence"] > proof["without"]["cost_pence"]
    assert proof["without"]["families_reached"] == proof["totals"]["families_reached"] == 1


def test_pins_that_cannot_stand_together_are_told_and_the_plan_goes_on() -> None:
    needs = [make_need(make_family()) for _ in range(2)]
    full, small = make_intake(places=1), make_intake(places=5, at_least=3)
    pins = [(needs[0].id, full.id), (needs[1].id, full.id)]
    proof = solve(needs, [full], pins=pins)["proof"]
    assert [one["why"] for one in proof["pins_not_kept"]] == ["no_place"]
    answer = solve(needs, [full, small], pins=[(needs[0].id, small.id)])
    assert [one["why"] for one in answer["proof"]["pins_not_kept"]] == ["conflict"]
    assert len(answer["matches"]) == 1
