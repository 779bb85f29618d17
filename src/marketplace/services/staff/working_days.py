"""Days on which a charity can be expected to answer."""

from datetime import date, timedelta
from functools import cache

import holidays

SATURDAY = 5


def add_working_days(start: date, count: int) -> date:
    """The day `count` working days after `start`; England's bank holidays do not count."""
    day = start
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY and day not in _bank_holidays():
            count -= 1
    return day


@cache
def _bank_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv="ENG")
