"""What a search tells of itself while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a search has come.

    Parameters
    ----------
    seconds : float
        Since it began.
    objective : int or None
        Pence of the best plan so far.
    bound : int or None
        No plan costs less.
    stage : str
        What it does now.
    """

    seconds: float
    objective: int | None
    bound: int | None
    stage: str
