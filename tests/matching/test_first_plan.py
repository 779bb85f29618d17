"""The first whole plan that flows give: it keeps every rule, and costs no less than the bound."""

import numpy as np
import pytest

from matching import Problem
from matching.cost import count_cost
from matching.explain import count_use
from matching.sides.first import plan_by_flows
from matching.sides.priced import PricedFlow, find_rates

NEVER = float("inf")


def draw_problem(seed: int) -> Problem:
    """Families, groups that must fill, opening costs, and two funds that are short."""
    rng = np.random.default_rng(seed)
    needs, supports = 120, 24
    need, support = np.nonzero(rng.random((needs, supports)) < 0.25)
    return Problem.from_tables(
        {
            "needs": {
                "id": [f"n{i}" for i in range(needs)],
                "unmet_cost": rng.integers(5_000, 90_000, needs),
                "family": [f"f{i // 2}" for i in range(needs)],
            },
            "supports": {
                "id": [f"s{j}" for j in range(supports)],
                "places": rng.integers(1, 9, supports),
                "fund": [f"m{j % 2}" for j in range(supports)],
                "at_least": np.where(rng.random(supports) < 0.4, 4, 0),
                "opening_cost": np.where(rng.random(supports) < 0.3, 9_000, 0),
            },
            "candidates": {
                "need": [f"n{i}" for i in need],
                "support": [f"s{j}" for j in support],
                "cost": rng.integers(1_000, 60_000, len(need)),
                "price": rng.integers(0, 9_000, len(need)),
            },
            "families": {"id": [f"f{i}" for i in range(60)], "none_met_cost": [70_000] * 60},
            "funds": {"id": ["m0", "m1"], "budget": [60_000, 90_000]},
        }
    )


@pytest.mark.parametrize("end", [NEVER, 0.0], ids=["in time", "cut short"])
@pytest.mark.parametrize("seed", range(8))
def test_it_keeps_every_rule(seed: int, end: float) -> None:
    problem = draw_problem(seed)
    priced = PricedFlow(problem)
    tried = find_rates(priced, NEVER)
    pairs = plan_by_flows(priced, tried, end)
    if pairs is None:
        assert end == 0.0
        return
    assert len(np.unique(problem.pair_need[pairs])) == len(pairs) > 0
    use = count_use(problem, pairs)
    assert (use.support_free >= 0).all()
    assert (use.fund_free >= 0).all()
    assert ((use.support_met == 0) | (use.support_met >= problem.support_at_least)).all()
    assert count_cost(problem, pairs) >= max(one.bound for one in tried)


def test_a_plan_cut_short_is_a_plan_more_often_than_not() -> None:
    found = 0
    for seed in range(8):
        priced = PricedFlow(draw_problem(seed))
        found += plan_by_flows(priced, find_rates(priced, NEVER), 0.0) is not None
    assert found >= 6
