"""What else each need could have: for the practitioner, and behind the family's question."""

from typing import Any

from marketplace.worker.facts import facts_of, fund_id_of, intake_id_of, positions
from marketplace.worker.payers import FREE
from marketplace.worker.stating import Stated, idle_groups
from matching import Plan, find_alternatives

CHOICES = 3


def choices_of(stated: Stated, plan: Plan, paid: dict[str, int]) -> dict[str, list[dict[str, Any]]]:
    """Each need's next best intakes that run and can be paid; each intake once."""
    purses = len(stated.tables.limits.purses or ())
    found = find_alternatives(stated.problem, plan, most=CHOICES + 2 * purses)
    need, support = positions(stated, found.need, found.support)
    intake = stated.support_intake[support]
    facts = facts_of(stated, stated.rows_of(need, intake))
    given = dict(zip(plan.matches.need.tolist(), plan.matches.support.tolist(), strict=True))
    idle, money = set(idle_groups(stated, plan)), _Left(stated, plan, paid)
    choices: dict[str, list[dict[str, Any]]] = {}
    seen = {(name, intake_id_of(stated, one)) for name, one in given.items()}
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
                    "fund_id": fund_id_of(stated, purse),
                }
            )
    return choices


class _Left:
    """What the plan leaves in each purse; whoever changes gives back what was paid for them."""

    def __init__(self, stated: Stated, plan: Plan, paid: dict[str, int]) -> None:
        need, support = positions(stated, plan.matches.need, plan.matches.support)
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
