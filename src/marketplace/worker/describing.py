"""A solved plan in plain values: who gets what and why, who gets nothing and why, the sums."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from marketplace.worker.payers import FREE, settle_payers
from marketplace.worker.planning import WHOLE
from marketplace.worker.stating import Stated, idle_groups
from matching import Plan, UnmetReason, find_alternatives
from matching import suitability as s

CHOICES = 3


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
    need, support = _positions(stated, matches.need, matches.support)
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
    choices = _choices(stated, plan, paid)
    facts = _facts(stated, rows)
    return [
        {
            "need_id": name,
            "intake_id": tables.intake_ids[intake[row]],
            "stake_pence": stakes[row],
            "fund_id": _fund_id(stated, payers[row]),
            **facts[row],
            "reason": {
                "code": str(matches.reason[row]),
                "cheaper": int(matches.cheaper[row]),
                "instead": _intake_id(stated, matches.instead[row]),
                "worth_elsewhere_pence": int(matches.worth_elsewhere[row]),
                "choices": suitable[row],
            },
            "choices": {"next_best": choices.get(name, [])},
        }
        for row, name in enumerate(matches.need.tolist())
    ]


def _positions(stated: Stated, needs: Any, supports: Any) -> tuple[Any, Any]:
    return (
        np.array([stated.need_at[one] for one in needs.tolist()], dtype=np.int64),
        np.array([stated.support_at[one] for one in supports.tolist()], dtype=np.int64),
    )


def _fund_id(stated: Stated, purse: int) -> str | None:
    purses = stated.tables.limits.purses
    return (purses[purse].id or None) if purses and purse != FREE else None


def _intake_id(stated: Stated, support: str | None) -> str | None:
    if support is None:
        return None
    at = int(stated.support_intake[stated.support_at[support]])
    return stated.tables.intake_ids[at]


def _facts(stated: Stated, rows: Any) -> list[dict[str, Any]]:
    """What pairs cost, and why, by where they stand."""
    pairs, tables = stated.pairs, stated.tables
    effect = tables.intakes.effect[pairs.intake[rows], tables.needs.code[pairs.need[rows]]]
    metres = pairs.metres[rows]
    columns = (
        pairs.places[rows].tolist(),
        pairs.price_pence[rows].tolist(),
        pairs.cost_pence[rows].tolist(),
        (effect / WHOLE).tolist(),
        np.where(np.isnan(metres), -1, np.rint(metres)).astype(np.int64).tolist(),
    )
    return [
        {
            "places": places,
            "price_pence": price,
            "cost_pence": cost,
            "effect": share,
            "travel_metres": None if far < 0 else far,
        }
        for places, price, cost, share, far in zip(*columns, strict=True)
    ]


def _choices(stated: Stated, plan: Plan, paid: dict[str, int]) -> dict[str, list[dict[str, Any]]]:
    """Each need's next best intakes that run and can be paid; each intake once."""
    purses = len(stated.tables.limits.purses or ())
    found = find_alternatives(stated.problem, plan, most=CHOICES + 2 * purses)
    need, support = _positions(stated, found.need, found.support)
    intake = stated.support_intake[support]
    facts = _facts(stated, stated.rows_of(need, intake))
    given = dict(zip(plan.matches.need.tolist(), plan.matches.support.tolist(), strict=True))
    idle, money = set(idle_groups(stated, plan)), _Left(stated, plan, paid)
    choices: dict[str, list[dict[str, Any]]] = {}
    seen = {(name, _intake_id(stated, one)) for name, one in given.items()}
    for row, name in enumerate(found.need.tolist()):
        there, purse = int(intake[row]), int(stated.support_purse[support[row]])
        key = name, stated.tables.intake_ids[there]
        if name not in given or key in seen or there in idle:
            continue
        mine = choices.setdefault(name, [])
        if len(mine) < CHOICES and money.may_pay(name, purse, facts[row]["price_pence"]):
            seen.add(key)
            mine.append(
                {fact: value for fact, value in facts[row].items() if fact != "places"}
                | {
                    "intake_id": key[1],
                    "extra_pence": int(found.extra_pence[row]),
                    "fund_id": _fund_id(stated, purse),
                }
            )
    return choices


class _Left:
    """What the plan leaves in each purse; whoever changes gives back what was paid for them."""

    def __init__(self, stated: Stated, plan: Plan, paid: dict[str, int]) -> None:
        need, support = _positions(stated, plan.matches.need, plan.matches.support)
        rows = stated.rows_of(need, stated.support_intake[support])
        prices = stated.pairs.price_pence[rows].tolist()
        self.left = [one.left_pence for one in stated.tables.limits.purses or ()]
        self.paid = {
            name: (paid[name], price)
            for name, price in zip(plan.matches.need.tolist(), prices, strict=True)
        }
        for purse, price in self.paid.values():
            if purse != FREE:
                self.left[purse] -= price

    def may_pay(self, name: str, purse: int, price: int) -> bool:
        if purse == FREE:
            return True
        own, back = self.paid[name]
        return self.left[purse] + (back if own == purse else 0) >= price


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
