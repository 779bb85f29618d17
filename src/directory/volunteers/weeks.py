"""Which days a volunteer's week has, and when it comes next."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from directory.spreadsheets.words import WEEKDAYS

DAYS_IN_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Week:
    """`day`: the first of her days in it, which she is asked about; `ends_on`: the last."""

    day: dt.date
    ends_on: dt.date


def next_week(times: Iterable[str], *, after: dt.date) -> Week | None:
    """The first week whose first day comes later than `after`; None for somebody without days.

    `times` are parts of days such as `tue-eve`; a week goes from Monday to Sunday.
    """
    days = sorted({WEEKDAYS.index(time.partition("-")[0]) for time in times})
    if not days:
        return None
    ahead = (days[0] - after.weekday() - 1) % DAYS_IN_A_WEEK + 1
    day = after + dt.timedelta(days=ahead)
    return Week(day, day + dt.timedelta(days=days[-1] - days[0]))
