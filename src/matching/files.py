"""Reads a problem and a plan from files, and writes a plan: JSON or a folder of Parquet tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from matching.errors import BadInput
from matching.problem import Problem
from matching.tables import COLUMNS

PROBLEM_FORMAT = "matching-problem/1"
_TOP = "problem.json"


def read_problem(path: Path) -> Problem:
    """Read and check a problem.

    Parameters
    ----------
    path : Path
        A JSON file, or a folder of Parquet tables with `problem.json`.

    Returns
    -------
    Problem

    Raises
    ------
    BadInput
        Names the file, table, row and column.
    """
    try:
        if path.is_dir():
            return _read_folder(path)
        top = read_json(path)
        tables = {name: _columns(name, rows) for name, rows in top.items() if _is_table(name)}
        return Problem.from_tables(tables, stability_cost=_stability(top))
    except BadInput as error:
        error.file = error.file or str(path)
        raise
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", file=str(path)) from error


def hash_problem(path: Path) -> str:
    """Give the sha256 of a file's bytes; of a folder, that of its sorted `name sha256` lines.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        Hexadecimal.
    """
    if not path.is_dir():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    lines = sorted(
        f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n"
        for file in path.iterdir()
        if file.name == _TOP or file.suffix == ".parquet"
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object strictly: no key twice. NaN is left to be refused where it stands.

    Raises
    ------
    BadInput
    """
    try:
        top = json.loads(path.read_bytes(), object_pairs_hook=_refuse_repeats)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"is not JSON: {error}", file=str(path)) from error
    if not isinstance(top, dict):
        raise BadInput("must be an object of tables", file=str(path))
    return top


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _is_table(name: str) -> bool:
    return name not in {"format", "stability_cost"}


def _stability(top: Mapping[str, Any]) -> int:
    if top.get("format") != PROBLEM_FORMAT:
        raise BadInput(f"must be {PROBLEM_FORMAT!r}", column="format")
    cost = top.get("stability_cost")
    return 0 if cost is None else cost  # what is not a number is refused with the tables


def _columns(table: str, rows: Any) -> dict[str, list[Any]]:
    """Turn rows into columns."""
    if table not in COLUMNS:
        raise BadInput(f"is not known; the format has {', '.join(COLUMNS)}", table=table)
    if not isinstance(rows, list):
        raise BadInput("must be a list of rows", table=table)
    wanted = COLUMNS[table]
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise BadInput("must be an object", table=table, row=number)
        if row.keys() - wanted.keys():
            column = min(row.keys() - wanted.keys())
            text = f"is not known; the format has {', '.join(wanted)}"
            raise BadInput(text, table=table, row=number, column=column)
        for column, rule in wanted.items():
            if rule.needed and column not in row:
                raise BadInput("is missing", table=table, row=number, column=column)
    names = [name for name in wanted if any(name in row for row in rows)]
    return {name: [row.get(name) for row in rows] for name in names}


def _read_folder(path: Path) -> Problem:
    top = read_json(path / _TOP)
    extra = [name for name in top if _is_table(name)]
    if extra:
        raise BadInput("in a folder, tables are Parquet files", table=extra[0])
    tables = {}
    for file in sorted(path.glob("*.parquet")):
        if file.stem not in COLUMNS:
            text = f"is not known; the format has {', '.join(COLUMNS)}"
            raise BadInput(text, table=file.stem)
        tables[file.stem] = read_parquet(file)
    return Problem.from_tables(tables, stability_cost=_stability(top))


def read_parquet(file: Path) -> dict[str, Any]:
    """Read a Parquet table as columns.

    Raises
    ------
    BadInput
    """
    try:
        with pq.ParquetFile(file) as whole:  # read_table loads a query engine first: 0.2 s
            table = whole.read()
    except pa.ArrowInvalid as error:
        raise BadInput(f"is not Parquet: {error}", file=str(file)) from error
    if len(set(table.column_names)) < len(table.column_names):
        raise BadInput("has two columns of one name", table=file.stem)
    return {name: table.column(name) for name in table.column_names}
