"""Three quick mutants of those that `make security` runs all: broken guards are seen."""

import pytest
from mutants import MUTANTS, QUICK, ROOT, Mutant, chosen, is_caught


@pytest.mark.parametrize("mutant", chosen(list(QUICK)), ids=lambda one: one.name)
def test_a_broken_guard_turns_its_test_red(mutant: Mutant) -> None:
    caught, last = is_caught(mutant)
    assert caught, last


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_every_mutant_still_finds_its_place(mutant: Mutant) -> None:
    for name, before, _ in mutant.edits:
        assert (ROOT / name).read_text(encoding="utf-8").count(before) == 1
    path, _, name = mutant.test.partition("[")[0].partition("::")
    assert name in (ROOT / path).read_text(encoding="utf-8")
