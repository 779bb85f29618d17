"""A solved plan in plain values: who gets what and why, who gets nothing and why, the sums."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from marketplace.worker.choices import choices_of
from marketplace.worker.facts import facts_of, fund_id_of, intake_id_of, positions
from marketplace.worker.payers import settle_payers
from marketplace.worker.stating import Stated
from matching import Plan, UnmetReason
from matching import suitability as s


@dataclass(frozen=True)
class Described:
    """`surcharge_pence`: policy and no money, so it is taken off whatever is shown."""

    matches: list[dict[str, Any]]
    unmet: list[dict[str, Any]]
    opened: list[dict[str, Any]]
    totals: dict[str, int]
    surcharge_pence: int


def describe(stated: Stated, plan: Plan, families: Any = None) -> Described:
    matches = _matches(stated, plan)
    opened = _opened(stated, matches)
    reached = {stated.tables.family_ids[stated.need_at[one["need_id"]]] for one in matches}
    opening = sum(one["opening_pence"] for one in opened)
    return Described(
        matches=matches,
        unmet=_unmet(stated, plan, families),
        opened=opened,
        totals={
            "needs_met": len(matches),
            "families_reached": len(reached),
            "cash_pence": sum(one["price_pence"] for one in matches) + opening,
            "opening_pence": opening,
            "saving_pence": sum(one["stake_pence"] - one["cost_pence"] for one in matches)
            - opening,
        },
        surcharge_pence=sum(
            pence for family, pence in stated.surcharge.items() if family not in reached
        ),
    )


def _matches(stated: Stated, plan: Plan) -> list[dict[str, Any]]:
    tables, matches = stated.tables, plan.matches
    need, support = positions(stated, matches.need, matches.support)
    intake = stated.support_intake[support]
    rows = stated.rows_of(need, intake)
    payers = settle_payers(
        tables.limits,
        need=need,
        intake=intake,
        price=stated.pairs.price_pence[rows],
        purse=stated.support_purse[support],
    )
    stakes = s.stakes(tables.needs, tables.policy)[need].tolist()
    suitable = np.bincount(stated.pairs.need, minlength=len(tables.need_ids))[need].tolist()
    paid = dict(zip(matches.need.tolist(), payers, strict=True))
    choices = choices_of(stated, plan, paid)
    facts = facts_of(stated, rows)
    return [
        {
            "need_id": name,
            "intake_id": tables.intake_ids[intake[row]],
            "stake_pence": stakes[row],
            "fund_id": fund_id_of(stated, payers[row]),
            **facts[row],
            "reason": {
                "code": str(matches.reason[row]),
                "cheaper": int(matches.cheaper[row]),
                "instead": intake_id_of(stated, matches.instead[row]),
                "worth_elsewhere_pence": int(matches.worth_elsewhere[row]),
                "choices": suitable[row],
            },
            "choices": {"next_best": choices.get(name, [])},
        }
        for row, name in enumerate(matches.need.tolist())
    ]


def _opened(stated: Stated, matches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Groups that only this plan starts, with what starting each costs."""
    limits, names = stated.tables.limits, stated.tables.intake_ids
    opening = dict(zip(names, limits.opening_pence, strict=True))
    least = dict(zip(names, limits.at_least, strict=True))
    needs: dict[str, list[str]] = {}
    for one in matches:
        if opening[one["intake_id"]] or least[one["intake_id"]] > 1:
            needs.setdefault(one["intake_id"], []).append(one["need_id"])
    families = stated.tables.family_ids
    return [
        {
            "intake_id": intake,
            "families": len({families[stated.need_at[need]] for need in of}),
            "opening_pence": opening[intake],
        }
        for intake, of in sorted(needs.items())
    ]


def _unmet(stated: Stated, plan: Plan, families: Any) -> list[dict[str, Any]]:
    """Each unmet need with its reason, and where nothing suits it with the rule that stood last."""
    names, unpaid = plan.unmet.need.tolist(), stated.payable.unpaid
    reasons: dict[str, str] = {}
    for name, reason in zip(names, plan.unmet.reason.tolist(), strict=True):
        at = stated.need_at[name]
        if families is not None and not families[at] and reason == UnmetReason.NO_CANDIDATE:
            had = _has_pairs(stated, at)
            reasons[name] = "family_limit" if had else str(reason)
        elif reason == UnmetReason.NO_CANDIDATE and unpaid[at]:
            reasons[name] = "no_fund"
        else:
            reasons[name] = str(reason)
    details = _why_none(
        stated, [name for name in names if reasons[name] == UnmetReason.NO_CANDIDATE]
    )
    return [
        {
            "need_id": name,
            "reason": reasons[name],
            "detail": {"suitable": int(unpaid[stated.need_at[name]])}
            if reasons[name] == "no_fund"
            else details.get(name, {}),
        }
        for name in names
    ]


def _has_pairs(stated: Stated, need: int) -> bool:
    begin = np.searchsorted(stated.pairs.need, need)
    return bool(begin < len(stated.pairs.need) and stated.pairs.need[begin] == need)


def _why_none(stated: Stated, names: list[str]) -> dict[str, dict[str, Any]]:
    tables = stated.tables
    counts = s.count_rules(
        tables.families,
        tables.needs,
        tables.intakes,
        tables.policy,
        tables.refusals,
        asked=np.array([stated.need_at[name] for name in names], dtype=np.int64),
    )
    return {name: _last_rule(counts, row) for row, name in enumerate(names)}


def _last_rule(counts: s.RuleCounts, row: int) -> dict[str, Any]:
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
