"""Columns that grow, and whose changes can be taken back."""

from __future__ import annotations

from typing import Any

import numpy as np

from matching.tables import Bools, Ints

#: The share of rows kept to spare, and the least of them.
_SPARE = 4
_LEAST = 64


def lengthen(column: Any, rows: int) -> Any:
    """Give a column room for a quarter more than so many rows.

    Parameters
    ----------
    column : ndarray
    rows : int

    Returns
    -------
    ndarray
        The old values in front, then zeros.
    """
    out = np.zeros(rows + max(_LEAST, rows // _SPARE), dtype=column.dtype)
    out[: len(column)] = column
    return out


def is_among(ordered: Ints, some: Ints) -> Bools:
    """Say which are among ordered numbers, without a look at all of these.

    Parameters
    ----------
    ordered : ndarray of int
    some : ndarray of int

    Returns
    -------
    ndarray of bool
        As long as `some`.
    """
    if not len(ordered):
        return np.zeros(len(some), dtype=bool)
    at = np.minimum(np.searchsorted(ordered, some), len(ordered) - 1)
    found: Bools = ordered[at] == some
    return found


class Rows:
    """Columns of one length.

    Parameters
    ----------
    **columns : ndarray of int

    Attributes
    ----------
    count : int
        Rows in use.
    """

    def __init__(self, **columns: Any) -> None:
        self.count = len(next(iter(columns.values())))
        self._columns = {name: lengthen(column, self.count) for name, column in columns.items()}
        self._noted: list[tuple[str, int, int]] = []

    def __getitem__(self, name: str) -> Any:
        """Give a column, to be read and not to be kept: growing replaces it."""
        return self._columns[name][: self.count]

    def add(self, **values: int) -> int:
        """Add a row, and give its number; what is not said is -1."""
        row, self.count = self.count, self.count + 1
        for name, column in self._columns.items():
            if row == len(column):
                self._columns[name] = lengthen(column, row)
            self._columns[name][row] = values.get(name, -1)
        return row

    def put(self, name: str, row: int, value: int) -> None:
        """Change a value, so that it can be taken back."""
        column = self._columns[name]
        self._noted.append((name, row, int(column[row])))
        column[row] = value

    @property
    def mark(self) -> tuple[int, int]:
        """Where the changes stand; see `take_back`."""
        return len(self._noted), self.count

    def forget(self) -> None:
        """What was changed stays changed."""
        self._noted.clear()

    def take_back(self, mark: tuple[int, int]) -> None:
        """Undo every change since a mark; rows added since stay, for whoever knows their number."""
        for name, row, old in reversed(self._noted[mark[0] :]):
            self._columns[name][row] = old
        del self._noted[mark[0] :]
