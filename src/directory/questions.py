"""Reads what somebody typed in their own words: which kinds of help it means, mistakes and all.

The taxonomy is small and the same for everybody, so it is read here, in memory; the words of the
services themselves are searched in the database.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache

from directory.taxonomy import Term, load_taxonomy

LONGEST_QUESTION = 200
SHORTEST_MENDED = 3
# From this length on two slips of the finger are mended, and another first letter too.
LONG_WORD = 8
# Words that say nothing about which help is wanted.
# fmt: off
FILLERS = frozenset((
    "a", "about", "after", "all", "am", "an", "and", "any", "are", "as", "at", "be", "because",
    "being", "by", "can", "cant", "could", "do", "does", "for", "from", "get", "getting", "give",
    "go", "going", "got", "has", "have", "having", "he", "help", "helping", "her", "him", "his",
    "how", "i", "if", "im", "in", "is", "it", "its", "ive", "just", "me", "my", "n", "near",
    "need", "needs", "of", "on", "one", "or", "our", "out", "people", "place", "please",
    "she", "so", "some", "somebody", "someone", "support", "that", "the", "their", "them", "they",
    "this", "to", "too", "up", "us", "very", "want", "was", "we", "what", "when", "where", "who",
    "will", "with", "you", "your", "years", "old",
))
# fmt: on

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """`meant` are the needs that the words name, `hinted` those that they only touch."""

    text: str = ""
    # Mended, and without those that say nothing about which help is wanted.
    words: tuple[str, ...] = ()
    meant: frozenset[str] = frozenset()
    hinted: frozenset[str] = frozenset()

    @property
    def is_sensitive(self) -> bool:
        return any(load_taxonomy()[code].sensitive for code in self.meant)


def read_question(text: str) -> Question:
    tidy = " ".join(text[:LONGEST_QUESTION].split())
    words = tuple(_mend(word) for word in _words(tidy))
    asked = set(map(_stem, words))
    named = {
        code: whole
        for code, phrases in _phrases().items()
        if (whole := [set(phrase) for phrase in phrases if asked.issuperset(phrase)])
    }
    meant = {code for code in named if not _is_part_of_another(code, named)}
    hinted = named.keys() - meant if named else _touched(asked)
    return Question(tidy, words, frozenset(meant), frozenset(hinted))


def _is_part_of_another(code: str, named: Mapping[str, list[set[str]]]) -> bool:
    """“School uniform” means uniforms; that it also names a school is only a hint."""
    others = [phrase for other, whole in named.items() if other != code for phrase in whole]
    return all(any(phrase < longer for longer in others) for phrase in named[code])


def _touched(asked: AbstractSet[str]) -> set[str]:
    return {
        code
        for code, phrases in _phrases().items()
        if any(not asked.isdisjoint(phrase) for phrase in phrases)
    }


@cache
def _phrases() -> dict[str, frozenset[Phrase]]:
    return {
        code: frozenset(
            phrase for text in _texts(term) if (phrase := tuple(map(_stem, _words(text))))
        )
        for code, term in load_taxonomy().items()
    }


def _texts(term: Term) -> Iterator[str]:
    yield term.label
    yield from term.synonyms


@cache
def _vocabulary() -> tuple[str, ...]:
    texts = (text for term in load_taxonomy().values() for text in (*_texts(term), term.plain))
    return tuple(sorted({word for text in texts for word in _words(text)}))


@cache
def _known_stems() -> frozenset[str]:
    return frozenset(map(_stem, _vocabulary()))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold()).replace("’", "'").replace("'", "")
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return [word for word in words if word not in FILLERS]


@lru_cache(maxsize=10_000)
def _mend(word: str) -> str:
    """Take the nearest word that we know where this one is none."""
    if len(word) < SHORTEST_MENDED or len(word) > 30 or _stem(word) in _known_stems():  # noqa: PLR2004 - no word is longer
        return word
    return min(_close_words(word), default=(0, 0, word))[2]


def _close_words(word: str) -> Iterator[tuple[int, int, str]]:
    most = 2 if len(word) >= LONG_WORD else 1
    for known in _vocabulary():
        is_alike = known[0] == word[0] or len(word) >= LONG_WORD
        if is_alike and len(known) > SHORTEST_MENDED and abs(len(known) - len(word)) <= most:
            slips = count_slips(word, known)
            if slips <= most:
                yield slips, -_same_beginning(word, known), known


def _same_beginning(one: str, other: str) -> int:
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return same


def count_slips(typed: str, meant: str) -> int:
    """Letters left out, put in, changed, or two beside each other swapped.

    Optimal string alignment distance, by the table of Wagner and Fischer (1974).
    """
    before_last: Sequence[int] = ()
    last = list(range(len(meant) + 1))
    for row, letter in enumerate(typed, start=1):
        now = [row]
        for column, other in enumerate(meant, start=1):
            best = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != other))
            swapped = row > 1 and column > 1 and letter == meant[column - 2]
            if swapped and typed[row - 2] == other:
                best = min(best, before_last[column - 2] + 1)
            now.append(best)
        before_last, last = last, now
    return last[-1]


def _stem(word: str) -> str:
    """Cut what a word may end in: `cares`, `caring` and `cared` are one."""
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - not "ties"
        return word[:-3] + "y"
    for ending in ("ings", "ing", "ers", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 2:  # noqa: PLR2004 - not "bed"
            word = word.removesuffix(ending)
            break
    if len(word) > 3 and word[-1] == word[-2]:  # noqa: PLR2004 - "swimm" is "swim"
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word  # noqa: PLR2004 - not "one"
