"""Rules that leave the flow: the plan is the cheapest there is, whatever the mix."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from matching_worlds import Tables, problem_of
from mixed_worlds import best_mix_by_trying, mixes

from matching import Status, check, solve


@given(world=mixes(), seed=st.integers(0, 5))
@settings(max_examples=250, deadline=None)
def test_any_mix_of_rules_gives_what_trying_everything_finds(
    world: tuple[Tables, int], seed: int
) -> None:
    problem = problem_of(*world)
    plan = solve(problem, seed=seed)
    assert plan.objective == best_mix_by_trying(*world)
    assert (plan.status is Status.INFEASIBLE) == (plan.objective is None)
    assert plan.status in {Status.INFEASIBLE, Status.OPTIMAL}
    assert check(problem, plan) == []
