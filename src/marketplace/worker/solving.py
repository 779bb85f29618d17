"""Runs in a process of its own: solves a translated problem, has it checked, words the answer."""

from time import perf_counter
from typing import Any

import numpy as np

from marketplace.worker.planning import WHOLE, Tables
from matching import Plan, Problem, Status, check, find_alternatives, solve
from matching import suitability as s

CHOICES = 3


class NoPlanError(Exception):
    """The engine gave no plan that could be trusted; nothing of it is stored."""


def make_plan(tables: Tables) -> dict[str, Any]:
    """Plan, prove and check; plain values, ready to be stored."""
    begin = perf_counter()
    pairs = s.find_pairs(
        tables.families, tables.needs, tables.intakes, tables.policy, tables.refusals
    )
    suited = perf_counter()
    problem = state_problem(tables, pairs)
    plan = solve(problem, seed=tables.seed)
    if plan.status is not Status.OPTIMAL:
        raise NoPlanError(f"There is no plan: it is {plan.status.value}.")
    if wrong := check(problem, plan):
        raise NoPlanError("The plan did not pass its check: " + "; ".join(wrong[:5]))
    return {
        "matches": _matches(tables, pairs, problem, plan),
        "unmet": _unmet(tables, plan),
        "proof": {
            "status": plan.status.value,
            "objective": plan.objective,
            "bound": plan.bound,
            "engine": plan.engine,
            "pairs": len(pairs.need),
        },
        "seconds": {"suit": suited - begin, **plan.seconds, "all": perf_counter() - begin},
    }


def state_problem(tables: Tables, pairs: s.Pairs) -> Problem:
    """Everyone's needs, all suitable pairs, and the surcharge that reaches families first."""
    need_ids = np.array(tables.need_ids, dtype=object)
    intake_ids = np.array(tables.intake_ids, dtype=object)
    family_ids = np.array(tables.family_ids, dtype=object)
    first = np.unique(family_ids.astype(str), return_index=True)[1]
    return Problem.from_tables(
        {
            "needs": {
                "id": need_ids,
                "unmet_cost": s.stakes(tables.needs, tables.policy),
                "family": family_ids,
            },
            "supports": {"id": intake_ids, "places": tables.places},
            "candidates": {
                "need": need_ids[pairs.need],
                "support": intake_ids[pairs.intake],
                "cost": pairs.cost_pence,
            },
            "families": {
                "id": family_ids[first],
                "none_met_cost": s.none_met_costs(tables.families, pairs)[first],
            },
        }
    )


def _matches(tables: Tables, pairs: s.Pairs, problem: Problem, plan: Plan) -> list[dict[str, Any]]:
    facts = _pair_facts(tables, pairs)
    stakes = dict(zip(tables.need_ids, s.stakes(tables.needs, tables.policy).tolist(), strict=True))
    choices = _choices(problem, plan, facts)
    matches = plan.matches
    return [
        {
            "need_id": need,
            "intake_id": support,
            "stake_pence": stakes[need],
            "places": 1,
            **facts[need, support],
            "reason": {
                "code": str(matches.reason[row]),
                "cheaper": int(matches.cheaper[row]),
                "instead": matches.instead[row],
                "worth_elsewhere_pence": int(matches.worth_elsewhere[row]),
                "choices": facts.count_of(need),
            },
            "choices": {"next_best": choices.get(need, [])},
        }
        for row, (need, support) in enumerate(
            zip(matches.need.tolist(), matches.support.tolist(), strict=True)
        )
    ]


class _Facts(dict[tuple[str, str], dict[str, Any]]):
    """What a pair costs and why, by need and intake."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}

    def count_of(self, need: str) -> int:
        return self.counts[need]


def _pair_facts(tables: Tables, pairs: s.Pairs) -> _Facts:
    facts = _Facts()
    effect = tables.intakes.effect[pairs.intake, tables.needs.code[pairs.need]]
    columns = (
        pairs.need.tolist(),
        pairs.intake.tolist(),
        pairs.price_pence.tolist(),
        pairs.cost_pence.tolist(),
        effect.tolist(),
        pairs.metres.tolist(),
    )
    for need, intake, price, cost, share, metres in zip(*columns, strict=True):
        key = tables.need_ids[need], tables.intake_ids[intake]
        facts[key] = {
            "price_pence": price,
            "cost_pence": cost,
            "effect": share / WHOLE,
            "travel_metres": None if metres != metres else round(metres),  # noqa: PLR0124 - NaN
        }
        facts.counts[key[0]] = facts.counts.get(key[0], 0) + 1
    return facts


def _choices(problem: Problem, plan: Plan, facts: _Facts) -> dict[str, list[dict[str, Any]]]:
    found = find_alternatives(problem, plan, most=CHOICES)
    choices: dict[str, list[dict[str, Any]]] = {}
    rows = zip(found.need.tolist(), found.support.tolist(), found.extra_pence.tolist(), strict=True)
    for need, support, extra in rows:
        choice = facts[need, support] | {"intake_id": support, "extra_pence": extra}
        choices.setdefault(need, []).append(choice)
    return choices


def _unmet(tables: Tables, plan: Plan) -> list[dict[str, Any]]:
    """Each unmet need with its reason, and where nothing suits it with the rule that stood last."""
    at = {need: place for place, need in enumerate(tables.need_ids)}
    names = plan.unmet.need.tolist()
    counts = s.count_rules(
        tables.families,
        tables.needs,
        tables.intakes,
        tables.policy,
        tables.refusals,
        asked=np.array([at[name] for name in names], dtype=np.int64),
    )
    return [
        {
            "need_id": name,
            "reason": str(plan.unmet.reason[row]),
            "detail": _why_none(counts, row),
        }
        for row, name in enumerate(names)
    ]


def _why_none(counts: s.RuleCounts, row: int) -> dict[str, Any]:
    helping, suitable = int(counts.helping[row]), int(counts.suitable[row])
    if helping == 0:
        return {"helping": 0, "suitable": 0, "rule": "none_helps", "removed": 0}
    alone, removed = counts.alone[row], counts.removed[row]
    last = int(np.argmax(alone)) if alone.max() > 0 else int(np.argmax(removed))
    return {
        "helping": helping,
        "suitable": suitable,
        "rule": counts.rules[last],
        "removed": int(removed[last]),
    }
