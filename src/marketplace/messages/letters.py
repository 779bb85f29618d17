"""A letter on one sheet, as GOV.UK Notify prints and folds it: address behind the window, kind
words, the link as a square to photograph, and a code for who would rather type.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import segno
from fpdf import FPDF
from jinja2 import Environment

from marketplace.messages.spelling import LATIN, spell

FONT = "Helvetica"
# Millimetres from the top left, by Notify's specification of letters: the window shows what
# stands here, and nothing else may stand beside it; the words begin below.
WINDOW_LEFT, WINDOW_TOP, WINDOW_LINE, MOST_LINES = 25, 41, 3.5, 7
WINDOW_POINTS = 9
DATE_TOP, WORDS_TOP, MARGIN, WORDS_WIDTH = 96, 106, 25, 160
WORDS_POINTS, WORDS_LINE, PARAGRAPH_GAP = 12, 5.6, 3
SQUARE = 40
CODE_POINTS = 18
BLOCK_GAP = 6


@dataclass(frozen=True, kw_only=True)
class Letter:
    to: str
    # The same in words, for a list of what was sent and for who cannot see the sheet.
    words: str
    pdf: bytes
    channel: ClassVar[str] = "letter"


def compose_letter(
    environment: Environment,
    event: str,
    *,
    address: Sequence[str],
    link: str,
    code: str,
    code_page: str,
    written_on: date,
    **context: Any,
) -> Letter:
    """`address`: the name first, the postcode last, a line each."""
    text = environment.get_template(f"letters/{event}.txt").render(context).strip()
    before, _, after = (part.strip() for part in text.partition("---"))
    shown = _group(code)
    ways = f"Open {link}\nor go to {code_page} and type {shown}"
    sheet = Sheet()
    sheet.write_address(address)
    sheet.write_date(written_on)
    sheet.write_paragraphs(before)
    sheet.draw_ways(link=link, code=shown, code_page=code_page)
    sheet.write_paragraphs(after)
    return Letter(
        to=", ".join(address),
        words="\n\n".join(["\n".join(address), before, ways, after]) + "\n",
        pdf=sheet.as_bytes(),
    )


def _group(code: str) -> str:
    half = len(code) // 2
    return f"{code[:half]} {code[half:]}"


class Sheet:
    def __init__(self) -> None:
        self.page = FPDF(format="A4")
        self.page.set_auto_page_break(auto=False)
        self.page.set_margins(MARGIN, MARGIN)
        self.page.c_margin = 0
        self.page.set_title("A letter")
        self.page.set_lang("en-GB")
        self.page.add_page()

    def write_address(self, lines: Sequence[str]) -> None:
        self.page.set_font(FONT, size=WINDOW_POINTS)
        for number, line in enumerate(lines[:MOST_LINES]):
            self.page.set_xy(WINDOW_LEFT, WINDOW_TOP + number * WINDOW_LINE)
            self.page.cell(h=WINDOW_LINE, text=spell(line, LATIN))

    def write_date(self, day: date) -> None:
        self.page.set_font(FONT, size=WORDS_POINTS)
        self.page.set_xy(MARGIN, DATE_TOP)
        self.page.cell(h=WORDS_LINE, text=f"{day.day} {day:%B %Y}")
        self.page.set_xy(MARGIN, WORDS_TOP)

    def write_paragraphs(self, text: str) -> None:
        self.page.set_font(FONT, size=WORDS_POINTS)
        for paragraph in filter(None, (part.strip() for part in text.split("\n\n"))):
            self.page.multi_cell(
                WORDS_WIDTH,
                WORDS_LINE,
                spell_lines(paragraph),
                align="L",
                new_x="LMARGIN",
                new_y="NEXT",
            )
            self.page.ln(PARAGRAPH_GAP)

    def draw_ways(self, *, link: str, code: str, code_page: str) -> None:
        top = self.page.get_y() + 1
        self._draw_square(link, left=MARGIN, top=top)
        beside = MARGIN + SQUARE + BLOCK_GAP
        self.page.set_font(FONT, size=WORDS_POINTS)
        self.page.set_xy(beside, top + 2)
        self.page.multi_cell(
            WORDS_WIDTH - SQUARE - BLOCK_GAP,
            WORDS_LINE,
            f"Point the camera of a telephone at the square,\nor go to {code_page}\nand type:",
            align="L",
        )
        self.page.set_xy(beside, top + 2 + 3 * WORDS_LINE + 3)
        self.page.set_font("Courier", style="B", size=CODE_POINTS)
        self.page.cell(h=8, text=code)
        self.page.set_xy(MARGIN, top + SQUARE + BLOCK_GAP)

    def _draw_square(self, link: str, *, left: float, top: float) -> None:
        # Drawn as rectangles: sharp at any size, and black alone, as a printer of letters asks.
        rows = list(segno.make(link, error="m", micro=False).matrix_iter(border=0))
        size = SQUARE / len(rows)
        for down, row in enumerate(rows):
            for across, is_dark in enumerate(row):
                if is_dark:
                    self.page.rect(left + across * size, top + down * size, size, size, style="F")

    def as_bytes(self) -> bytes:
        return bytes(self.page.output())


def spell_lines(text: str) -> str:
    return "\n".join(spell(line, LATIN) for line in text.splitlines())
