"""Our taxonomy as the standard tells it, and which of our codes a term from elsewhere means."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from directory.open_referral.identity import NAMESPACE, derive
from directory.taxonomy import Term, load_taxonomy

Json = dict[str, Any]

NAME = "Early help needs"
DESCRIPTION = "What families ask early help for, in plain words."
TAXONOMY_ID = derive(NAMESPACE, "taxonomy")
VERSION = "1"


def describe_taxonomy() -> Json:
    return {
        "id": str(TAXONOMY_ID),
        "name": NAME,
        "description": DESCRIPTION,
        "version": VERSION,
    }


@cache
def describe_terms() -> Mapping[UUID, Json]:
    """Groups of needs first, then the needs; in an order that stays."""
    needs = load_taxonomy()
    groups = dict.fromkeys(term.parent for term in needs.values())
    told = [_describe_group(name) for name in groups]
    told += [describe_term(code) for code in needs]
    return {UUID(term["id"]): term for term in told}


@cache
def describe_term(code: str) -> Json:
    term = load_taxonomy()[code]
    return {
        "id": str(_term_id(code)),
        "name": term.label,
        "description": term.plain,
        "parent_id": str(_group_id(term.parent)),
        "taxonomy": NAME,
        "taxonomy_id": str(TAXONOMY_ID),
        "term": code,
    }


def _describe_group(name: str) -> Json:
    labels = [term.label for term in load_taxonomy().values() if term.parent == name]
    return {
        "id": str(_group_id(name)),
        "name": name,
        "description": f"{name}: {'; '.join(labels)}.",
        "taxonomy": NAME,
        "taxonomy_id": str(TAXONOMY_ID),
    }


def _term_id(code: str) -> UUID:
    return derive(TAXONOMY_ID, f"need:{code}")


def _group_id(name: str) -> UUID:
    return derive(TAXONOMY_ID, f"group:{name}")


@cache
def codes_by_term() -> Mapping[UUID, tuple[str, ...]]:
    """The needs that a term of ours stands for: itself, or all of its group."""
    found: dict[UUID, tuple[str, ...]] = {}
    for code, term in load_taxonomy().items():
        found[_term_id(code)] = (code,)
        found[_group_id(term.parent)] = (*found.get(_group_id(term.parent), ()), code)
    return found


@cache
def _codes_by_text() -> Mapping[str, tuple[str, ...]]:
    """A group names no need: nobody said which of them is meant."""
    return {str(id_): codes if len(codes) == 1 else () for id_, codes in codes_by_term().items()}


def codes_of_attribute(attribute: Mapping[str, Any]) -> tuple[str, ...]:
    """Read by our own id, else by its label or a word we know for it; () where it says nothing."""
    term = attribute.get("taxonomy_term") or {}
    given = str(attribute.get("taxonomy_term_id") or term.get("id") or "")
    if given in _codes_by_text():
        return _codes_by_text()[given]
    names = (term.get("name"), term.get("term"), attribute.get("label"), attribute.get("value"))
    return _codes_of_words(name for name in names if isinstance(name, str))


def is_ours(attribute: Mapping[str, Any]) -> bool:
    term = attribute.get("taxonomy_term") or {}
    return str(term.get("taxonomy_id") or "") == str(TAXONOMY_ID)


def _codes_of_words(names: Iterable[str]) -> tuple[str, ...]:
    known = _words_for_codes()
    found = (known.get(_normalise(name)) for name in names)
    return tuple(dict.fromkeys(code for code in found if code))


@cache
def _words_for_codes() -> Mapping[str, str]:
    """A word that two needs share stands for neither."""
    claims: dict[str, set[str]] = {}
    for code, term in load_taxonomy().items():
        for word in _words_of(code, term):
            claims.setdefault(_normalise(word), set()).add(code)
    return {word: next(iter(codes)) for word, codes in claims.items() if len(codes) == 1}


def _words_of(code: str, term: Term) -> Iterable[str]:
    return (code, term.label, *term.synonyms)


def _normalise(word: str) -> str:
    return " ".join(word.casefold().replace("-", " ").replace("_", " ").split())
