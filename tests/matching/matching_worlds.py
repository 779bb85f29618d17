"""Small problems for the tests: one solvable by hand, random ones, and two other ways to solve."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy import optimize, sparse

from matching import Problem

Tables = dict[str, dict[str, list[Any]]]


def four_families_three_supports() -> Tables:
    """By hand: the lunch goes to Bea, who has nothing else; Ann takes the club instead.

    Savings: Ann lunch 60, club 50; Bea lunch 40; Cal club 30, debt 20; Dee debt 10. One place
    each at lunch and club, two at debt. Best is Ann club 50, Bea lunch 40, Cal debt 20,
    Dee debt 10: saves 120 of 400, so the plan costs 280.
    """
    return {
        "needs": {"id": ["ann", "bea", "cal", "dee"], "unmet_cost": [100, 100, 100, 100]},
        "supports": {"id": ["lunch", "club", "debt"], "places": [1, 1, 2]},
        "candidates": {
            "need": ["ann", "ann", "bea", "cal", "cal", "dee"],
            "support": ["lunch", "club", "lunch", "club", "debt", "debt"],
            "cost": [40, 50, 60, 70, 80, 90],
        },
    }


def problem_of(tables: Tables, stability_cost: int = 0) -> Problem:
    return Problem.from_tables(tables, stability_cost=stability_cost)


@st.composite
def worlds(draw: Any, needs: int = 5, supports: int = 4) -> tuple[Tables, int]:
    """Draw tables with a random mix of every rule that a flow can hold."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random_world(
        rng, draw(st.integers(0, needs)), draw(st.integers(0, supports)), draw(st.integers(0, 63))
    )


def random_world(
    rng: np.random.Generator, needs: int, supports: int, rules: int, *, top: int = 30
) -> tuple[Tables, int]:
    """Each bit of `rules` switches one rule on."""
    has = [bool(rules >> bit & 1) for bit in range(6)]
    need_ids = [f"n{i}" for i in range(needs)]
    support_ids = [f"s{j}" for j in range(supports)]
    families = [f"f{i}" for i in range(max(1, needs // 2))]
    family = [str(rng.choice(families)) if rng.random() < 0.8 else None for _ in need_ids]
    pairs = [(n, s) for n in need_ids for s in support_ids if rng.random() < 0.6]
    unmet: list[Any] = rng.integers(-5, top, needs).tolist()
    if has[3]:
        unmet = [None if rng.random() < 0.2 else cost for cost in unmet]
    tables: Tables = {
        "needs": {"id": need_ids, "unmet_cost": unmet, "family": family},
        "supports": {"id": support_ids, "places": rng.integers(0, 3, supports).tolist()},
        "candidates": {
            "need": [n for n, _ in pairs],
            "support": [s for _, s in pairs],
            "cost": rng.integers(-5, top, len(pairs)).tolist(),
        },
    }
    if has[0]:
        tables["supports"]["provider"] = [str(rng.choice(["p0", "p1", "p2"])) for _ in support_ids]
        tables["providers"] = {"id": ["p0", "p1"], "places": rng.integers(0, 4, 2).tolist()}
    if has[1] or has[2]:
        tables["families"] = {"id": families}
    if has[1]:
        limits = [None if rng.random() < 0.3 else int(rng.integers(0, 3)) for _ in families]
        tables["families"]["at_most"] = limits
    if has[2]:
        tables["families"]["none_met_cost"] = rng.integers(0, 2 * top, len(families)).tolist()
    if has[4] and pairs:
        picks = rng.permutation(len(pairs))
        tables["fixed"] = _columns([pairs[k] for k in picks[: rng.integers(0, 2)]])
        tables["previous"] = _columns([pairs[k] for k in picks[1:4]])
    if has[5]:
        _add_floors(rng, tables, family)
    return tables, int(rng.integers(0, 20)) if has[4] else 0


def _add_floors(rng: np.random.Generator, tables: Tables, family: list[str | None]) -> None:
    """Put whole families into wards, so that a flow can count them."""
    ward = {name: str(rng.choice(["w0", "w1", "w2"])) for name in family if name}
    tables["needs"]["group"] = [
        ward[name] if name else str(rng.choice(["w0", "w1", "w2"])) for name in family
    ]
    tables["floors"] = {"group": ["w0", "w1"], "at_least": rng.integers(0, 3, 2).tolist()}


def _columns(pairs: list[tuple[str, str]]) -> dict[str, list[Any]]:
    return {"need": [n for n, _ in pairs], "support": [s for _, s in pairs]}


def best_by_trying(tables: Tables, stability_cost: int) -> int | None:
    """Try every choice; None where none is allowed. Reads the tables, not the arrays."""
    pairs: dict[str, list[tuple[str, int] | None]] = {n: [None] for n in tables["needs"]["id"]}
    for need, support, cost in zip(*tables["candidates"].values(), strict=True):
        pairs[need].append((support, cost))
    best = None
    for choice in product(*pairs.values()):
        chosen = {n: c for n, c in zip(pairs, choice, strict=True) if c is not None}
        cost = _cost(tables, chosen, stability_cost)
        if cost is not None and (best is None or cost < best):
            best = cost
    return best


def _cost(tables: Tables, chosen: dict[str, tuple[str, int]], stability: int) -> int | None:
    needs = tables["needs"]
    unmet = dict(zip(needs["id"], needs["unmet_cost"], strict=True))
    left = [unmet[need] for need in unmet if need not in chosen]
    support = {need: pair[0] for need, pair in chosen.items()}
    if None in left or _breaks_a_limit(tables, support):
        return None
    family = dict(zip(needs["id"], needs["family"], strict=True))
    met = [family[need] for need in chosen]
    surcharges = _pairs_of(tables, "families", "id", "none_met_cost")
    previous = _pairs_of(tables, "previous", "need", "support")
    return (
        sum(cost for _, cost in chosen.values())
        + sum(left)
        + sum(cost for name, cost in surcharges if name not in met)
        + stability * sum(support.get(need) != place for need, place in previous)
    )


def _breaks_a_limit(tables: Tables, support: dict[str, str]) -> bool:
    needs, supports = tables["needs"], tables["supports"]
    family = dict(zip(needs["id"], needs["family"], strict=True))
    group = dict(zip(needs["id"], needs.get("group", []), strict=False))
    provider = dict(zip(supports["id"], supports.get("provider", []), strict=False))
    used = Counter(support.values())
    totals = Counter(provider.get(place) for place in support.values())
    matches = Counter(family[need] for need in support)
    groups = Counter(group.get(need) for need in support)
    limits = [
        *((used[s], k) for s, k in _pairs_of(tables, "supports", "id", "places")),
        *((totals[p], k) for p, k in _pairs_of(tables, "providers", "id", "places")),
        *((matches[f], k) for f, k in _pairs_of(tables, "families", "id", "at_most")),
        *((k, groups[g]) for g, k in _pairs_of(tables, "floors", "group", "at_least")),
    ]
    fixed = _pairs_of(tables, "fixed", "need", "support")
    return any(k is not None and n > k for n, k in limits) or any(
        support.get(need) != place for need, place in fixed
    )


def _pairs_of(tables: Tables, table: str, key: str, value: str) -> list[tuple[Any, Any]]:
    columns = tables.get(table, {})
    return list(zip(columns.get(key, []), columns.get(value, []), strict=False))


def best_by_mip(problem: Problem) -> int | None:
    """Solve the textbook model with HiGHS: a column a pair, one a family that gets nothing."""
    pairs, families = len(problem.pair_need), len(problem.family_ids)
    cost = problem.pair_cost - problem.unmet_cost[problem.pair_need]
    cost[problem.previous_pairs] -= problem.stability_cost
    base = problem.unmet_cost.sum() + problem.stability_cost * len(problem.previous_pairs)
    rows, low, high = [], [], []

    def add(of_pair: Any, size: int, least: Any, most: Any) -> None:
        for k in range(size):
            rows.append(np.concatenate([of_pair == k, np.zeros(families)]))
            low.append(least[k])
            high.append(most[k])

    need, support = problem.pair_need, problem.pair_support
    family = problem.need_family[need]
    needs = len(problem.need_ids)
    add(need, needs, problem.must_meet.astype(int), np.ones(needs))
    add(support, len(problem.support_ids), _zeros(problem.support_ids), problem.support_places)
    provider = problem.support_provider[support]
    add(provider, len(problem.provider_ids), _zeros(problem.provider_ids), problem.provider_places)
    add(family, families, _zeros(problem.family_ids), problem.family_at_most)
    group = problem.need_group[need]
    everyone = np.full(len(problem.group_ids), needs)
    add(group, len(problem.group_ids), problem.group_at_least, everyone)
    for k in range(families):
        rows.append(np.concatenate([family == k, np.arange(families) == k]))
        low.append(1)
        high.append(np.inf)
    bounds = optimize.Bounds(np.zeros(pairs + families), np.ones(pairs + families))
    bounds.lb[problem.fixed_pairs] = 1
    answer = optimize.milp(
        np.concatenate([cost, problem.none_met_cost]),
        constraints=optimize.LinearConstraint(sparse.csr_array(np.array(rows)), low, high),
        bounds=bounds,
        integrality=np.ones(pairs + families),
    )
    return None if answer.x is None else round(answer.fun) + int(base)


def _zeros(ids: Any) -> Any:
    return np.zeros(len(ids), dtype=int)
