"""A family's link and what will be answered behind it, as a file between programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BORN = {"month": "5", "year": "2019"}


@dataclass(frozen=True)
class Link:
    offer: str
    token: str
    answer: str


def write_links(path: Path, links: list[Link]) -> None:
    path.write_text("".join(f"{one.offer} {one.token} {one.answer}\n" for one in links))


def read_links(path: Path) -> list[Link]:
    return [Link(*line.split()) for line in path.read_text().splitlines()]
