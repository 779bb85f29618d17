"""The tables and columns of matching-problem/1, and the check of a single column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.errors import BadInput

Ints = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

#: Amounts lie within plus and minus this many pence, so that sums stay exact in 64 bits.
LARGEST_AMOUNT = 10**12


@dataclass(frozen=True)
class Column:
    """What a column may hold.

    Parameters
    ----------
    text : bool
        Ids and names; otherwise whole numbers.
    needed : bool
        The column must be there (an empty table may lack it).
    nullable : bool
        Single cells may be missing.
    default : int
        What a missing number counts as.
    least : int
        The smallest number allowed.
    refers : bool
        Names rows of another table, again and again: a pyarrow dictionary stays one.
    """

    text: bool = False
    needed: bool = False
    nullable: bool = True
    default: int = 0
    least: int = -LARGEST_AMOUNT
    refers: bool = False


_ID = Column(text=True, needed=True, nullable=False)
_NAME = Column(text=True)
_REFERENCE = Column(text=True, needed=True, nullable=False, refers=True)
_PLACES = Column(needed=True, nullable=False, least=0)
_COUNT = Column(least=0)

COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "needs": {
        "id": _ID,
        "unmet_cost": Column(needed=True),
        "family": _NAME,
        "group": _NAME,
    },
    "supports": {
        "id": _ID,
        "places": _PLACES,
        "provider": _NAME,
        "fund": _NAME,
        "at_least": _COUNT,
        "opening_cost": _COUNT,
    },
    "candidates": {
        "need": _REFERENCE,
        "support": _REFERENCE,
        "cost": Column(needed=True, nullable=False),
        "places": Column(default=1, least=1),
        "price": _COUNT,
    },
    "providers": {"id": _ID, "places": _PLACES},
    "families": {
        "id": _ID,
        "at_most": Column(default=LARGEST_AMOUNT, least=0),
        "none_met_cost": _COUNT,
    },
    "funds": {"id": _ID, "budget": Column(needed=True, nullable=False)},
    "floors": {"group": _ID, "at_least": _PLACES},
    "fixed": {"need": _REFERENCE, "support": _REFERENCE},
    "previous": {"need": _REFERENCE, "support": _REFERENCE},
}

#: Tables a problem cannot do without (they may be empty).
NEEDED_TABLES = ("needs", "supports", "candidates")


@dataclass(frozen=True)
class Table:
    """One checked table.

    Parameters
    ----------
    name : str
    rows : int
    texts : mapping of str to pyarrow.Array
        Every text column of the format, with nulls where missing.
    numbers : mapping of str to ndarray of int64
        Every number column of the format, defaults filled in.
    missing : mapping of str to ndarray of bool
        Where a number was missing.
    """

    name: str
    rows: int
    texts: Mapping[str, Any]
    numbers: Mapping[str, Ints]
    missing: Mapping[str, Bools]


def read_table(name: str, columns: Mapping[str, Any]) -> Table:
    """Check a table's columns one by one.

    Parameters
    ----------
    name : str
        A table of the format.
    columns : mapping of str to sequence
        Lists, numpy arrays or pyarrow arrays of one length; None is missing.

    Returns
    -------
    Table

    Raises
    ------
    BadInput
        Names the table, row and column.
    """
    wanted = COLUMNS[name]
    for column in columns:
        if column not in wanted:
            raise BadInput(_unknown(wanted), table=name, column=str(column))
    lengths = {column: len(values) for column, values in columns.items()}
    rows = max(lengths.values(), default=0)
    for column, length in lengths.items():
        if length != rows:
            raise BadInput(f"has {length} rows, others {rows}", table=name, column=column)
    texts: dict[str, Any] = {}
    numbers: dict[str, Ints] = {}
    missing: dict[str, Bools] = {}
    for column, rule in wanted.items():
        if column not in columns and rule.needed and rows:
            raise BadInput("this column is needed", table=name, column=column)
        values = columns.get(column, [None] * rows if rows else [])
        if rule.text:
            texts[column] = _read_text(name, column, values, rule)
        else:
            numbers[column], missing[column] = _read_numbers(name, column, values, rule)
    return Table(name, rows, texts, numbers, missing)


def _unknown(known: Iterable[str]) -> str:
    return f"is not known; the format has {', '.join(known)}"


def _read_text(table: str, column: str, values: Any, rule: Column) -> Any:
    array = _as_arrow(values)
    if not (rule.refers and _is_plain_dictionary(array)):
        array = _decode(array)
    if array is None or not (_is_text(array.type) or pa.types.is_null(array.type)):
        row = _first_row(values, lambda cell: isinstance(cell, str))
        raise BadInput("must be text", table=table, row=row, column=column)
    _refuse_nulls(table, column, array, rule)
    if pa.types.is_dictionary(array.type):
        names = array.dictionary.cast(pa.large_string())
        return pa.DictionaryArray.from_arrays(array.indices, names)
    array = array.cast(pa.large_string())
    empty = np.flatnonzero(_to_numpy(pc.fill_null(pc.equal(array, ""), fill_value=False)))
    if empty.size:
        raise BadInput("must not be empty", table=table, row=int(empty[0]) + 1, column=column)
    return array


def _read_numbers(table: str, column: str, values: Any, rule: Column) -> tuple[Ints, Bools]:
    array = _decode(_as_arrow(values))
    if array is None or not (pa.types.is_integer(array.type) or pa.types.is_null(array.type)):
        row = _first_row(values, _is_small_integer)
        raise BadInput(_NUMBER_WANTED, table=table, row=row, column=column)
    if pa.types.is_uint64(array.type) and len(array) and (pc.max(array).as_py() or 0) >= 2**63:
        row = _first_row(values, _is_small_integer)
        raise BadInput(_NUMBER_WANTED, table=table, row=row, column=column)
    _refuse_nulls(table, column, array, rule)
    missing = _to_numpy(pc.is_null(array))
    numbers = _to_numpy(pc.fill_null(array.cast(pa.int64()), rule.default)).astype(np.int64)
    bad = np.flatnonzero(~missing & ((numbers < rule.least) | (numbers > LARGEST_AMOUNT)))
    if bad.size:
        row = int(bad[0])
        text = f"is {numbers[row]}, must lie between {rule.least} and {LARGEST_AMOUNT}"
        raise BadInput(text, table=table, row=row + 1, column=column)
    return numbers, missing


_NUMBER_WANTED = f"must be a whole number within ±{LARGEST_AMOUNT}"


def _refuse_nulls(table: str, column: str, array: Any, rule: Column) -> None:
    if array.null_count and not rule.nullable:
        row = int(np.flatnonzero(_to_numpy(pc.is_null(array)))[0]) + 1
        raise BadInput("must not be missing", table=table, row=row, column=column)


def _as_arrow(values: Any) -> Any:
    """Give a pyarrow array, or None where the cells are of no one type."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    try:
        array = values if isinstance(values, pa.Array) else pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return None
    return array


def _is_plain_dictionary(array: Any) -> bool:
    """Say whether it names its cells by number, and no name is missing or empty."""
    if array is None or not pa.types.is_dictionary(array.type) or not _is_text(array.type):
        return False
    names = array.dictionary
    return not array.null_count and not names.null_count and not pc.any(pc.equal(names, "")).as_py()


def _decode(array: Any) -> Any:
    if array is None or not pa.types.is_dictionary(array.type):
        return array
    return array.dictionary_decode()


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_small_integer(cell: object) -> bool:
    if isinstance(cell, bool) or not isinstance(cell, (int, np.integer)):
        return False
    return abs(int(cell)) <= LARGEST_AMOUNT


def _first_row(values: Any, is_good: Any) -> int:
    cells = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    return next((r for r, cell in enumerate(cells, 1) if cell is not None and not is_good(cell)), 1)


def _to_numpy(array: Any) -> Any:
    return array.to_numpy(zero_copy_only=False)
