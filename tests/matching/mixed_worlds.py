"""Small problems with a random mix of all rules, and two other ways to solve them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st
from matching_worlds import Tables, random_world
from scipy import optimize

#: Switches of `random_world`, then at_least, opening cost, funds, unequal places, loose floors.
RULES = 11


@st.composite
def mixes(draw: Any, needs: int = 6, supports: int = 4) -> tuple[Tables, int]:
    """Draw tables with a random mix of every rule of the format."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rules = draw(st.integers(0, 2**RULES - 1))
    return random_mix(rng, draw(st.integers(0, needs)), draw(st.integers(0, supports)), rules)


def random_mix(
    rng: np.random.Generator, needs: int, supports: int, rules: int, *, top: int = 30
) -> tuple[Tables, int]:
    """Each bit of `rules` switches one rule on."""
    has = [bool(rules >> bit & 1) for bit in range(RULES)]
    tables, stability = random_world(rng, needs, supports, rules & 63, top=top)
    pairs = len(tables["candidates"]["cost"])
    if has[6]:
        tables["supports"]["at_least"] = rng.integers(0, 4, supports).tolist()
    if has[7]:
        tables["supports"]["opening_cost"] = rng.integers(0, top, supports).tolist()
    if has[8]:
        tables["supports"]["fund"] = [str(rng.choice(["m0", "m1", "m2"])) for _ in range(supports)]
        budget = 20 * max(1, needs // 3)
        tables["funds"] = {"id": ["m0", "m1"], "budget": rng.integers(0, budget, 2).tolist()}
        tables["candidates"]["price"] = rng.integers(0, 20, pairs).tolist()
    if has[9]:
        tables["candidates"]["places"] = rng.integers(1, 4, pairs).tolist()
        tables["supports"]["places"] = [3 * places for places in tables["supports"]["places"]]
    if has[10]:
        wards = ["w0", "w1", "w2"]
        tables["needs"]["group"] = [str(rng.choice(wards)) for _ in range(needs)]
        most = max(2, needs // 3)
        tables["floors"] = {"group": wards[:2], "at_least": rng.integers(0, most, 2).tolist()}
    return tables, stability


def rows(tables: Tables, table: str) -> list[dict[str, Any]]:
    columns = tables.get(table, {})
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def best_mix_by_trying(tables: Tables, stability: int) -> int | None:
    """Try every choice; None where none is allowed. Reads the tables, not the arrays."""
    choices: dict[str, list[dict[str, Any] | None]] = {n: [None] for n in tables["needs"]["id"]}
    for pair in rows(tables, "candidates"):
        choices[pair["need"]].append(pair)
    costs = (
        cost_of_choice(tables, [pair for pair in choice if pair is not None], stability)
        for choice in product(*choices.values())
    )
    return min((cost for cost in costs if cost is not None), default=None)


def cost_of_choice(tables: Tables, chosen: list[dict[str, Any]], stability: int) -> int | None:
    """Cost a choice, None where it breaks a rule."""
    support_of = {pair["need"]: pair["support"] for pair in chosen}
    if any(not kept for kept in _rules(tables, chosen, support_of)):
        return None
    needs = rows(tables, "needs")
    reached = {need["family"] for need in needs if need["id"] in support_of}
    return (
        sum(pair["cost"] for pair in chosen)
        + sum(
            support.get("opening_cost", 0)
            for support in rows(tables, "supports")
            if support["id"] in support_of.values()
        )
        + sum(need["unmet_cost"] for need in needs if need["id"] not in support_of)
        + sum(
            family.get("none_met_cost", 0)
            for family in rows(tables, "families")
            if family["id"] not in reached
        )
        + stability
        * sum(support_of.get(p["need"]) != p["support"] for p in rows(tables, "previous"))
    )


def _rules(tables: Tables, chosen: list[dict[str, Any]], support_of: dict[str, str]) -> Any:
    supports = {support["id"]: support for support in rows(tables, "supports")}
    needs = {need["id"]: need for need in rows(tables, "needs")}
    for need in needs.values():
        yield need["unmet_cost"] is not None or need["id"] in support_of
    for pair in rows(tables, "fixed"):
        yield support_of.get(pair["need"]) == pair["support"]
    for support in supports.values():
        here = [pair for pair in chosen if pair["support"] == support["id"]]
        yield sum(pair.get("places", 1) for pair in here) <= support["places"]
        yield not here or len(here) >= support.get("at_least", 0)
    for provider in rows(tables, "providers"):
        here = [p for p in chosen if supports[p["support"]].get("provider") == provider["id"]]
        yield sum(pair.get("places", 1) for pair in here) <= provider["places"]
    for fund in rows(tables, "funds"):
        here = [p for p in chosen if supports[p["support"]].get("fund") == fund["id"]]
        yield sum(pair.get("price", 0) for pair in here) <= fund["budget"]
    for family in rows(tables, "families"):
        met = sum(needs[pair["need"]]["family"] == family["id"] for pair in chosen)
        yield family.get("at_most") is None or met <= family["at_most"]
    for floor in rows(tables, "floors"):
        yield floor["at_least"] <= sum(
            needs[pair["need"]].get("group") == floor["group"] for pair in chosen
        )


def best_mix_by_mip(  # noqa: C901 - one rule after another
    tables: Tables, stability: int
) -> int | None:
    """State the format's rules row by row and let HiGHS search; shares no code with the engine."""
    pairs = rows(tables, "candidates")
    needs, supports = rows(tables, "needs"), rows(tables, "supports")
    families = rows(tables, "families")
    count = len(pairs) + len(supports) + len(families)
    matrix, low, high = [], [], []

    def add(amounts: dict[int, float], least: float, most: float) -> None:
        row = np.zeros(count)
        row[list(amounts)] = list(amounts.values())
        matrix.append(row)
        low.append(least)
        high.append(most)

    def where(key: str, name: Any, amount: str = "") -> dict[int, float]:
        return {k: p.get(amount, 1) for k, p in enumerate(pairs) if p[key] == name}

    def where_need(column: str, name: Any) -> dict[int, float]:
        named = {need["id"] for need in needs if need.get(column) == name}
        return {k: 1 for k, p in enumerate(pairs) if p["need"] in named}

    def where_support(column: str, name: Any, amount: str) -> dict[int, float]:
        named = {s["id"] for s in supports if s.get(column) == name}
        default = 1 if amount == "places" else 0
        return {k: p.get(amount, default) for k, p in enumerate(pairs) if p["support"] in named}

    for need in needs:
        add(where("need", need["id"]), 1 if need["unmet_cost"] is None else 0, 1)
    for k, support in enumerate(supports, len(pairs)):
        taken = where("support", support["id"], "places")
        add(taken | {k: -support["places"]}, -np.inf, 0)
        least = support.get("at_least", 0)
        add(where("support", support["id"]) | {k: -least}, 0, np.inf)
        for pair in taken:
            add({pair: 1, k: -1}, -np.inf, 0)
    for k, family in enumerate(families, len(pairs) + len(supports)):
        limit = family.get("at_most")
        add(where_need("family", family["id"]), 0, np.inf if limit is None else limit)
        add(where_need("family", family["id"]) | {k: 1}, 1, np.inf)
    for provider in rows(tables, "providers"):
        add(where_support("provider", provider["id"], "places"), 0, provider["places"])
    for fund in rows(tables, "funds"):
        add(where_support("fund", fund["id"], "price"), 0, fund["budget"])
    for floor in rows(tables, "floors"):
        add(where_need("group", floor["group"]), floor["at_least"], np.inf)
    stands = [(p["need"], p["support"]) for p in rows(tables, "fixed")]
    unmet = {need["id"]: need["unmet_cost"] or 0 for need in needs}
    before = [(p["need"], p["support"]) for p in rows(tables, "previous")]
    cost = [
        *(
            p["cost"] - unmet[p["need"]] - stability * ((p["need"], p["support"]) in before)
            for p in pairs
        ),
        *(support.get("opening_cost", 0) for support in supports),
        *(family.get("none_met_cost", 0) for family in families),
    ]
    least_of = np.zeros(count)
    least_of[: len(pairs)] = [(p["need"], p["support"]) in stands for p in pairs]
    found = optimize.milp(
        cost,
        constraints=optimize.LinearConstraint(np.array(matrix), low, high),
        bounds=optimize.Bounds(least_of, np.ones(count)),
        integrality=np.ones(count),
        options={"mip_rel_gap": 0},
    )
    if found.x is None:
        return None
    return round(found.fun) + sum(unmet.values()) + stability * len(before)
