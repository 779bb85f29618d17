"""Tables and suitable pairs as one problem for the engine, and back from its names to positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from marketplace.worker.payers import Payable, find_payers
from marketplace.worker.planning import Tables
from matching import Plan, Problem
from matching import suitability as s


@dataclass(frozen=True)
class Stated:
    """A problem beside what it was made of.

    A support is an intake with the purse that pays there, so an intake may be several of them:
    `support_intake` and `support_purse` say which; together they have the intake's places.
    """

    tables: Tables
    pairs: s.Pairs
    payable: Payable
    problem: Problem
    support_ids: list[str]
    support_intake: Any
    support_purse: Any
    surcharge: dict[str, int]

    @cached_property
    def support_at(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.support_ids)}

    @cached_property
    def need_at(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.tables.need_ids)}

    @cached_property
    def _keys(self) -> Any:
        return self.pairs.need * len(self.tables.intake_ids) + self.pairs.intake

    def rows_of(self, need: Any, intake: Any) -> Any:
        """Where pairs stand, by the positions of their need and intake."""
        return np.searchsorted(self._keys, need * len(self.tables.intake_ids) + intake)


def suitable_pairs(tables: Tables) -> s.Pairs:
    """Every pair that may be, without what a trial forbids."""
    trial = tables.limits.trial_refusals
    more = np.array(trial, dtype=np.int64).reshape(len(trial), 2)
    refusals = s.Refusals(
        need=np.concatenate([tables.refusals.need, more[:, 0]]),
        intake=np.concatenate([tables.refusals.intake, more[:, 1]]),
        provider_need=tables.refusals.provider_need,
        provider=tables.refusals.provider,
    )
    return s.find_pairs(tables.families, tables.needs, tables.intakes, tables.policy, refusals)


def state_problem(
    tables: Tables, pairs: s.Pairs, *, pins: Sequence[tuple[int, int]] = (), families: Any = None
) -> Stated:
    """Everyone's needs, all pairs that can be paid, and the surcharge that reaches families first.

    `families`: a flag a need; without it the need has no pairs.
    """
    limits = tables.limits
    payable = find_payers(pairs, limits, needs=len(tables.need_ids))
    kept = slice(None) if families is None else families[pairs.need[payable.row]]
    row, purse = payable.row[kept], payable.purse[kept]
    key, support = np.unique(
        pairs.intake[row] * (_purses(tables) + 1) + purse + 1, return_inverse=True
    )
    intake, of_support = np.divmod(key, _purses(tables) + 1)
    names = [_name(tables, *one) for one in zip(intake.tolist(), of_support.tolist(), strict=True)]
    surcharge = _surcharges(tables, pairs)
    need_ids = pa.array(tables.need_ids)
    problem = Problem.from_tables(
        {
            "needs": {
                "id": need_ids,
                "unmet_cost": s.stakes(tables.needs, tables.policy),
                "family": tables.family_ids,
            },
            "supports": _supports(tables, names, intake, of_support - 1, payable),
            "providers": _shared(tables, intake),
            "funds": {
                "id": [str(at) for at in payable.left_pence],
                "budget": list(payable.left_pence.values()),
            },
            "candidates": {
                "need": pa.DictionaryArray.from_arrays(pa.array(pairs.need[row]), need_ids),
                "support": pa.DictionaryArray.from_arrays(
                    pa.array(support), pa.array(names, pa.string())
                ),
                "cost": pairs.cost_pence[row],
                "places": pairs.places[row],
                "price": pairs.price_pence[row],
            },
            "families": {
                "id": list(surcharge),
                "none_met_cost": list(surcharge.values()),
            },
            "fixed": _fixed(tables, pins, (pairs.need[row], pairs.intake[row]), support, names),
        }
    )
    return Stated(tables, pairs, payable, problem, names, intake, of_support - 1, surcharge)


def _purses(tables: Tables) -> int:
    return len(tables.limits.purses or ())


def _name(tables: Tables, intake: int, purse: int) -> str:
    return f"{tables.intake_ids[intake]}/{purse - 1}" if purse else tables.intake_ids[intake]


def _supports(
    tables: Tables, names: list[str], intake: Any, purse: Any, payable: Payable
) -> dict[str, Any]:
    limits = tables.limits
    several = np.bincount(intake, minlength=len(tables.intake_ids)) > 1
    runs_short = set(payable.left_pence)
    least = np.array(limits.at_least, dtype=np.int64)[intake]
    return {
        "id": pa.array(names, pa.string()),
        "places": np.array(limits.places, dtype=np.int64)[intake],
        "provider": pa.array(
            [tables.intake_ids[one] if several[one] else None for one in intake.tolist()],
            pa.string(),
        ),
        "fund": pa.array(
            [str(one) if one in runs_short else None for one in purse.tolist()], pa.string()
        ),
        "at_least": np.where(least > 1, least, 0),
        "opening_cost": np.array(limits.opening_pence, dtype=np.int64)[intake],
    }


def _shared(tables: Tables, intake: Any) -> dict[str, Any]:
    shared = np.flatnonzero(np.bincount(intake, minlength=len(tables.intake_ids)) > 1).tolist()
    return {
        "id": [tables.intake_ids[one] for one in shared],
        "places": [tables.limits.places[one] for one in shared],
    }


def _surcharges(tables: Tables, pairs: s.Pairs) -> dict[str, int]:
    """By family, whose needs may take more places or fewer: the most counts."""
    dearest = max(tables.limits.opening_pence, default=0)
    costs = s.none_met_costs(tables.families, pairs, dearest)
    if tables.limits.is_worth_it:
        costs = np.zeros_like(costs)
    surcharge: dict[str, int] = {}
    for family, pence in zip(tables.family_ids, costs.tolist(), strict=True):
        surcharge[family] = max(pence, surcharge.get(family, 0))
    return surcharge


def _fixed(
    tables: Tables,
    pins: Sequence[tuple[int, int]],
    pairs: tuple[Any, Any],
    support: Any,
    names: list[str],
) -> dict[str, list[str]]:
    fixed: dict[str, list[str]] = {"need": [], "support": []}
    need, intake = pairs
    for one, there in pins:
        at = np.flatnonzero((need == one) & (intake == there))
        # A group's purse may be one that does not pay for this need: then it cannot be pinned.
        if len(at):
            fixed["need"].append(tables.need_ids[one])
            fixed["support"].append(names[support[at[0]]])
    return fixed


def idle_groups(stated: Stated, plan: Plan) -> list[int]:
    """Groups with places, by position of the intake, that nobody was put in."""
    limits = stated.tables.limits
    support = [stated.support_at[one] for one in plan.matches.support.tolist()]
    runs = set(stated.support_intake[support].tolist()) if support else set()
    sizes = zip(limits.at_least, limits.opening_pence, limits.places, strict=True)
    return [
        at
        for at, (least, opening, places) in enumerate(sizes)
        if (least > 1 or opening) and places and at not in runs
    ]
