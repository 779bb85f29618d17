"""Names spelled with the letters that a text message or a printed letter has."""

import unicodedata

# The letters of GSM 03.38: one other, and a text holds 70 characters in place of 160.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# What print has without a font of our own.
LATIN = frozenset(chr(code) for code in (*range(0x20, 0x7F), *range(0xA1, 0x100)))
# What has no accent to take off.
NEAREST = {
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "ø": "o",
    "Ø": "O",
    "œ": "oe",
    "æ": "ae",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "…": "...",
    "\N{NO-BREAK SPACE}": " ",
}


def spell(words: str, letters: frozenset[str]) -> str:
    """The nearest spelling; what has none (another script) is left out."""
    return "".join(one if one in letters else _nearest(one, letters) for one in words)


def _nearest(one: str, letters: frozenset[str]) -> str:
    plain = NEAREST.get(one) or unicodedata.normalize("NFKD", one)
    return "".join(part for part in plain if part in letters)
