import re
from dataclasses import dataclass
from typing import Literal

from directory.spreadsheets.cells import CellFault

NO_FIXED_ABODE = "ZZ99 3VZ"

# letters by position as Royal Mail assigns them; whether the postcode exists, a directory knows
OUTWARD = (
    r"(?:[A-PR-UWYZ][0-9]{1,2}|[A-PR-UWYZ][A-HK-Y][0-9]{1,2}"
    r"|[A-PR-UWYZ][0-9][A-HJKPSTUW]|[A-PR-UWYZ][A-HK-Y][0-9][ABEHMNPRVWXY])"
)
POSTCODE = re.compile(rf"({OUTWARD})([0-9][ABD-HJLNP-UW-Z]{{2}})")
OUTWARD_CODE = re.compile(OUTWARD)
GRID_SQUARE_1_KM = re.compile(r"[HJNOST][A-HJ-Z][0-9]{4}")

AreaKind = Literal["postcode", "outward-code", "grid-square", "no-fixed-abode"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    kind: AreaKind
    code: str


def postcode(cell: str) -> str:
    if found := POSTCODE.fullmatch(_squeeze(cell)):
        return f"{found[1]} {found[2]}"
    raise CellFault("give a full postcode, such as IP1 2DE.")


def area(cell: str) -> Area:
    squeezed = _squeeze(cell)
    if squeezed == _squeeze(NO_FIXED_ABODE):
        return Area(kind="no-fixed-abode", code=NO_FIXED_ABODE)
    if POSTCODE.fullmatch(squeezed):
        return Area(kind="postcode", code=postcode(cell))
    if GRID_SQUARE_1_KM.fullmatch(squeezed):
        return Area(kind="grid-square", code=squeezed)
    if OUTWARD_CODE.fullmatch(squeezed):
        return Area(kind="outward-code", code=squeezed)
    raise CellFault(
        "give a postcode (IP1 2DE), its first half (IP1) or a 1 km grid square (TM1644); "
        f"{NO_FIXED_ABODE} for no fixed abode."
    )


def _squeeze(cell: str) -> str:
    return re.sub(r"\s", "", cell).upper()
