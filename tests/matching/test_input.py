"""Bad input is told where it is, and what is wanted there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from matching_worlds import Tables, four_families_three_supports, problem_of

from matching import BadInput, Problem


def broken(table: str, column: str, row: int, value: Any) -> Tables:
    tables = four_families_three_supports()
    tables.setdefault(table, {})[column] = list(tables.get(table, {}).get(column, [None] * 4))
    tables[table][column][row - 1] = value
    return tables


@pytest.mark.parametrize(
    ("table", "column", "row", "value"),
    [
        ("needs", "id", 2, "ann"),
        ("needs", "id", 3, None),
        ("needs", "id", 3, ""),
        ("needs", "id", 2, 7),
        ("needs", "unmet_cost", 4, 10**12 + 1),
        ("needs", "unmet_cost", 4, -(10**12) - 1),
        ("needs", "unmet_cost", 4, 10**30),
        ("needs", "unmet_cost", 2, 1.5),
        ("needs", "unmet_cost", 2, float("nan")),
        ("needs", "unmet_cost", 2, "100"),
        ("needs", "unmet_cost", 2, True),
        ("needs", "family", 2, 5),
        ("supports", "places", 3, -1),
        ("supports", "places", 3, None),
        ("supports", "places", 1, [1]),
        ("candidates", "need", 5, "eve"),
        ("candidates", "support", 6, "pub"),
        ("candidates", "support", 2, "lunch"),
        ("candidates", "cost", 3, None),
    ],
)
def test_a_bad_cell_is_named(table: str, column: str, row: int, value: Any) -> None:
    with pytest.raises(BadInput) as caught:
        problem_of(broken(table, column, row, value))
    error = caught.value
    assert (error.table, error.column, error.row) == (table, column, row)
    assert str(error).startswith(f"table {table}, row {row}, column {column}: ")


@pytest.mark.parametrize(
    ("table", "columns", "column", "row"),
    [
        ("candidates", {"places": [1, 1, 0, 1, 1, 1]}, "places", 3),
        ("candidates", {"price": [0, -1, 0, 0, 0, 0]}, "price", 2),
        ("supports", {"opening_cost": [0, 0, -5]}, "opening_cost", 3),
        ("families", {"id": ["f"], "at_most": [-1]}, "at_most", 1),
        ("families", {"id": ["f", "f"]}, "id", 2),
        ("providers", {"id": ["p"], "places": [None]}, "places", 1),
        ("floors", {"group": ["w", "w"], "at_least": [1, 1]}, "group", 2),
        ("fixed", {"need": ["dee"], "support": ["lunch"]}, "support", 1),
        ("fixed", {"need": ["ann", "ann"], "support": ["lunch", "lunch"]}, "support", 2),
        ("fixed", {"need": ["eve"], "support": ["lunch"]}, "need", 1),
    ],
)
def test_a_bad_row_is_named(table: str, columns: Any, column: str, row: int) -> None:
    tables = four_families_three_supports()
    tables[table] = {**tables.get(table, {}), **columns}
    with pytest.raises(BadInput) as caught:
        problem_of(tables)
    assert (caught.value.table, caught.value.column, caught.value.row) == (table, column, row)


def test_an_unknown_table_and_column_are_refused() -> None:
    tables = four_families_three_supports()
    with pytest.raises(BadInput, match="table people"):
        problem_of({**tables, "people": {}})
    tables["needs"]["colour"] = ["red"] * 4
    with pytest.raises(BadInput, match="table needs, column colour"):
        problem_of(tables)


def test_a_missing_table_and_column_are_named() -> None:
    tables = four_families_three_supports()
    with pytest.raises(BadInput, match="table supports"):
        problem_of({name: rows for name, rows in tables.items() if name != "supports"})
    del tables["needs"]["unmet_cost"]
    with pytest.raises(BadInput, match="table needs, column unmet_cost"):
        problem_of(tables)


def test_columns_of_unequal_length_are_refused() -> None:
    tables = four_families_three_supports()
    tables["needs"]["unmet_cost"] = [1]
    with pytest.raises(BadInput, match="column unmet_cost"):
        problem_of(tables)


def test_the_stability_cost_is_checked() -> None:
    with pytest.raises(BadInput, match="stability_cost"):
        problem_of(four_families_three_supports(), 10**13)


def test_arrays_of_any_kind_are_read_alike() -> None:
    tables = four_families_three_supports()
    arrays = {
        name: {column: np.array(values) for column, values in columns.items()}
        for name, columns in tables.items()
    }
    arrows = {
        name: {column: pa.chunked_array([values]) for column, values in columns.items()}
        for name, columns in tables.items()
    }
    plain = problem_of(tables)
    for other in (Problem.from_tables(arrays), Problem.from_tables(arrows)):
        assert other.need_ids.tolist() == plain.need_ids.tolist()
        assert other.pair_cost.tolist() == plain.pair_cost.tolist()


def test_what_is_named_without_a_row_has_no_limit() -> None:
    tables = four_families_three_supports()
    tables["needs"]["family"] = ["f", "f", None, None]
    tables["families"] = {"id": ["g"], "at_most": [1]}
    problem = problem_of(tables)
    assert problem.family_ids.tolist() == ["f", "g"]
    assert problem.family_at_most.tolist() == [10**12, 1]


def test_a_problem_cannot_be_changed() -> None:
    problem = problem_of(four_families_three_supports())
    with pytest.raises(ValueError, match="read-only"):
        problem.pair_cost[0] = 1


def _with_dictionary(codes: list[int | None], names: list[str | None]) -> Tables:
    tables = four_families_three_supports()
    column: Any = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names))
    tables["candidates"]["need"] = column
    return tables


def test_names_by_number_are_read_like_names() -> None:
    """Out of order, one name twice, and one that is not there but is not used either."""
    names: list[str | None] = ["dee", "cal", "ann", "eve", "bea", "cal"]
    problem = problem_of(_with_dictionary([2, 2, 4, 1, 5, 0], names))
    assert problem.pair_need.tolist() == [0, 0, 1, 2, 2, 3]
    assert (
        problem.pair_cost.tolist() == problem_of(four_families_three_supports()).pair_cost.tolist()
    )


@pytest.mark.parametrize(
    ("codes", "names", "row"),
    [
        ([0, 0, 1, 3, 2, 2], ["ann", "bea", "cal", "eve"], 4),
        ([0, 0, 1, None, 2, 2], ["ann", "bea", "cal"], 4),
        ([0, 0, 1, 1, 3, 2], ["ann", "bea", "cal", None], 5),
        ([0, 0, 1, 1, 2, 3], ["ann", "bea", "cal", ""], 6),
    ],
)
def test_a_bad_name_by_number_is_named(codes: Any, names: Any, row: int) -> None:
    with pytest.raises(BadInput) as caught:
        problem_of(_with_dictionary(codes, names))
    error = caught.value
    assert (error.table, error.column, error.row) == ("candidates", "need", row)
