"""No count under five is shown, and none can be worked out from the others and the total."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.services.figures.suppression import hide_small

FIVE = 5
counts = st.lists(st.integers(0, 40), max_size=8)


@given(counts)
def test_what_is_shown_is_large_and_as_it_was(given: list[int]) -> None:
    shown = hide_small(given, smallest=FIVE)
    assert len(shown) == len(given)
    for count, told in zip(given, shown, strict=True):
        assert told is None or told == count >= FIVE


@given(counts)
def test_the_total_less_what_is_shown_tells_no_small_count(given: list[int]) -> None:
    shown = hide_small(given, smallest=FIVE)
    hidden = [count for count, told in zip(given, shown, strict=True) if told is None]
    if hidden and sum(given) >= FIVE:
        assert sum(hidden) >= FIVE
        assert len(hidden) > 1


@pytest.mark.parametrize(
    ("first", "second", "third"), list(product([0, 3, 4, 5], [5, 6, 20], [0, 4, 7]))
)
def test_a_reader_who_knows_the_rule_is_left_with_more_than_one_answer(
    first: int, second: int, third: int
) -> None:
    given = [first, second, third]
    shown = hide_small(given, smallest=FIVE)
    possible = [
        other
        for one, two in product(range(sum(given) + 1), repeat=2)
        if one + two <= sum(given)
        and hide_small(other := (one, two, sum(given) - one - two), smallest=FIVE) == shown
    ]
    for place, count in enumerate(given):
        if count < FIVE:
            assert len({other[place] for other in possible}) > 1


def test_nothing_is_hidden_without_need() -> None:
    assert hide_small([5, 9, 30], smallest=FIVE) == [5, 9, 30]
    assert hide_small([3, 9, 30], smallest=FIVE) == [None, None, 30]
    assert hide_small([3, 4, 30], smallest=FIVE) == [None, None, 30]
