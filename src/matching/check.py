"""Recounts a plan and its proof from the problem alone; knows no solver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.ids import Ids, find_ids, find_keys
from matching.problem import NO_LIMIT, Problem
from matching.proof import recount_bound
from matching.result import BoundBy, Plan, Status
from matching.tables import Bools, Ints


def check(problem: Problem, plan: Plan) -> list[str]:
    """List what is wrong with a plan.

    Parameters
    ----------
    problem : Problem
    plan : Plan
        Of whatever origin.

    Returns
    -------
    list of str
        A sentence for each violation; empty where the plan is valid, and its objective and bound
        are what it claims.
    """
    if plan.status in {Status.INFEASIBLE, Status.UNKNOWN}:
        found = list(wrong_facts(problem, plan))
        if len(plan.matches.need):
            found.append(f"the plan is {plan.status}, yet it has matches")
        return found
    chosen, unknown = _find_pairs(problem, plan)
    if unknown:
        return unknown
    found = [*_broken_rules(problem, chosen), *_wrong_rows(problem, plan, chosen)]
    objective = _recount(problem, chosen)
    if plan.objective != objective:
        found.append(f"objective: the plan says {plan.objective}, the matches come to {objective}")
    return [*found, *_wrong_bound(problem, plan)]


def wrong_facts(problem: Problem, plan: Plan) -> Iterator[str]:
    """Say which facts of a conflict the problem does not state.

    That they cannot stand together takes a solver to prove, and is taken on trust.

    Parameters
    ----------
    problem : Problem
    plan : Plan

    Yields
    ------
    str
    """
    stated = {
        "needs": problem.need_ids[problem.must_meet],
        "supports": problem.support_ids,
        "providers": problem.provider_ids[problem.provider_places < NO_LIMIT],
        "families": problem.family_ids[problem.family_at_most < NO_LIMIT],
        "funds": problem.fund_ids[problem.fund_budget < NO_LIMIT],
        "floors": problem.group_ids[problem.group_at_least > 0],
        "fixed": problem.need_ids[problem.pair_need[problem.fixed_pairs]],
    }
    if plan.conflict and plan.status is not Status.INFEASIBLE:
        yield f"the plan is {plan.status}, yet it has a conflict"
    for table, name in plan.conflict:
        if name not in stated.get(table, ()):
            yield f"conflict: table {table}, id {name!r}: states no rule that could conflict"


def _find_pairs(problem: Problem, plan: Plan) -> tuple[Ints, list[str]]:
    """Find the plan's pairs among the candidates."""
    matches = plan.matches
    need, support = (
        find_ids(matches.need, problem.need_ids),
        find_ids(matches.support, problem.support_ids),
    )
    wanted = need * len(problem.support_ids) + support
    chosen, is_there = find_keys(
        problem.pair_keys, np.where((need < 0) | (support < 0), -1, wanted)
    )
    unknown = [
        f"match {matches.need[row]!r}, {matches.support[row]!r}: not a candidate"
        for row in np.flatnonzero(~is_there)
    ]
    return chosen, unknown


def _wrong_rows(problem: Problem, plan: Plan, chosen: Ints) -> Iterator[str]:
    says = problem.pair_cost[chosen]
    for row in np.flatnonzero(plan.matches.cost != says):
        name = plan.matches.need[row]
        yield f"match of {name!r}: cost {plan.matches.cost[row]}, the candidate says {says[row]}"
    unmet = find_ids(plan.unmet.need, problem.need_ids)
    times = np.bincount(unmet[unmet >= 0], minlength=len(problem.need_ids))
    wrong = _is_met(problem, chosen) == (times == 1)
    yield from _say(wrong, problem.need_ids, "need", "must stand once, in matches or in unmet")
    for name in dict.fromkeys(plan.unmet.need[unmet < 0].tolist()):
        yield f"unmet {name!r}: not a need"


def _is_met(problem: Problem, chosen: Ints) -> Bools:
    met = np.zeros(len(problem.need_ids), dtype=bool)
    met[problem.pair_need[chosen]] = True
    return met


def _broken_rules(problem: Problem, chosen: Ints) -> Iterator[str]:
    need, support = problem.pair_need[chosen], problem.pair_support[chosen]
    times = np.bincount(need, minlength=len(problem.need_ids))
    yield from _say(times > 1, problem.need_ids, "need", "met more than once")
    unmet = problem.must_meet & (times == 0)
    yield from _say(unmet, problem.need_ids, "need", "must be met and is not")
    lost = problem.fixed_pairs[~np.isin(problem.fixed_pairs, chosen)]
    for pair in lost:
        name = problem.need_ids[problem.pair_need[pair]]
        yield f"need {name!r}: its fixed pair is not in the plan"
    yield from _broken_supports(problem, chosen, support)
    yield from _broken_shares(problem, chosen, support)
    family = problem.need_family[need]
    met = _count(family, np.ones_like(family), len(problem.family_ids))
    over = met > problem.family_at_most
    yield from _say(over, problem.family_ids, "family", "has more matches than at_most")
    group = problem.need_group[need]
    met = _count(group, np.ones_like(group), len(problem.group_ids))
    short = met < problem.group_at_least
    yield from _say(short, problem.group_ids, "group", "has fewer needs met than its floor")


def _broken_supports(problem: Problem, chosen: Ints, support: Ints) -> Iterator[str]:
    ids = problem.support_ids
    taken = _count(support, problem.pair_places[chosen], len(ids))
    yield from _say(taken > problem.support_places, ids, "support", "gives more places than it has")
    needs = _count(support, np.ones_like(support), len(ids))
    few = (needs > 0) & (needs < problem.support_at_least)
    yield from _say(few, ids, "support", "runs with fewer needs than at_least")


def _broken_shares(problem: Problem, chosen: Ints, support: Ints) -> Iterator[str]:
    provider = problem.support_provider[support]
    taken = _count(provider, problem.pair_places[chosen], len(problem.provider_ids))
    over = taken > problem.provider_places
    yield from _say(over, problem.provider_ids, "provider", "gives more places than it has")
    fund = problem.support_fund[support]
    spent = _count(fund, problem.pair_price[chosen], len(problem.fund_ids))
    over = spent > problem.fund_budget
    yield from _say(over, problem.fund_ids, "fund", "spends more than its budget")


def _count(where: Ints, amount: Ints, size: int) -> Ints:
    total = np.zeros(size, dtype=np.int64)
    named = where >= 0
    np.add.at(total, where[named], amount[named])
    return total


def _say(broken: Bools, ids: Ids, kind: str, what: str) -> Iterator[str]:
    for row in np.flatnonzero(broken):
        yield f"{kind} {ids[row]!r}: {what}"


def _recount(problem: Problem, chosen: Ints) -> int:
    """Add up the format's formula, term by term."""
    met = _is_met(problem, chosen)
    alone = np.ones(len(problem.family_ids), dtype=bool)
    family = problem.need_family[met]
    alone[family[family >= 0]] = False
    used = np.unique(problem.pair_support[chosen])
    moved = int((~np.isin(problem.previous_pairs, chosen)).sum())
    return (
        int(problem.pair_cost[chosen].sum())
        + int(problem.opening_cost[used].sum())
        + int(problem.unmet_cost[~met].sum())
        + int(problem.none_met_cost[alone].sum())
        + problem.stability_cost * moved
    )


@dataclass(frozen=True)
class _Claim:
    objective: int
    bound: int


def _wrong_bound(problem: Problem, plan: Plan) -> Iterator[str]:
    if plan.objective is None or plan.bound is None:
        yield "the plan has matches, yet no objective or bound"
        return
    claim = _Claim(plan.objective, plan.bound)
    if claim.bound > claim.objective:
        yield f"bound {claim.bound} lies above the objective {claim.objective}"
    if (plan.status is Status.OPTIMAL) != (claim.bound == claim.objective):
        yield f"status {plan.status}: bound {claim.bound}, objective {claim.objective}"
    bound, wrong = recount_bound(problem, plan)
    yield from wrong
    if not wrong and plan.bound_by is BoundBy.PRICES and bound < claim.bound:
        yield f"bound: the plan says {claim.bound}, its prices prove only {bound}"
