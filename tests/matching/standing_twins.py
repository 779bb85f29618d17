"""A standing plan beside the tables it stands for, which change in the same way."""

from __future__ import annotations

from copy import deepcopy
from itertools import count
from typing import Any

import numpy as np
from matching_worlds import Tables, problem_of

from matching import NotYet, Problem, solve
from matching.errors import NoPlanLeft
from matching.state import Standing


class Twin:
    """Lets events happen twice: to a standing plan, and to tables that are solved from scratch."""

    def __init__(self, tables: Tables, stability_cost: int) -> None:
        self.tables, self.stability_cost = deepcopy(tables), stability_cost
        self.problem: Problem = problem_of(tables, stability_cost)
        self.standing = Standing(self.problem)
        self._count = count()
        self._needs = _numbers(self.problem.need_ids)
        self._supports = _numbers(self.problem.support_ids)
        self._families = _numbers(self.problem.family_ids)

    def solve(self) -> int | None:
        return solve(problem_of(self.tables, self.stability_cost)).objective

    def needs(self) -> list[str]:
        return list(self.tables["needs"]["id"])

    def supports(self) -> list[str]:
        return list(self.tables["supports"]["id"])

    def providers(self) -> list[str]:
        return list(self.tables.get("providers", {}).get("id", []))

    def families(self) -> list[str]:
        return list(self._families)

    def groups(self) -> list[str]:
        return list(self.problem.group_ids)

    def pairs(self) -> list[tuple[str, str]]:
        columns = self.tables["candidates"]
        return list(zip(columns["need"], columns["support"], strict=True))

    def decline(self, need: str, support: str) -> None:
        for table in ("candidates", "fixed"):
            self._drop(table, lambda row: (row["need"], row["support"]) == (need, support))
        numbers = self._needs[need], self._supports[support]
        self.standing.decline(self.standing.find_pair(*numbers))

    def withdraw(self, need: str) -> None:
        self._drop("needs", lambda row: row["id"] == need)
        for table in ("candidates", "fixed"):
            self._drop(table, lambda row: row["need"] == need)
        self.standing.withdraw(self._needs[need])

    def set_places(self, support: str, places: int) -> None:
        self._set("supports", support, places)
        self.standing.set_places(self._supports[support], places)

    def set_total(self, provider: str, places: int) -> None:
        self._set("providers", provider, places)
        self.standing.set_total(self.problem.provider_ids.tolist().index(provider), places)

    def add_family(self, at_most: int | None, none_met_cost: int) -> None:
        name = f"newcomers{next(self._count)}"
        families = self.tables.setdefault("families", {"id": []})
        for column, default in (("at_most", None), ("none_met_cost", 0)):
            families.setdefault(column, [default] * len(families["id"]))
        row = {"id": name, "at_most": at_most, "none_met_cost": none_met_cost}
        _append(families, row)
        self._families[name] = self.standing.add_family(
            at_most=at_most, none_met_cost=none_met_cost
        )

    def arrive(
        self,
        unmet: int | None,
        costs: dict[str, int],
        *,
        family: str | None = None,
        group: str | None = None,
    ) -> None:
        name = f"late{next(self._count)}"
        row = {"id": name, "unmet_cost": unmet, "family": family, "group": group}
        _append(self.tables["needs"], row)
        for support, cost in costs.items():
            _append(self.tables["candidates"], {"need": name, "support": support, "cost": cost})
        self._needs[name] = self.standing.arrive(
            unmet,
            np.array([self._supports[support] for support in costs], dtype=np.int64),
            np.array(list(costs.values()), dtype=np.int64),
            family=None if family is None else self._families[family],
            group=None if group is None else self.groups().index(group),
        )

    def add_support(self, places: int, costs: dict[str, int], provider: str | None) -> None:
        name = f"new{next(self._count)}"
        _append(self.tables["supports"], {"id": name, "places": places, "provider": provider})
        for need, cost in costs.items():
            _append(self.tables["candidates"], {"need": need, "support": name, "cost": cost})
        ids = self.problem.provider_ids.tolist()
        self._supports[name] = self.standing.add_support(
            places,
            np.array([self._needs[need] for need in costs], dtype=np.int64),
            np.array(list(costs.values()), dtype=np.int64),
            provider=None if provider is None else ids.index(provider),
        )

    def happen(self, event: str, *given: Any, **named: Any) -> None:
        """Let an event happen, hold it against solving anew, and forget it where there is none."""
        before, objective = deepcopy(self.tables), self.standing.objective
        try:
            getattr(self, event)(*given, **named)
        except NoPlanLeft:
            assert self.solve() is None
            self.tables = before
            assert self.standing.objective == objective
        except NotYet as error:
            if "only some needs of a family" not in str(error):
                raise
            self.tables = before
        assert self.standing.prove() == self.solve()

    def forget_late(self) -> None:
        """Forget who came within a what-if; their numbers are not given again."""
        for numbers, table in ((self._needs, "needs"), (self._supports, "supports")):
            for name in numbers.keys() - set(self.tables[table]["id"]):
                del numbers[name]

    def _set(self, table: str, name: str, places: int) -> None:
        self.tables[table]["places"][self.tables[table]["id"].index(name)] = places

    def _drop(self, table: str, wanted: Any) -> None:
        columns = self.tables.get(table, {})
        keep = [k for k, row in enumerate(_rows(columns)) if not wanted(row)]
        self.tables[table] = {name: [cells[k] for k in keep] for name, cells in columns.items()}


def _numbers(ids: Any) -> dict[str, int]:
    return {name: number for number, name in enumerate(ids)}


def _append(columns: dict[str, list[Any]], row: dict[str, Any]) -> None:
    """Add a row to the columns that there are."""
    for name, cells in columns.items():
        cells.append(row.get(name))


def _rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
