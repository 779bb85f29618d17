"""What holds for whatever is typed or told."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.open_referral import meanings
from directory.open_referral.checking import VALUES, check, without_null
from directory.open_referral.identity import derive_as_database
from directory.open_referral.merging import merge
from directory.open_referral.question import DAYS, OF_LOCATIONS, BadParameterError, read_question
from directory.open_referral.vocabulary import codes_of_attribute, describe_terms
from directory.spreadsheets.words import ANY_TIME

VALUE = st.sampled_from(["a", "b", "c", None])
RECORD = st.fixed_dictionaries({"name": VALUE, "phone": VALUE})
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "location", "schedules", "organization", "services"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(ours=RECORD, said=RECORD | st.just({}), told=RECORD)
def test_nobodys_correction_is_lost(ours: Any, said: Any, told: Any) -> None:
    merged = merge(ours=ours, said=said, told=told)
    for name in told:
        corrected = ours[name] != said.get(name)
        assert merged.values[name] == (ours[name] if corrected else told[name])
        assert (name in merged.kept) == (corrected and ours[name] != told[name])
        assert (name in merged.changed) == (not corrected and ours[name] != told[name])


@given(st.sampled_from(sorted(OF_LOCATIONS)), st.text(max_size=30) | st.from_regex(r"[-0-9T:.Z+]+"))
def test_whatever_is_asked_is_read_or_refused_by_name(name: str, text: str) -> None:
    refused = ""
    try:
        read_question({name: text}, OF_LOCATIONS)
    except BadParameterError as error:
        refused = error.name
    assert refused in {"", name}


@given(st.sampled_from(sorted(VALUES)), JSON)
def test_whatever_is_told_is_checked(kind: str, told: Any) -> None:
    for fault in check(kind, told, what="it"):
        assert fault.where
    without_null(told)


@given(st.lists(st.sampled_from(ANY_TIME), min_size=1))
def test_days_are_read_as_they_are_written(times: list[str]) -> None:
    days = tuple(time for time in ANY_TIME if time in times)
    schedules = [
        {
            "byday": next(k for k, v in DAYS.items() if v == day),
            "description": meanings.PART_WORDS[part],
        }
        for day, _, part in (time.partition("-") for time in days)
    ]
    assert meanings.days_of(schedules) == days


@pytest.mark.parametrize(
    ("opens", "closes", "parts"),
    [
        ("09:00", "12:00", ["am"]),
        ("09:00:00", "12:01:00", ["am", "pm"]),
        ("13:00", None, ["pm", "eve"]),
        (None, "11:00", ["am"]),
        ("19:00Z", "21:00Z", ["eve"]),
        ("soon", "later", ["am", "pm", "eve"]),
        ("22:00", "02:00", ["am", "pm", "eve"]),
    ],
)
def test_times_are_parts_of_the_day(opens: str, closes: str, parts: list[str]) -> None:
    schedule = {"byday": "1MO", "opens_at": opens, "closes_at": closes}
    assert meanings.days_of([schedule]) == tuple(f"mon-{part}" for part in parts)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Debt advice", ("debt-advice",)),
        ("debt-advice", ("debt-advice",)),
        ("FOOD BANK", ("essentials",)),
        ("Hard times", ()),
        ("Falconry", ()),
    ],
)
def test_a_term_is_known_by_its_words(name: str, codes: tuple[str, ...]) -> None:
    assert codes_of_attribute({"taxonomy_term": {"id": "x", "name": name}}) == codes


def test_a_term_of_ours_is_known_by_its_id() -> None:
    for term in describe_terms().values():
        code = term.get("term")
        found = codes_of_attribute({"taxonomy_term_id": term["id"]})
        assert found == ((code,) if code else ())


@pytest.mark.parametrize("words", ["no step-free access", "Step-free access"])
def test_access_is_only_what_was_said_in_our_words(words: str) -> None:
    said = meanings.access_of([{"description": words}])
    assert said == (("step-free",) if words.startswith("Step") else ())


def test_derived_ids_are_uuids() -> None:
    made = derive_as_database("volunteers", "x", string.ascii_letters)
    assert (made.version, made.variant) == (8, "specified in RFC 4122")
