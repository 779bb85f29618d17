"""Reads the address of a website as people type it."""

import re

from directory.spreadsheets.cells import CellFault

WEBSITE = "Type an address such as www.example.org"
LONGEST = 300
HOST = re.compile(
    r"https?://([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(/[^\s\"'<>\\]*)?", re.IGNORECASE
)


def website(text: str) -> str:
    """Only http and https: anything else in a link could run in a reader's browser."""
    address = text if re.match(r"[a-z][a-z0-9+.-]*:", text, re.IGNORECASE) else f"https://{text}"
    if len(address) > LONGEST or not HOST.fullmatch(address):
        raise CellFault(WEBSITE)
    return address


def safe_link(address: str | None) -> str | None:
    """Link to the web alone: whoever wrote the listing or the notice chose this address."""
    return address if (address or "").startswith(("https://", "http://")) else None
