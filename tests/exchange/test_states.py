"""The table of states, as a table."""

from itertools import pairwise

import pytest

from marketplace.errors import MovedOnError
from marketplace.states import (
    HOLDS_PLACE,
    LIVE_MATCH,
    MATCH_TABLE,
    NEED_TABLE,
    PLAN_TABLE,
    USES_PLACE,
    MatchState,
    NeedState,
    PlanState,
    check_transition,
    places_change,
)

TABLES = {"match": MATCH_TABLE, "need": NEED_TABLE, "plan": PLAN_TABLE}
MAIN_LINES = {
    "need": [NeedState.DRAFT, NeedState.PUBLISHED, NeedState.PLANNED, NeedState.MET],
    "plan": [
        PlanState.QUEUED,
        PlanState.SOLVING,
        PlanState.DRAFT,
        PlanState.REVIEWED,
        PlanState.APPROVED,
    ],
    "match": [
        MatchState.PROPOSED,
        MatchState.AGREED,
        MatchState.AWAITING_PROVIDER,
        MatchState.AWAITING_FAMILY,
        MatchState.ACCEPTED,
        MatchState.UNDER_WAY,
        MatchState.COMPLETED,
    ],
}


@pytest.mark.parametrize("subject", TABLES)
def test_every_state_has_a_row(subject: str) -> None:
    table = TABLES[subject]
    states = type(next(iter(table)))
    assert set(table) == set(states)


@pytest.mark.parametrize("subject", MAIN_LINES)
def test_the_main_line_may_be_walked(subject: str) -> None:
    line = MAIN_LINES[subject]
    for source, target in pairwise(line):
        check_transition(subject, source, target)


@pytest.mark.parametrize("subject", TABLES)
def test_what_the_table_does_not_list_is_refused(subject: str) -> None:
    table = TABLES[subject]
    for source, targets in table.items():
        for target in set(table) - targets:
            with pytest.raises(MovedOnError):
                check_transition(subject, source, target)


def test_a_family_that_said_no_is_never_asked_again_by_the_same_match() -> None:
    """Only a no that somebody entered for them by mistake is taken back."""
    assert MATCH_TABLE[MatchState.FAMILY_DECLINED] == {MatchState.AWAITING_FAMILY}
    assert MATCH_TABLE[MatchState.FAMILY_EXPIRED] == frozenset()


def test_nothing_reaches_a_family_that_nobody_looked_at() -> None:
    reaches = {MatchState.AWAITING_PROVIDER, MatchState.AWAITING_FAMILY}
    assert not MATCH_TABLE[MatchState.PROPOSED] & reaches


def test_every_match_that_holds_a_place_can_give_it_back() -> None:
    for state in HOLDS_PLACE | USES_PLACE:
        assert any(target not in LIVE_MATCH for target in MATCH_TABLE[state])


@pytest.mark.parametrize("source", list(MatchState))
@pytest.mark.parametrize("target", list(MatchState))
def test_places_follow_from_the_states_alone(source: MatchState, target: MatchState) -> None:
    held, used = places_change(source, target)
    assert held == (target in HOLDS_PLACE) - (source in HOLDS_PLACE)
    assert used == (target in USES_PLACE) - (source in USES_PLACE)
    there, back = places_change(source, target), places_change(target, source)
    assert [a + b for a, b in zip(there, back, strict=True)] == [0, 0]
