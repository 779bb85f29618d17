"""What is compiled at set-up is all that a plan and its repairs need."""

from __future__ import annotations

import logging

import pytest

from matching import compiled
from matching.warm import warm


def test_it_compiles_and_proves_itself() -> None:
    warm()


def test_slow_compiling_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("matching.compiled._said", compiled.threading.Event())
    with caplog.at_level(logging.WARNING, logger="matching"):
        compiled._say_that_it_compiles()
        compiled._say_that_it_compiles()
    assert len(caplog.messages) == 1


def test_without_a_folder_to_write_to_it_compiles_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    njit = compiled.numba.njit

    def refuse_caches(*functions: object, **options: object) -> object:
        asked.append(options.get("cache"))
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*functions, **options)

    monkeypatch.setattr("matching.compiled.numba.njit", refuse_caches)
    assert compiled.compiled(_double)(4) == 8
    assert asked == [True, None]


def _double(number: int) -> int:
    return 2 * number
