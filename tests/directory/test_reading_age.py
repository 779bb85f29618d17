"""Hints for whoever writes: kind, few, and never about what is fine."""

from hypothesis import given
from hypothesis import strategies as st

from directory.reading_age import MOST_HINTS, reading_hints

SHORT = "You get a hot meal. Bring a bag. We are open on Tuesdays."
LONG = (
    "We provide meals to families who live near us and who would like somebody to cook for them "
    "on a Tuesday or on any other day."
)


def test_short_sentences_get_no_hint() -> None:
    assert reading_hints(SHORT) == []
    assert reading_hints("") == []


def test_a_long_sentence_is_named_with_its_length() -> None:
    (hint,) = reading_hints(f"{SHORT} {LONG}")
    assert hint == "“We provide meals to families…” has 26 words. Could it be two sentences?"


def test_lines_are_sentences_of_their_own() -> None:
    assert reading_hints("\n".join(["a few words here"] * 10)) == []


def test_a_long_word_is_named_once() -> None:
    hints = reading_hints(
        "Multidisciplinary help. A multidisciplinary-led team. Grandparents’ day."
    )
    assert hints == [
        "“Multidisciplinary” is a long word. Is there a shorter one?",
        "“multidisciplinary-led” is a long word. Is there a shorter one?",
    ]


@given(st.text())
def test_any_text_gets_a_few_hints_at_most(text: str) -> None:
    assert len(reading_hints(text)) <= MOST_HINTS
