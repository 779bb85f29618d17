"""The one place that knows numba: compiles a function once, and keeps what it compiled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])
_log = logging.getLogger("matching")

#: Compiling that takes longer than this is said aloud.
PATIENCE_SECONDS = 2.0
_UNCOUNTED: dict[str, Any] = {"_nrt": False, "nogil": True}
_said = threading.Event()


def compiled(function: _Function) -> _Function:
    """Compile a function on its first call, and keep the result in a file where one can be written.

    Elsewhere it is compiled anew in each process.

    Parameters
    ----------
    function : callable
        In the part of Python and numpy that numba knows; integers overflow silently. It makes no
        arrays, so that none need be counted: counting took five times as long as searching.

    Returns
    -------
    callable
    """
    return _compile(function, _UNCOUNTED)


def _compile(function: _Function, options: dict[str, Any]) -> _Function:
    try:
        return cast("_Function", numba.njit(cache=True, **options)(function))
    except RuntimeError:  # numba found no folder it may write to
        return cast("_Function", numba.njit(**options)(function))


def inlined(function: _Function) -> _Function:
    """Compile a function into whatever compiled function calls it; handing arrays over costs time.

    Parameters
    ----------
    function : callable
        Small, and called often.

    Returns
    -------
    callable
    """
    return cast("_Function", numba.njit(forceinline=True, **_UNCOUNTED)(function))


def entrance(function: _Function) -> _Function:
    """Compile a function that Python calls, and say so if the first call is slow.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable
    """
    return _say_if_slow(function, compiled(function))


def entrance_making_arrays(function: _Function) -> _Function:
    """As `entrance`, for a function that makes arrays of its own.

    Parameters
    ----------
    function : callable

    Returns
    -------
    callable
    """
    return _say_if_slow(function, _compile(function, {}))


def _say_if_slow(function: _Function, quick: _Function) -> _Function:
    @wraps(function)
    def call(*arguments: Any) -> Any:
        if quick.signatures:  # type: ignore[attr-defined] # numba's dispatcher has them
            return quick(*arguments)
        timer = threading.Timer(PATIENCE_SECONDS, _say_that_it_compiles)
        timer.daemon = True
        timer.start()
        try:
            return quick(*arguments)
        finally:
            timer.cancel()

    return cast("_Function", call)


def _say_that_it_compiles() -> None:
    if not _said.is_set():
        _said.set()
        _log.warning("compiling the solver for this machine; it takes a minute, once")
