"""Kind hints for whoever writes a description: what a tired reader would stumble over."""

import re

LONGEST_SENTENCE_WORDS = 20
LONGEST_WORD_LETTERS = 13
MOST_HINTS = 5

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def reading_hints(text: str) -> list[str]:
    """Sentences and words that are long for a child of nine to eleven; nothing is refused."""
    hints = [*_long_sentences(text), *_long_words(text)]
    return hints[:MOST_HINTS]


def _long_sentences(text: str) -> list[str]:
    sentences = [one.strip() for one in SENTENCE_END.split(text) if one.strip()]
    counted = [(one, len(WORD.findall(one))) for one in sentences]
    return [
        f"“{_beginning(sentence)}…” has {count} words. Could it be two sentences?"
        for sentence, count in counted
        if count > LONGEST_SENTENCE_WORDS
    ]


def _long_words(text: str) -> list[str]:
    words = dict.fromkeys(word for word in WORD.findall(text) if _is_long(word))
    return [f"“{word}” is a long word. Is there a shorter one?" for word in words]


def _is_long(word: str) -> bool:
    return any(len(part) > LONGEST_WORD_LETTERS for part in re.split("['’-]", word))


def _beginning(sentence: str) -> str:
    return " ".join(sentence.split()[:5])
