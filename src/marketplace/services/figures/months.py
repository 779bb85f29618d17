"""Months as people here count them: London's clock, from the first midnight to the next."""

import datetime as dt
import re
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.errors import NotFoundError
from marketplace.templating import LONDON

WRITTEN = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
MONTHS_A_YEAR = 12


@dataclass(frozen=True, order=True)
class Month:
    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"

    @property
    def text(self) -> str:
        return f"{dt.date(self.year, self.month, 1):%B %Y}"

    @property
    def begins_at(self) -> dt.datetime:
        return dt.datetime(self.year, self.month, 1, tzinfo=LONDON)

    @property
    def ends_at(self) -> dt.datetime:
        return self.later(1).begins_at

    def later(self, months: int) -> "Month":
        year, month = divmod(self.year * MONTHS_A_YEAR + self.month - 1 + months, MONTHS_A_YEAR)
        return Month(year, month + 1)


def read_month(text: str) -> Month:
    if not WRITTEN.fullmatch(text):
        raise NotFoundError
    return Month(int(text[:4]), int(text[5:]))


async def this_month(session: AsyncSession) -> Month:
    now: dt.datetime = (await session.execute(select(func.now()))).scalar_one()
    local = now.astimezone(LONDON)
    return Month(local.year, local.month)


async def month_asked_for(session: AsyncSession, text: str) -> Month:
    """Where none was named, this one; nothing is known of one that is still to come."""
    current = await this_month(session)
    wanted = read_month(text) if text else current
    if wanted > current:
        raise NotFoundError
    return wanted
