"""What each kind of volunteering asks for, and the day on which it stops counting."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.taxonomy import load_taxonomy
from directory.volunteers.asks import (
    asked_of,
    ends_on,
    highest_check,
    is_enough,
    load_rules,
    lowest_check,
    needs_of,
)
from directory.volunteers.models import Paper
from directory.volunteers.quiz import draw_questions, load_bank, mark
from directory.volunteers.readiness import Held, ready_until, what_is_missing
from directory.volunteers.weeks import next_week

TODAY = dt.date(2026, 11, 22)
DAY = dt.timedelta(days=1)
RULES = load_rules()


def paper(ask: str, until: dt.date, **changes: object) -> Paper:
    given = {"done_on": TODAY, "version": RULES.asks[ask].version, **changes}
    return Paper(ask=ask, valid_until=until, **given)


def held(**changes: object) -> Held:
    """A cook with all that is asked, each for a while."""
    far = TODAY + 500 * DAY
    return Held(
        **{
            "roles": ["cook"],
            "check_kind": "basic",
            "check_seen_on": TODAY - 30 * DAY,
            "check_seen_by": "Tom",
            "recheck_by": far,
            "papers": {ask: paper(ask, far) for ask in ("agreement", "safeguarding", "hygiene")},
            **changes,
        }
    )


def test_nothing_is_missing_where_all_is_there() -> None:
    assert what_is_missing(held(), TODAY) == []


@pytest.mark.parametrize("ask", ["check", "agreement", "safeguarding", "hygiene"])
def test_each_stops_the_day_after_its_last(ask: str) -> None:
    last = TODAY
    if ask == "check":
        one = held(recheck_by=last)
    else:
        one = held(papers=held().papers | {ask: paper(ask, last)})
    assert what_is_missing(one, last) == []
    assert ready_until(one) == last
    [missing] = what_is_missing(one, last + DAY)
    assert (missing.ask, missing.since) == (ask, last + DAY)


@pytest.mark.parametrize(
    "changes",
    [
        {"check_kind": None},
        {"check_seen_on": None},
        {"check_seen_by": ""},
        {"recheck_by": None},
        {"check_kind": "none"},
        {"papers": {}},
        {"papers": held().papers | {"agreement": paper("agreement", TODAY, version="2020-01")}},
    ],
)
def test_what_never_was_there_is_missing_on_every_day(changes: dict[str, object]) -> None:
    one = held(**changes)
    assert ready_until(one) is None
    assert what_is_missing(one, TODAY)
    assert what_is_missing(one, dt.date(1970, 1, 1))


@given(
    st.lists(st.one_of(st.none(), st.integers(-60, 60)), min_size=4, max_size=4),
    st.integers(-60, 60),
)
def test_ready_until_says_the_same_as_what_is_missing(ends: list[int | None], ahead: int) -> None:
    dates = [None if end is None else TODAY + end * DAY for end in ends]
    names = ("agreement", "safeguarding", "hygiene")
    papers = {ask: paper(ask, day) for ask, day in zip(names, dates[1:], strict=True) if day}
    one, today = held(recheck_by=dates[0], papers=papers), TODAY + ahead * DAY
    until = ready_until(one)
    assert (until is not None and today <= until) == (what_is_missing(one, today) == [])


def test_several_kinds_of_help_ask_for_all_together() -> None:
    roles = ["cook-for-host", "drive-children"]
    assert asked_of(roles) == ["check", "agreement", "safeguarding", "hygiene"]
    assert (lowest_check(roles), highest_check(roles)) == ("barred-list", "barred-list")
    assert needs_of(roles) == ["meals", "transport"]


@pytest.mark.parametrize("role", RULES.roles)
def test_a_role_is_whole_and_never_asks_for_more_than_it_may(role: str) -> None:
    one = RULES.roles[role]
    assert set(one.asks) <= set(RULES.asks)
    assert is_enough(one.highest_check, asked=one.lowest_check)
    assert one.why.endswith(".")
    for need in one.needs:
        assert not load_taxonomy()[need].sensitive, "never a volunteer's"


def test_only_work_with_children_may_have_more_than_a_basic_check() -> None:
    with_children = {"drive-children", "befriend-child", "befriend-child-watched", "help-group"}
    more = {
        code
        for code, role in RULES.roles.items()
        if is_enough(role.highest_check, asked="enhanced")
    }
    assert more == with_children
    alone = {code for code, role in RULES.roles.items() if role.highest_check == "barred-list"}
    assert alone == {"drive-children", "befriend-child"}


def test_the_last_day_is_some_months_on() -> None:
    assert ends_on("hygiene", done_on=dt.date(2026, 12, 31)) == dt.date(2028, 12, 31)
    assert ends_on("hygiene", done_on=dt.date(2028, 2, 29)) == dt.date(2030, 2, 28)


def test_the_bank_is_whole() -> None:
    bank = load_bank()
    assert len(bank.questions) >= 25
    assert (bank.draw, bank.pass_mark) == (10, 8)
    assert len(bank.topics) == 8
    for one in bank.questions.values():
        assert 1 <= one.right <= len(one.choices) == len(set(one.choices)) == 3
        assert one.why.endswith(".")
        assert one.source.startswith("FSA, ")


def test_no_place_among_the_choices_is_right_too_often() -> None:
    rights = [one.right for one in load_bank().questions.values()]
    assert max(rights.count(place) for place in (1, 2, 3)) <= load_bank().pass_mark * 2


def test_a_draw_meets_every_topic_and_asks_nothing_twice() -> None:
    bank = load_bank()
    draws = [draw_questions() for _ in range(50)]
    for drawn in draws:
        assert len(drawn) == len(set(drawn)) == bank.draw
        assert {bank.questions[id_].topic for id_ in drawn} == set(bank.topics)
    assert len({tuple(drawn) for drawn in draws}) > 40


def test_marks_are_the_right_ones() -> None:
    ids = draw_questions()
    right = [str(load_bank().questions[id_].right) for id_ in ids]
    assert mark(ids, right) == 10
    assert mark(ids, ["9", *right[1:]]) == 9


@pytest.mark.parametrize(
    ("times", "after", "day", "ends"),
    [
        (["tue-eve"], dt.date(2026, 11, 22), dt.date(2026, 11, 24), dt.date(2026, 11, 24)),
        (["tue-am", "thu-am"], dt.date(2026, 11, 24), dt.date(2026, 12, 1), dt.date(2026, 12, 3)),
        (
            ["mon-am", "sun-eve"],
            dt.date(2026, 11, 22),
            dt.date(2026, 11, 23),
            dt.date(2026, 11, 29),
        ),
    ],
)
def test_the_next_week(times: list[str], after: dt.date, day: dt.date, ends: dt.date) -> None:
    week = next_week(times, after=after)
    assert week is not None
    assert (week.day, week.ends_on) == (day, ends)


def test_without_days_there_is_no_week() -> None:
    assert next_week([], after=TODAY) is None
