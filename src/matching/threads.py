"""Splits work between the cores this process may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

_Result = TypeVar("_Result")


def split(rows: int, work: Callable[[int, int], _Result]) -> list[tuple[tuple[int, int], _Result]]:
    """Call work on equal parts of the rows, all at once.

    Parameters
    ----------
    rows : int
    work : callable
        Given the first row and the one after the last; compiled, or it gains nothing.

    Returns
    -------
    list of ((int, int), result)
        In order.
    """
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    ends = [rows * part // cores for part in range(cores + 1)]
    parts = list(pairwise(ends))
    with ThreadPoolExecutor(cores) as threads:
        return list(zip(parts, threads.map(lambda part: work(*part), parts), strict=True))
