"""What one more place would save or reach, and what a group that does not run still lacks."""

from typing import Any

import numpy as np

from marketplace.worker.stating import Stated
from matching import Plan
from matching import suitability as s

MOST_LINES = 200


def list_what_to_buy(stated: Stated, plan: Plan) -> list[dict[str, Any]]:
    """The lines that reach a family first, then the largest saving."""
    lines = [*_places(stated, plan), *_groups(stated, plan)]
    lines.sort(key=lambda one: (-one["families"], -one["saving_pence"], one["intake_id"]))
    return lines[:MOST_LINES]


def _places(stated: Stated, plan: Plan) -> list[dict[str, Any]]:
    """From the prices of the proof: the surcharge within says that a family is reached."""
    prices, surcharge = plan.prices, min(stated.surcharge.values(), default=0)
    names = set(stated.tables.intake_ids)
    idle = {stated.tables.intake_ids[at] for at in _idle_groups(stated, plan)}
    lines = []
    rows = np.flatnonzero(np.isin(prices.kind, ("support", "provider")) & (prices.low > 0))
    for row in rows.tolist():
        name, low = prices.id[row], int(prices.low[row])
        if name not in names or name in idle:
            continue
        # What a pair saves is far less than the surcharge, which is more than the dearest pair.
        surcharges = (2 * low + surcharge) // (2 * surcharge) if surcharge else 0
        lines.append(
            {
                "kind": "place",
                "intake_id": name,
                "families": min(1, surcharges),
                "saving_pence": low - surcharges * surcharge,
                "exact": bool(prices.exact[row]),
            }
        )
    return lines


def _idle_groups(stated: Stated, plan: Plan) -> list[int]:
    limits = stated.tables.limits
    support = [stated.support_at[one] for one in plan.matches.support.tolist()]
    runs = set(stated.support_intake[support].tolist()) if support else set()
    sizes = zip(limits.at_least, limits.opening_pence, limits.places, strict=True)
    return [
        at
        for at, (least, opening, places) in enumerate(sizes)
        if (least > 1 or opening) and places and at not in runs
    ]


def _groups(stated: Stated, plan: Plan) -> list[dict[str, Any]]:
    """Groups nobody was put in, though families whose need is unmet could come."""
    lines = []
    unmet = np.zeros(len(stated.tables.need_ids), bool)
    unmet[[stated.need_at[one] for one in plan.unmet.need.tolist()]] = True
    pairs, limits = stated.pairs, stated.tables.limits
    open_pair = unmet[pairs.need]
    saving = s.stakes(stated.tables.needs, stated.tables.policy)[pairs.need] - pairs.cost_pence
    for at in _idle_groups(stated, plan):
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
