"""How far a run is, told from the process that solves to the one that stores."""

import multiprocessing
from typing import Any

from marketplace.services.plans.drafts import STAGES

# Of the process that solves: set when it begins, and left alone where nobody listens.
_told: Any = None


def make_board() -> Any:
    """A number that both processes see: the stage that has begun."""
    return multiprocessing.get_context("spawn").Value("i", 0)


def listen_on(board: Any) -> None:
    global _told  # noqa: PLW0603 - one run at a time in a process of its own
    _told = board


def tell(stage: str) -> None:
    if _told is not None:
        _told.value = STAGES.index(stage)
