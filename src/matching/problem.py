"""A matching problem as arrays, checked once when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.errors import BadInput
from matching.ids import Ids, find_keys, positions_in
from matching.tables import (
    COLUMNS,
    LARGEST_AMOUNT,
    NEEDED_TABLES,
    Bools,
    Ints,
    Table,
    read_table,
)

#: The limit of whatever is named but has no row of its own.
NO_LIMIT = LARGEST_AMOUNT


@dataclass(frozen=True, eq=False)
class Problem:
    """Needs, supports, and the pairs that are allowed between them.

    Ids are sorted and pairs stand in the order (need, support), so that the order of the rows
    given never matters. References are positions in the id arrays, -1 for none. Money is integer
    pence. Build it with `from_tables`, which checks; the arrays are read-only.

    Parameters
    ----------
    need_ids, support_ids, provider_ids, family_ids, fund_ids, group_ids : ndarray of str
        Every id, also of providers, families, funds and groups that are named but have no row.
    unmet_cost : ndarray, shape (needs,)
        Pence if the need stays unmet; 0 where `must_meet`.
    must_meet : ndarray of bool, shape (needs,)
    need_family, need_group : ndarray, shape (needs,)
    support_places, support_provider, support_fund : ndarray, shape (supports,)
    support_at_least, opening_cost : ndarray, shape (supports,)
        A support runs with this many needs or not at all; pence once if it takes any.
    pair_need, pair_support, pair_cost, pair_places, pair_price : ndarray, shape (pairs,)
    provider_places : ndarray, shape (providers,)
        `NO_LIMIT` where there is no row.
    family_at_most, none_met_cost : ndarray, shape (families,)
    fund_budget : ndarray, shape (funds,)
    group_at_least : ndarray, shape (groups,)
        How many of the group's needs must be met; 0 where there is no floor.
    group_has_floor : ndarray of bool, shape (groups,)
    fixed_pairs, previous_pairs : ndarray
        Positions of pairs, each once, sorted.
    stability_cost : int
        Pence for each previous pair that is not chosen.
    """

    need_ids: Ids
    unmet_cost: Ints
    must_meet: Bools
    need_family: Ints
    need_group: Ints
    support_ids: Ids
    support_places: Ints
    support_provider: Ints
    support_fund: Ints
    support_at_least: Ints
    opening_cost: Ints
    pair_need: Ints
    pair_support: Ints
    pair_cost: Ints
    pair_places: Ints
    pair_price: Ints
    provider_ids: Ids
    provider_places: Ints
    family_ids: Ids
    family_at_most: Ints
    none_met_cost: Ints
    fund_ids: Ids
    fund_budget: Ints
    group_ids: Ids
    group_at_least: Ints
    group_has_floor: Bools
    fixed_pairs: Ints
    previous_pairs: Ints
    stability_cost: int

    def __post_init__(self) -> None:
        """Make every array read-only."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @classmethod
    def from_tables(
        cls, tables: Mapping[str, Mapping[str, Any]], *, stability_cost: int = 0
    ) -> Problem:
        """Check the tables of matching-problem/1 and turn them into arrays.

        Parameters
        ----------
        tables : mapping of table name to mapping of column name to sequence
            Lists, numpy arrays or pyarrow arrays; None is missing. Tables and columns that the
            format lets go missing may be left out.
        stability_cost : int
            Pence, within ±10^12.

        Returns
        -------
        Problem

        Raises
        ------
        BadInput
            Names the table, row and column, and what is wanted there.
        """
        if type(stability_cost) is not int or abs(stability_cost) > LARGEST_AMOUNT:
            raise BadInput("must be whole pence within ±10^12", column="stability_cost")
        for name in tables:
            if name not in COLUMNS:
                raise BadInput(f"is not known; the format has {', '.join(COLUMNS)}", table=name)
        for name in NEEDED_TABLES:
            if name not in tables:
                raise BadInput("this table is needed (it may be empty)", table=name)
        read = {name: read_table(name, tables.get(name, {})) for name in COLUMNS}
        return cls(stability_cost=stability_cost, **_arrays(read))

    @property
    def pair_keys(self) -> Ints:
        """A number for each pair that grows from pair to pair: need × supports + support."""
        return self.pair_need * len(self.support_ids) + self.pair_support

    @property
    def pair_starts(self) -> Ints:
        """Where each need's pairs begin, shape (needs + 1,)."""
        return np.searchsorted(self.pair_need, np.arange(len(self.need_ids) + 1)).astype(np.int64)


def _arrays(read: Mapping[str, Table]) -> dict[str, Any]:
    needs, supports = read["needs"], read["supports"]
    need_ids, need_order = _own_ids(needs, "id")
    support_ids, support_order = _own_ids(supports, "id")
    family_ids = _all_ids(read["families"], "id", needs.texts["family"])
    group_ids = _all_ids(read["floors"], "group", needs.texts["group"])
    provider_ids = _all_ids(read["providers"], "id", supports.texts["provider"])
    fund_ids = _all_ids(read["funds"], "id", supports.texts["fund"])
    pairs = _pairs(read["candidates"], need_ids, support_ids)
    keys = pairs["pair_need"] * len(support_ids) + pairs["pair_support"]
    return {
        "need_ids": _as_objects(need_ids),
        "unmet_cost": needs.numbers["unmet_cost"][need_order],
        "must_meet": needs.missing["unmet_cost"][need_order],
        "need_family": positions_in(needs.texts["family"], family_ids)[need_order],
        "need_group": positions_in(needs.texts["group"], group_ids)[need_order],
        "support_ids": _as_objects(support_ids),
        "support_places": supports.numbers["places"][support_order],
        "support_provider": positions_in(supports.texts["provider"], provider_ids)[support_order],
        "support_fund": positions_in(supports.texts["fund"], fund_ids)[support_order],
        "support_at_least": supports.numbers["at_least"][support_order],
        "opening_cost": supports.numbers["opening_cost"][support_order],
        **pairs,
        "provider_ids": _as_objects(provider_ids),
        "provider_places": _limits(read["providers"], "id", "places", provider_ids, NO_LIMIT),
        "family_ids": _as_objects(family_ids),
        "family_at_most": _limits(read["families"], "id", "at_most", family_ids, NO_LIMIT),
        "none_met_cost": _limits(read["families"], "id", "none_met_cost", family_ids, 0),
        "fund_ids": _as_objects(fund_ids),
        "fund_budget": _limits(read["funds"], "id", "budget", fund_ids, NO_LIMIT),
        "group_ids": _as_objects(group_ids),
        "group_at_least": _limits(read["floors"], "group", "at_least", group_ids, 0),
        "group_has_floor": np.isin(
            np.arange(len(group_ids)), positions_in(read["floors"].texts["group"], group_ids)
        ),
        "fixed_pairs": _fixed(read["fixed"], need_ids, support_ids, keys),
        "previous_pairs": _previous(read["previous"], need_ids, support_ids, keys),
    }


def _own_ids(table: Table, column: str) -> tuple[Any, Ints]:
    """Sort a table's ids; each may stand once."""
    ids = table.texts[column]
    order = pc.sort_indices(ids).to_numpy().astype(np.int64)
    ordered = ids.take(order)
    _sort_once(table, column, positions_in(ids, ordered))
    return ordered, order


def _all_ids(table: Table, column: str, named: Any) -> Any:
    """Sort the ids of a table together with those that are only named elsewhere."""
    _own_ids(table, column)
    ids = pc.unique(pa.concat_arrays([table.texts[column], named.drop_null()]))
    return ids.take(pc.sort_indices(ids))


def _limits(table: Table, key: str, column: str, ids: Any, default: int) -> Ints:
    limits = np.full(len(ids), default, dtype=np.int64)
    limits[positions_in(table.texts[key], ids)] = table.numbers[column]
    return limits


def _pairs(table: Table, need_ids: Any, support_ids: Any) -> dict[str, Ints]:
    need = _known(table, "need", need_ids)
    support = _known(table, "support", support_ids)
    order = _sort_once(table, "support", need * len(support_ids) + support)
    return {
        "pair_need": need[order],
        "pair_support": support[order],
        "pair_cost": table.numbers["cost"][order],
        "pair_places": table.numbers["places"][order],
        "pair_price": table.numbers["price"][order],
    }


def _known(table: Table, column: str, ids: Any) -> Ints:
    positions = positions_in(table.texts[column], ids)
    bad = np.flatnonzero(positions < 0)
    if bad.size:
        row = int(bad[0])
        text = f"{table.texts[column][row].as_py()!r} is not an id of {column}s"
        raise BadInput(text, table=table.name, row=row + 1, column=column)
    return positions


def _sort_once(table: Table, column: str, keys: Ints) -> Ints | slice:
    """Give the order of the keys; none may stand twice. Rows that are in order stay as they are."""
    if (keys[1:] > keys[:-1]).all():
        return slice(None)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    again = order[1:][ordered[1:] == ordered[:-1]]
    if again.size:
        row = int(again.min())
        text = f"{table.texts[column][row].as_py()!r} stands here a second time"
        raise BadInput(text, table=table.name, row=row + 1, column=column)
    return order


def _fixed(table: Table, need_ids: Any, support_ids: Any, keys: Ints) -> Ints:
    need = _known(table, "need", need_ids)
    support = _known(table, "support", support_ids)
    wanted = need * len(support_ids) + support
    _sort_once(table, "support", wanted)
    at, inside = find_keys(keys, wanted)
    lost = np.flatnonzero(~inside)
    if lost.size:
        text = "is not among this need's candidates"
        raise BadInput(text, table=table.name, row=int(lost[0]) + 1, column="support")
    return np.sort(at)


def _previous(table: Table, need_ids: Any, support_ids: Any, keys: Ints) -> Ints:
    """Keep what is still a candidate; the rest of yesterday's plan is gone by design."""
    need = positions_in(table.texts["need"], need_ids)
    support = positions_in(table.texts["support"], support_ids)
    wanted = (need * len(support_ids) + support)[(need >= 0) & (support >= 0)]
    at, inside = find_keys(keys, wanted)
    return np.unique(at[inside])


def _as_objects(ids: Any) -> Ids:
    return np.array(ids.to_pylist(), dtype=object)
