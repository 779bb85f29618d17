"""Events on a standing plan: not timed before the engine has them."""

from __future__ import annotations

from report import Part, Report

from matching import NotYet


def measure(_report: Report, _seconds: float) -> None:
    """Say that it is still to come."""
    raise NotYet("events", "matching.state")


PARTS = [Part("events", "one event, and 1 % of all families", measure, 60, in_quick=True)]
