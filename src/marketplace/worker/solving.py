"""Runs in a process of its own: solves a translated problem, has it checked, words the answer."""

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from marketplace.worker.buying import list_what_to_buy
from marketplace.worker.describing import Described, describe
from marketplace.worker.pins import Pins, sort_pins
from marketplace.worker.planning import Tables
from marketplace.worker.stating import Stated, state_problem, suitable_pairs
from marketplace.worker.telling import tell
from matching import Plan, Progress, Status, check, solve
from matching import suitability as s
from matching.beyond import leaves_flow

PLANNED = (Status.OPTIMAL, Status.FEASIBLE)
# A search that found no plan at all in its time is given this much more, once.
MORE_PATIENCE = 5
# What the search calls it when it looks for a bound rather than for a plan.
PROVING = ("sharpening the bound", "closing the gap")


class NoPlanError(Exception):
    """The engine gave no plan that could be trusted; nothing of it is stored."""


@dataclass(frozen=True)
class Solved:
    """`families`: a flag a need where only so many families may get something, else None."""

    stated: Stated
    plan: Plan
    pins: Pins
    families: Any = None


def make_plan(tables: Tables) -> dict[str, Any]:
    """Plan, prove and check; plain values, ready to be stored."""
    begin = perf_counter()
    tell("suiting")
    pairs = suitable_pairs(tables)
    suited = perf_counter()
    tell("solving")
    solved = _solve(tables, pairs)
    described = describe(solved.stated, solved.plan, solved.families)
    buying = list_what_to_buy(solved.stated, solved.plan)
    without = _solve_without_trial(tables) if tables.limits.is_a_trial else None
    return {
        "matches": described.matches,
        "unmet": described.unmet,
        "proof": {
            **_proof(solved, described),
            "pairs": len(pairs.need),
            "opened": described.opened,
            "buying": buying,
            "pins_not_kept": _name_pins(tables, solved.pins),
        }
        | ({"without": without} if without else {}),
        "seconds": {
            "suit": suited - begin,
            **solved.plan.seconds,
            "all": perf_counter() - begin,
        },
    }


def _solve(tables: Tables, pairs: s.Pairs) -> Solved:
    solved = _solve_with_pins(tables, pairs, sort_pins(tables, pairs))
    most = tables.limits.most_families
    reached = _families_by_saving(solved)
    if most is None or len(reached) <= most:
        return solved
    chosen = set(reached[:most])
    flags = np.array([family in chosen for family in tables.family_ids], bool)
    pins = Pins([pin for pin in solved.pins.kept if flags[pin[0]]], solved.pins.dropped)
    return replace(_solve_with_pins(tables, pairs, pins, families=flags), families=flags)


def _solve_with_pins(tables: Tables, pairs: s.Pairs, pins: Pins, *, families: Any = None) -> Solved:
    stated = state_problem(tables, pairs, pins=pins.kept, families=families)
    plan = _search(stated, tables)
    while plan.status is Status.INFEASIBLE and pins.kept:
        clash = {stated.need_at[name] for table, name in plan.conflict if table == "fixed"}
        pins = pins.without(clash or {need for need, _ in pins.kept})
        stated = state_problem(tables, pairs, pins=pins.kept, families=families)
        plan = _search(stated, tables)
    if plan.status not in PLANNED:
        raise NoPlanError(f"There is no plan: it is {plan.status.value}.")
    tell("checking")
    if wrong := check(stated.problem, plan):
        raise NoPlanError("The plan did not pass its check: " + "; ".join(wrong[:5]))
    return Solved(stated, plan, pins)


def _search(stated: Stated, tables: Tables) -> Plan:
    """A flow is exact and quick; where rules leave it, the search keeps to its time."""
    if not leaves_flow(stated.problem):
        return solve(stated.problem, seed=tables.seed)
    seconds = tables.limits.search_seconds
    plan = solve(stated.problem, seed=tables.seed, time_limit=seconds, progress=_tell_proving)
    if plan.status is Status.UNKNOWN:
        plan = solve(stated.problem, seed=tables.seed, time_limit=seconds * MORE_PATIENCE)
    return plan


def _tell_proving(found: Progress) -> None:
    if found.stage in PROVING:
        tell("proving")


def _families_by_saving(solved: Solved) -> list[str]:
    """Those the plan reaches, the largest saving first."""
    stated, matches = solved.stated, solved.plan.matches
    stakes = s.stakes(stated.tables.needs, stated.tables.policy)
    saving: dict[str, int] = {}
    for name, cost in zip(matches.need.tolist(), matches.cost.tolist(), strict=True):
        at = stated.need_at[name]
        family = stated.tables.family_ids[at]
        saving[family] = saving.get(family, 0) + int(stakes[at]) - cost
    return sorted(saving, key=lambda family: (-saving[family], family))


def _solve_without_trial(tables: Tables) -> dict[str, Any]:
    plain = replace(tables, limits=tables.limits.without_trial())
    solved = _solve(plain, suitable_pairs(plain))
    proof = _proof(solved, describe(solved.stated, solved.plan, solved.families))
    return {
        "cost_pence": proof["cost_pence"],
        "families_reached": proof["totals"]["families_reached"],
        "is_proved": proof["objective"] == proof["bound"],
    }


def _proof(solved: Solved, described: Described) -> dict[str, Any]:
    plan = solved.plan
    objective, bound = plan.objective or 0, plan.bound or 0
    return {
        "status": plan.status.value,
        "objective": objective,
        "bound": bound,
        "gap_pence": objective - bound,
        "cost_pence": objective - described.surcharge_pence,
        "engine": plan.engine,
        "totals": described.totals,
    }


def _name_pins(tables: Tables, pins: Pins) -> list[dict[str, str]]:
    return [
        {"need_id": tables.need_ids[need], "intake_id": tables.intake_ids[intake], "why": why}
        for (need, intake), why in pins.dropped
    ]
