"""What one more place would save or reach, and what a group that does not run still lacks."""

from typing import Any

import numpy as np

from marketplace.worker.stating import Stated, idle_groups
from matching import Plan, Standing, Status
from matching import suitability as s
from matching.beyond import leaves_flow

MOST_LINES = 100


def list_what_to_buy(stated: Stated, plan: Plan) -> list[dict[str, Any]]:
    """The lines that reach a family first, then the largest saving."""
    lines = [*_places(stated, plan), *_groups(stated, plan)]
    lines.sort(key=lambda one: (-one["families"], -one["saving_pence"], one["intake_id"]))
    return lines[:MOST_LINES]


def _places(stated: Stated, plan: Plan) -> list[dict[str, Any]]:
    """The intakes where one more place is worth most, each tried if a flow holds all rules."""
    prices, names = plan.prices, set(stated.tables.intake_ids)
    idle = {stated.tables.intake_ids[at] for at in idle_groups(stated, plan)}
    rows = np.flatnonzero(np.isin(prices.kind, ("support", "provider")) & (prices.low > 0))
    worth = {
        prices.id[row]: int(prices.low[row])
        for row in rows[np.argsort(-prices.low[rows], kind="stable")].tolist()
        if prices.id[row] in names and prices.id[row] not in idle
    }
    best = list(worth.items())[:MOST_LINES]
    if plan.status is Status.OPTIMAL and not leaves_flow(stated.problem):
        return _try_each(stated, [name for name, _ in best])
    return [_estimate(stated, name, low) for name, low in best]


def _try_each(stated: Stated, names: list[str]) -> list[dict[str, Any]]:
    """Give each a place more in a standing plan, see who gains, and take it away again."""
    problem, standing = stated.problem, Standing(stated.problem)
    lines = []
    for name in names:
        before = standing.objective
        with standing.what_if():
            support = np.flatnonzero(problem.support_ids == name)
            provider = np.flatnonzero(problem.provider_ids == name)
            if len(provider):
                at = int(provider[0])
                for one in np.flatnonzero(problem.support_provider == at).tolist():
                    standing.set_places(one, int(problem.support_places[one]) + 1)
                standing.set_total(at, int(problem.provider_places[at]) + 1)
            else:
                at = int(support[0])
                standing.set_places(at, int(problem.support_places[at]) + 1)
            gained = before - standing.objective
            reached = _newly_reached(stated, standing)
        surcharge = sum(count * stated.surcharge[family] for family, count in reached.items())
        lines.append(_line(name, sum(reached.values()), gained - surcharge, exact=True))
    return lines


def _newly_reached(stated: Stated, standing: Standing) -> dict[str, int]:
    """By family: 1 where it had nothing and has something now, -1 the other way round."""
    problem = stated.problem
    need, old, _ = standing.moved
    if not len(need):
        return {}
    now = standing.supports >= 0
    was = now.copy()
    was[need] = old >= 0
    change = {}
    for family in np.unique(problem.need_family[need]).tolist():
        mine = problem.need_family == family
        count = int(now[mine].any()) - int(was[mine].any())
        if count:
            change[str(problem.family_ids[family])] = count
    return change


def _estimate(stated: Stated, name: str, low: int) -> dict[str, Any]:
    """A price that is worth a surcharge says, roughly, that a family would be reached."""
    surcharge = min(stated.surcharge.values(), default=0)
    families = int(0 < surcharge <= low)
    return _line(name, families, low - families * surcharge, exact=False)


def _line(name: str, families: int, saving_pence: int, *, exact: bool) -> dict[str, Any]:
    return {
        "kind": "place",
        "intake_id": name,
        "families": families,
        "saving_pence": saving_pence,
        "exact": exact,
    }


def _groups(stated: Stated, plan: Plan) -> list[dict[str, Any]]:
    """Groups nobody was put in, though families whose need is unmet could come."""
    lines = []
    unmet = np.zeros(len(stated.tables.need_ids), bool)
    unmet[[stated.need_at[one] for one in plan.unmet.need.tolist()]] = True
    pairs, limits = stated.pairs, stated.tables.limits
    open_pair = unmet[pairs.need]
    saving = s.stakes(stated.tables.needs, stated.tables.policy)[pairs.need] - pairs.cost_pence
    for at in idle_groups(stated, plan):
        rows = np.flatnonzero(open_pair & (pairs.intake == at))
        rows = rows[np.argsort(-saving[rows], kind="stable")]
        rows = rows[np.cumsum(pairs.places[rows]) <= limits.places[at]]
        if not len(rows):
            continue
        missing = max(0, limits.at_least[at] - len(rows))
        if not missing and not limits.opening_pence[at]:
            continue
        lines.append(
            {
                "kind": "group",
                "intake_id": stated.tables.intake_ids[at],
                "lacks": "members" if missing else "opening",
                "missing": missing,
                "opening_pence": limits.opening_pence[at],
                "families": len({stated.tables.family_ids[one] for one in pairs.need[rows]}),
                "saving_pence": int(saving[rows].sum()),
                "exact": False,
            }
        )
    return lines
