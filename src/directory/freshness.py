"""How long a listing is believed, in months since somebody last said that it is true."""

import datetime as dt

from sqlalchemy import ColumnElement, func

ASK_AFTER_MONTHS = (6, 9, 11)
LOWER_AFTER_MONTHS = 9
# A year without a word: help that may not be there any more is worse than none.
HIDE_AFTER_MONTHS = 12


def months_ago(months: int) -> ColumnElement[dt.datetime]:
    """By the database's clock."""
    return func.now() - func.make_interval(0, months)
