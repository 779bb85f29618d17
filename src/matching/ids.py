"""Finds rows by their ids, many at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.tables import Bools, Ints

Ids = npt.NDArray[np.object_]


def positions_in(values: Any, ids: Any) -> Ints:
    """Give where each cell stands among ids, -1 where nowhere.

    Parameters
    ----------
    values : pyarrow.Array of str
        A dictionary's names are looked up once each.
    ids : pyarrow.Array of str

    Returns
    -------
    ndarray, shape (values,)
    """
    if pa.types.is_dictionary(values.type):
        named: Ints = positions_in(values.dictionary, ids)[values.indices.to_numpy()]
        return named
    found = pc.fill_null(pc.index_in(values, value_set=ids, skip_nulls=True), -1)
    positions: Ints = found.to_numpy(zero_copy_only=False).astype(np.int64)
    return positions


def find_ids(names: Any, ids: Ids) -> Ints:
    """Find where names stand among ids.

    Parameters
    ----------
    names : sequence
        Of whatever origin: what is no text is found nowhere.
    ids : ndarray of str

    Returns
    -------
    ndarray, shape (names,)
        -1 where there is no such id.
    """
    try:
        texts = pa.array(names, pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        texts = pa.array([n if isinstance(n, str) else None for n in names], pa.large_string())
    return positions_in(texts, pa.array(ids, pa.large_string()))


def find_keys(keys: Ints, wanted: Ints) -> tuple[Ints, Bools]:
    """Find where each wanted key stands among the sorted ones, and whether it is there.

    Parameters
    ----------
    keys : ndarray
        Sorted, each once.
    wanted : ndarray

    Returns
    -------
    at : ndarray, shape (wanted,)
    is_there : ndarray of bool, shape (wanted,)
    """
    at = np.searchsorted(keys, wanted).astype(np.int64)
    inside = at < len(keys)
    inside[inside] = keys[at[inside]] == wanted[inside]
    return at, inside
