"""A plan to and from files: one JSON file, or a folder of Parquet tables with `plan.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from matching.errors import BadInput
from matching.files import read_json, read_parquet
from matching.result import (
    NO_PRICE,
    BoundBy,
    Matches,
    NeedValues,
    Plan,
    Prices,
    Status,
    Unmet,
    columns_of,
)

PLAN_FORMAT = "matching-plan/1"
_TOP = "plan.json"
_TABLES = {"matches": Matches, "unmet": Unmet, "need_values": NeedValues, "prices": Prices}
#: What a reader can do without: reasons and intervals explain, they prove nothing.
_OPTIONAL = {"reason", "cheaper", "instead", "worth_elsewhere", "low", "high", "exact"}
#: Columns that stand for themselves: without bids there are none.
_EXTRA = {"bid", "fine"}


def write_plan(plan: Plan, out: Path | None) -> str | None:
    """Write a plan.

    Parameters
    ----------
    plan : Plan
    out : Path or None
        A name that ends in .json gives one file, any other a folder; None gives the text back.

    Returns
    -------
    str or None
    """
    begin = perf_counter()
    if out is not None and out.suffix != ".json":
        out.mkdir(parents=True, exist_ok=True)
        for name in _TABLES:
            pq.write_table(pa.table(_columns(getattr(plan, name))), out / f"{name}.parquet")
        _write_whole(out / _TOP, _as_text(_head(plan, begin)))
        return None
    rows = {name: _rows(getattr(plan, name)) for name in _TABLES}
    text = _as_text({**_head(plan, begin), **rows})
    if out is None:
        return text
    _write_whole(out, text)
    return None


def _write_whole(path: Path, text: str) -> None:
    """Leave no half a file behind."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)  # noqa: PTH105 - Path.replace is the same, this says the intent


def _as_text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _head(plan: Plan, begin: float) -> dict[str, Any]:
    return {
        "format": PLAN_FORMAT,
        "problem_sha256": plan.problem_sha256,
        "seed": plan.seed,
        "engine": plan.engine,
        "status": plan.status.value,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "bound_by": plan.bound_by and plan.bound_by.value,
        "conflict": [{"table": table, "id": name} for table, name in plan.conflict],
        "seconds": {**plan.seconds, "write": round(perf_counter() - begin, 6)},
    }


def _columns(table: Any) -> dict[str, list[Any]]:
    columns = {name: values.tolist() for name, values in columns_of(table).items()}
    if "high" in columns:
        columns["high"] = [None if pence == NO_PRICE else pence for pence in columns["high"]]
    return columns


def _rows(table: Any) -> list[dict[str, Any]]:
    columns = _columns(table)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def read_plan(path: Path) -> Plan:
    """Read a plan of whatever origin.

    Parameters
    ----------
    path : Path
        A JSON file, or a folder of Parquet tables with `plan.json`.

    Returns
    -------
    Plan

    Raises
    ------
    BadInput
        Names the file, table, row and column.
    """
    try:
        if path.is_dir():
            top = read_json(path / _TOP)
            tables = {name: _read_columns(path, name) for name in _TABLES}
        else:
            top = read_json(path)
            tables = {name: _from_rows(name, top.get(name, [])) for name in _TABLES}
        return _plan(top, {name: _table(name, columns) for name, columns in tables.items()})
    except BadInput as error:
        error.file = error.file or str(path)
        raise
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", file=str(path)) from error


def _plan(top: Mapping[str, Any], tables: Mapping[str, Any]) -> Plan:
    if top.get("format") != PLAN_FORMAT:
        raise BadInput(f"must be {PLAN_FORMAT!r}", column="format")
    try:
        by = top.get("bound_by")
        return Plan(
            status=Status(str(top.get("status"))),
            objective=_whole(top, "objective"),
            bound=_whole(top, "bound"),
            bound_by=None if by is None else BoundBy(by),
            seed=_whole(top, "seed") or 0,
            engine=str(top.get("engine")),
            problem_sha256=top.get("problem_sha256"),
            conflict=_conflict(top.get("conflict", [])),
            **tables,
        )
    except ValueError as error:
        raise BadInput(str(error), column="status or bound_by") from error


def _whole(top: Mapping[str, Any], key: str) -> int | None:
    value = top.get(key)
    if value is None or type(value) is int:
        return value
    raise BadInput("must be a whole number", column=key)


def _conflict(facts: Any) -> tuple[tuple[str, str], ...]:
    named = []
    for row, fact in enumerate(facts if isinstance(facts, list) else [None], 1):
        if not isinstance(fact, dict) or not {"table", "id"} <= fact.keys():
            raise BadInput("must have table and id", table="conflict", row=row)
        named.append((str(fact["table"]), str(fact["id"])))
    return tuple(named)


def _read_columns(path: Path, name: str) -> dict[str, list[Any]]:
    file = path / f"{name}.parquet"
    columns = read_parquet(file) if file.exists() else {}
    return {column: values.to_pylist() for column, values in columns.items()}


def _from_rows(name: str, rows: Any) -> dict[str, list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput("must be a list of objects", table=name)
    known = list(dict.fromkeys(key for row in rows for key in row))
    return {key: [row.get(key) for row in rows] for key in known}


def _table(name: str, columns: Mapping[str, list[Any]]) -> Any:
    kind = _TABLES[name]
    size = max((len(values) for values in columns.values()), default=0)
    empty = kind()
    filled = dict(columns)
    # a plan by another hand gives no `price`: its lowest prices are then taken as its proof
    if "price" not in filled and "low" in filled:
        filled["price"] = filled["low"]
    return kind(
        **{
            column: _column(name, column, filled.get(column), sample, size)
            for column, sample in columns_of(empty).items()
            if column not in _EXTRA or column in filled
        }
    )


def _column(table: str, column: str, values: list[Any] | None, sample: Any, size: int) -> Any:
    if values is None:
        if column not in _OPTIONAL and size:
            raise BadInput("is missing", table=table, column=column)
        values = [None] * size
    if sample.dtype == object:
        return np.array([*values, None], dtype=object)[:-1]
    fill = NO_PRICE if column == "high" else 0
    if column in _OPTIONAL:
        values = [fill if value is None else value for value in values]
    wanted = bool if sample.dtype == bool and column in _OPTIONAL else int
    for row, value in enumerate(values, 1):
        if type(value) not in {wanted, int} or abs(value) >= 2**62:
            raise BadInput("must be a whole number", table=table, row=row, column=column)
    return np.array(values, dtype=sample.dtype)
