"""The letter, the text, and the letters they are spelled with."""

import datetime as dt
import re
import zlib

import pytest
import segno

from marketplace.messages.compose import compose_text
from marketplace.messages.letters import Letter, compose_letter
from marketplace.messages.spelling import GSM, LATIN, spell
from marketplace.templating import shared_environment

COUNCIL = {
    "name": "Gipping Family Hub",
    "contact_name": "Priya Example",
    "phone": "01632 960 411",
    "hours": "Monday to Friday, 9am to 5pm",
    "check_page": "example.org/family-hubs",
}
LINK = "https://early-help.example.org/o/" + "k3" * 16
POINTS_PER_MM = 72 / 25.4
PAGE_MM = 297


def a_letter(**changed: object) -> Letter:
    given = {
        "address": ["Kelly Example", "1 Example Street", "Ipswich", "IP1 2DE"],
        "link": LINK,
        "code": "CDFGH34679",
        "code_page": "early-help.example.org/letter",
        "written_on": dt.date(2026, 11, 22),
        "council": COUNCIL,
        "expires_on": dt.date(2026, 11, 29),
        "is_reminder": False,
    }
    return compose_letter(shared_environment(), "offer", **(given | changed))


def drawing(letter: Letter) -> str:
    """What is drawn on the sheet, as PDF says it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", letter.pdf, re.DOTALL)
    return "\n".join(_inflate(one) for one in streams)


def _inflate(stream: bytes) -> str:
    try:
        return zlib.decompress(stream).decode("latin-1")
    except zlib.error:
        return ""


def texts(letter: Letter) -> list[tuple[float, float, str]]:
    """Every line of words: millimetres from the left and from the top, and what it says."""
    found = re.findall(r"BT ([\d.]+) ([\d.]+) Td (.*?) ET", drawing(letter))
    return [
        (float(x) / POINTS_PER_MM, PAGE_MM - float(y) / POINTS_PER_MM, _said(words))
        for x, y, words in found
    ]


def _said(words: str) -> str:
    parts = re.findall(r"\(((?:\\.|[^\\)])*)\)", words)
    return re.sub(r"\\(.)", r"\1", "".join(parts))


def test_only_the_address_shows_through_the_window() -> None:
    """Notify's window: 24.6 to 120 mm from the left, 40 to 66.2 mm from the top."""
    lines = texts(a_letter(address=[f"Line {number}" for number in range(7)]))
    behind = [words for x, y, words in lines if y < 95]
    assert behind == [f"Line {number}" for number in range(7)]
    for x, y, words in lines:
        assert 15 < x < 195, words
        assert 5 < y < 292, words
        if words in behind:
            assert x >= 24.6, words
            assert 40 < y < 66.2, words


def test_the_square_is_the_link() -> None:
    dark = sum(sum(row) for row in segno.make(LINK, error="m", micro=False).matrix_iter(border=0))
    drawn = re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) -?([\d.]+) re f", drawing(a_letter()))
    assert len(drawn) == dark
    assert "k3k3" not in " ".join(words for _, _, words in texts(a_letter()))


def test_it_fits_on_one_sheet_with_the_longest_words() -> None:
    long = {name: f"{value} {'and more words ' * 8}" for name, value in COUNCIL.items()}
    letter = a_letter(council=long, is_reminder=True)
    assert letter.pdf.count(b"/Type /Page\n") == 1
    assert max(y for _, y, _ in texts(letter)) < 285


def test_the_code_stands_in_two_groups_and_the_words_say_the_same() -> None:
    letter = a_letter()
    assert "CDFGH 34679" in [words for _, _, words in texts(letter)]
    for part in ("CDFGH 34679", LINK, "early-help.example.org/letter", *COUNCIL.values()):
        assert part in letter.words


def test_the_envelope_and_the_sheet_say_nothing_of_why() -> None:
    told = a_letter(address=["Kelly Example", "IP1 2DE"], council=dict.fromkeys(COUNCIL, "x"))
    assert not re.search(r"child|famil|help you|need|support|place", told.words, re.IGNORECASE)


@pytest.mark.parametrize("is_reminder", [False, True])
def test_a_text_is_one_text(*, is_reminder: bool) -> None:
    text = compose_text(
        shared_environment(),
        "offer",
        to="+447700900123",
        council=COUNCIL,
        link=LINK,
        is_reminder=is_reminder,
        expires_on=dt.date(2026, 11, 29),
    )
    assert len(text.words) <= 160
    assert set(text.words) <= GSM
    assert LINK in text.words
    assert not re.search(r"child|need|support|place", text.words.replace(LINK, ""), re.IGNORECASE)


@pytest.mark.parametrize(
    ("words", "in_texts", "in_print"),
    [
        ("Małgorzata Żółć", "Malgorzata Zolc", "Malgorzata Zólc"),
        ("Zoë O’Brien – hub", "Zoe O'Brien - hub", "Zoë O'Brien - hub"),
        ("Ŵyn 日本", "Wyn ", "Wyn "),
        ("José £5", "José £5", "José £5"),
    ],
)
def test_names_keep_what_letters_there_are(words: str, in_texts: str, in_print: str) -> None:
    assert spell(words, GSM) == in_texts
    assert spell(words, LATIN) == in_print
