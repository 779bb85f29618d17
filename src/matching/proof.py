"""The bound that a plan's prices prove, recounted in integers; knows no solver."""

from __future__ import annotations

import numpy as np

from matching.bids import POUND, Bids, bound_of
from matching.ids import Ids, find_ids
from matching.problem import NO_LIMIT, Problem
from matching.result import Plan, Texts
from matching.tables import Bools, Ints


def recount_bound(problem: Problem, plan: Plan) -> tuple[int, list[str]]:
    """Recount the bound from `need_values` and `prices`.

    Weak duality. With prices at least 0 and, on every allowed pair of a need,

        value + places * (support + provider) + price * fund + family - floor - relief >= saving

    (a fund's price is pence a pound, and a pair's part of it is rounded down to whole pence)

    no plan costs less than

        unmet costs + stability + reliefs + floors * at_least - values - prices * limits

    where a family's relief, between 0 and its surcharge, is the largest that its pairs allow.
    Opening costs and minimum sizes only make plans dearer, so they may be left out of a bound.

    Parameters
    ----------
    problem : Problem
    plan : Plan

    Returns
    -------
    bound : int
    wrong : list of str
        Why the prices prove nothing; empty where they do.
    """
    wrong: list[str] = []
    value = _read(plan.need_values.need, plan.need_values.pence, problem.need_ids, "need", wrong)
    kinds = {
        "support": (problem.support_ids, problem.support_places),
        "provider": (problem.provider_ids, problem.provider_places),
        "family": (problem.family_ids, problem.family_at_most),
        "fund": (problem.fund_ids, problem.fund_budget),
        "floor": (problem.group_ids, problem.group_at_least),
    }
    known = np.isin(plan.prices.kind.astype(str), list(kinds))
    wrong += [f"price of kind {kind!r}: not known" for kind in plan.prices.kind[~known]]
    price = {}
    for kind, (ids, _) in kinds.items():
        rows = plan.prices.kind == kind
        price[kind] = _read(plan.prices.id[rows], plan.prices.price[rows], ids, kind, wrong)
        wrong += [f"{kind} {name!r}: a price below 0" for name in ids[price[kind] < 0]]
    must = _must_meet(problem)
    wrong += [f"need {n!r}: a value below 0" for n in problem.need_ids[(value < 0) & ~must]]
    slack = _slack(problem, value, price)
    relief = _relief(problem, slack)
    wrong += _too_low(problem, slack, relief)
    limits = {kind: limit for kind, (_, limit) in kinds.items()}
    wrong += _without_limit(kinds, price)
    bound = (
        int(problem.unmet_cost.sum())
        + problem.stability_cost * len(problem.previous_pairs)
        + int(relief.sum())
        - int(value.sum())
        + _dot(price["floor"], limits["floor"])
        - sum(_dot(price[kind], limits[kind]) for kind in ("support", "provider", "family"))
        - _dot(price["fund"], limits["fund"]) // POUND
    )
    return bound, wrong


def recount_bids(problem: Problem, plan: Plan) -> int | None:
    """Recount the bound that a plan's bids prove (`matching.bids`); None where it has none.

    Parameters
    ----------
    problem : Problem
    plan : Plan

    Returns
    -------
    int or None
    """
    fine, values = plan.prices.fine, plan.need_values
    if len(values.bid) != len(problem.need_ids) or len(fine) != len(plan.prices.id):
        return None
    wrong: list[str] = []

    def read(kind: str, ids: Ids) -> Ints:
        rows = plan.prices.kind == kind
        return np.maximum(0, _read(plan.prices.id[rows], fine[rows], ids, kind, wrong))

    bids = Bids(
        _read(values.need, values.bid, problem.need_ids, "need", wrong),
        np.where(problem.provider_places < NO_LIMIT, read("provider", problem.provider_ids), 0),
        np.where(problem.fund_budget < NO_LIMIT, read("fund", problem.fund_ids), 0),
        read("floor", problem.group_ids),
    )
    return None if wrong else bound_of(problem, bids)


def _read(names: Texts, pence: Ints, ids: Ids, kind: str, wrong: list[str]) -> Ints:
    place = find_ids(names, ids)
    out = np.zeros(len(ids), dtype=np.int64)
    out[place[place >= 0]] = pence[place >= 0]
    wrong += [f"price of {kind} {name!r}: there is no such id" for name in names[place < 0]]
    return out


def _must_meet(problem: Problem) -> Bools:
    must = problem.must_meet.copy()
    must[problem.pair_need[problem.fixed_pairs]] = True
    return must


def _slack(problem: Problem, value: Ints, price: dict[str, Ints]) -> Ints:
    """By how much each pair's prices exceed its saving, before its family's relief."""
    need, support = problem.pair_need, problem.pair_support
    saving = problem.unmet_cost[need] - problem.pair_cost
    saving[problem.previous_pairs] += problem.stability_cost
    place = price["support"][support] + _at(price["provider"], problem.support_provider[support])
    return (
        value[need]
        + problem.pair_places * place
        + problem.pair_price * _at(price["fund"], problem.support_fund[support]) // POUND
        + _at(price["family"], problem.need_family[need])
        - _at(price["floor"], problem.need_group[need])
        - saving
    )


def _at(price: Ints, where: Ints) -> Ints:
    return np.append(price, 0)[where]


def _counts(problem: Problem) -> Bools:
    """Say which pairs can be chosen at all: they fit, and no other pair of the need is fixed."""
    standing = np.zeros(len(problem.need_ids), dtype=bool)
    standing[problem.pair_need[problem.fixed_pairs]] = True
    fits = problem.pair_places <= problem.support_places[problem.pair_support]
    counts = fits & ~standing[problem.pair_need]
    counts[problem.fixed_pairs] = True
    return counts


def _relief(problem: Problem, slack: Ints) -> Ints:
    family = problem.need_family[problem.pair_need]
    named = (family >= 0) & _counts(problem)
    least = np.full(len(problem.family_ids), NO_LIMIT, dtype=np.int64)
    np.minimum.at(least, family[named], slack[named])
    return np.clip(least, 0, problem.none_met_cost)


def _too_low(problem: Problem, slack: Ints, relief: Ints) -> list[str]:
    family = problem.need_family[problem.pair_need]
    short = _counts(problem) & (slack < _at(relief, family))
    return [
        f"need {problem.need_ids[problem.pair_need[pair]]!r}, support "
        f"{problem.support_ids[problem.pair_support[pair]]!r}: values and prices below the saving"
        for pair in np.flatnonzero(short)
    ]


def _without_limit(kinds: dict[str, tuple[Ids, Ints]], price: dict[str, Ints]) -> list[str]:
    return [
        f"{kind} {name!r}: has a price but no limit"
        for kind, (ids, limit) in kinds.items()
        if kind not in {"support", "floor"}
        for name in ids[(limit >= NO_LIMIT) & (price[kind] != 0)]
    ]


def _dot(price: Ints, amount: Ints) -> int:
    paid = price != 0
    return sum(int(p) * int(a) for p, a in zip(price[paid], amount[paid], strict=True))
