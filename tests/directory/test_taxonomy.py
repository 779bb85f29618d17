import csv
import re
from importlib.resources import files
from pathlib import Path

import pytest

from directory.taxonomy import Term, load_taxonomy

TERMS = load_taxonomy()
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "taxonomies"
DFE_TERMS = SHARED / "dfe_family_hubs_service_taxonomy.csv"


def test_no_code_stands_twice() -> None:
    text = files("directory").joinpath("taxonomy.csv").read_text(encoding="utf-8")
    codes = [row["code"] for row in csv.DictReader(text.splitlines())]
    assert len(codes) == len(set(codes)) == len(TERMS)


def test_the_hard_subjects_are_sensitive_and_nothing_else_is() -> None:
    assert {code for code, term in TERMS.items() if term.sensitive} == {
        "domestic-abuse",
        "family-conflict",
        "separation",
        "substance-use",
        "mental-health",
        "bereavement",
        "youth-justice",
    }


@pytest.mark.parametrize("term", TERMS.values(), ids=lambda term: term.code)
def test_every_term_is_whole(term: Term) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", term.code)
    assert term.label
    assert term.parent
    assert len(term.synonyms) >= 5
    assert len(set(term.synonyms)) == len(term.synonyms)
    assert all(word == word.strip().lower() and word for word in term.synonyms)


@pytest.mark.parametrize("term", TERMS.values(), ids=lambda term: term.code)
def test_plain_words_are_one_short_sentence(term: Term) -> None:
    assert term.plain.endswith(".")
    assert term.plain.count(".") == 1
    assert len(term.plain.split()) <= 17


@pytest.mark.parametrize("term", TERMS.values(), ids=lambda term: term.code)
def test_words_that_blame_or_sort_people_are_absent(term: Term) -> None:
    assert not re.search(
        r"\b(risk|vulnerable|troubled|failing|score|targeted|statutory)\b", term.plain.lower()
    )


def test_the_vocabulary_cannot_be_changed_by_a_reader() -> None:
    with pytest.raises(TypeError):
        TERMS["meals"] = None  # type: ignore[index]  # the error is the point


@pytest.mark.skipif(
    not DFE_TERMS.exists(), reason="the department's list is not beside the project"
)
def test_the_departments_terms_are_named_as_it_names_them() -> None:
    with DFE_TERMS.open(encoding="utf-8") as file:
        theirs = {row["name"] for row in csv.DictReader(file)}
    ours = {name for term in TERMS.values() for name in term.dfe_terms}
    assert len(ours) > 20
    assert ours <= theirs
