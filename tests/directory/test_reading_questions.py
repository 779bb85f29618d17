import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.questions import count_slips, read_question

WORDS = st.text("abcde", max_size=8)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("debd advise", {"debt-advice"}),
        ("carres", {"young-carers"}),
        ("benifits", {"benefits-advice"}),
        ("Won’t go to SCHOOL!", {"school-attendance"}),
        ("school uniform", {"essentials"}),
        ("caring for my mum, and sleep", {"young-carers", "sleep"}),
        ("my husband hits me", {"domestic-abuse"}),
        ("xyzzy", set()),
        ("", set()),
        ("'; DROP TABLE listing; --", set()),
    ],
)
def test_what_words_mean(typed: str, meant: set[str]) -> None:
    assert read_question(typed).meant == meant


def test_words_that_are_only_touched_are_a_hint() -> None:
    assert read_question("letters").meant
    question = read_question("credit")
    assert question.meant == set()
    assert {"debt-advice", "benefits-advice"} <= question.hinted


def test_hard_subjects_are_known_as_such() -> None:
    assert read_question("domestic voilence").is_sensitive
    assert not read_question("baby group").is_sensitive


def test_a_long_question_is_cut_and_a_long_word_left_alone() -> None:
    assert len(read_question("debt " * 100).text) <= 200
    assert read_question("d" * 199).meant == set()


@pytest.mark.parametrize(
    ("typed", "meant", "slips"),
    [("carres", "carers", 1), ("debd", "debt", 1), ("benifits", "benefits", 1), ("", "abc", 3)],
)
def test_slips_are_counted(typed: str, meant: str, slips: int) -> None:
    assert count_slips(typed, meant) == slips


@given(WORDS, WORDS)
def test_slips_are_the_same_both_ways_and_never_too_many(one: str, other: str) -> None:
    slips = count_slips(one, other)
    assert slips == count_slips(other, one)
    assert (slips == 0) == (one == other)
    assert abs(len(one) - len(other)) <= slips <= max(len(one), len(other))


@given(WORDS, st.integers(0, 7), st.sampled_from("abcde"))
def test_one_letter_more_is_one_slip(word: str, at: int, letter: str) -> None:
    assert count_slips(word[:at] + letter + word[at:], word) == 1


@given(st.text(max_size=80))
def test_whatever_is_typed_can_be_read(text: str) -> None:
    question = read_question(text)
    assert not question.meant & question.hinted
    assert all(word.isascii() and word.isalnum() for word in question.words)
