"""Where nothing is found: which one thing to ask less of, and how much would then be found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from directory.questions import Question
from directory.search import count_help
from directory.wishes import Wish

# What each part of a wish is when nobody asks for it.
UNASKED: dict[str, Any] = {
    "day": None,
    "language": None,
    "access": None,
    "age": None,
    "free": False,
    "need": None,
    "question": Question(),
}


@dataclass(frozen=True, slots=True)
class Widening:
    """`within_metres` is set where it is the distance that is widened."""

    part: str
    found: int
    within_metres: int | None = None


async def ways_to_widen(
    session: AsyncSession, wish: Wish, *, distances_metres: Sequence[int]
) -> list[Widening]:
    """Name only what would help: a part that is asked for and hides something."""
    ways = []
    for metres in distances_metres:
        if metres > wish.within_metres:
            found = await count_help(session, replace(wish, within_metres=metres))
            ways.append(Widening("within_metres", found, metres))
            if found:
                break
    for part, unasked in UNASKED.items():
        if getattr(wish, part) != unasked:
            found = await count_help(session, replace(wish, **{part: unasked}))
            ways.append(Widening(part, found))
    return [way for way in ways if way.found]
