"""What a provider may count of its own work: who says yes, what was done, what it shows others."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Service
from marketplace.access import Actor, answered_matches
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family
from marketplace.db.offers import Offer
from marketplace.db.outcomes import Outcome
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.states import MatchState

ENOUGH_OF_ONES_OWN = 20


@dataclass(frozen=True, kw_only=True)
class Chance:
    """How many families in ten say yes, and whether they were the provider's own."""

    in_ten: int
    is_own: bool


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What may be shown to others: small counts are put together, never shown alone."""

    shown: dict[str, int]
    others: int


@by_exchange
async def chance_of_yes(session: AsyncSession, *, actor: Actor) -> Chance | None:
    """From its own families once there are enough, else from all of the councils that ask it."""
    asked, yes = await _count_yes(session, answered_matches(actor).join(Match.family))
    if asked >= ENOUGH_OF_ONES_OWN:
        return _chance(asked, yes, is_own=True)
    councils = (
        answered_matches(actor)
        .join(Match.family)
        .where(Match.state == MatchState.AWAITING_PROVIDER)
        .with_only_columns(Family.commissioner_id)
    )
    of_councils = select(Match).join(Match.family).where(Family.commissioner_id.in_(councils))
    asked, yes = await _count_yes(session, of_councils)
    if asked < defaults()["privacy"]["smallest_count"]:
        return None
    return _chance(asked, yes, is_own=False)


def _chance(asked: int, yes: int, *, is_own: bool) -> Chance:
    return Chance(in_ten=round(10 * yes / asked), is_own=is_own)


async def _count_yes(session: AsyncSession, matches: Select[Match]) -> tuple[int, int]:
    """Families asked whose time to answer is over, silence counted, and how many said yes."""
    is_over = or_(Offer.answer.is_not(None), Match.state == MatchState.FAMILY_EXPIRED)
    asked, yes = (
        await session.execute(
            matches.join(Offer, Offer.match_id == Match.id)
            .where(is_over)
            .with_only_columns(func.count(), func.count().filter(Offer.answer == "yes"))
        )
    ).one()
    return asked, yes


@by_exchange
async def list_record(session: AsyncSession, *, actor: Actor) -> Sequence[RowMapping]:
    """Help that began, one row each, without anything by which a family could be known."""
    found = await session.execute(
        _begun(actor)
        .with_only_columns(
            Service.name.label("service"),
            Outcome.started_on,
            Outcome.times_attended,
            Outcome.ended_on,
            Outcome.helped,
        )
        # Never in the order in which they came: that would tell one from the other.
        .order_by(Service.name, func.date_trunc("month", Outcome.started_on), Outcome.helped)
    )
    return found.mappings().all()


@by_exchange
async def count_begun_by_month(session: AsyncSession, *, actor: Actor) -> dict[dt.date, int]:
    """Families whose help began, by the first day of the month."""
    month = func.date_trunc("month", Outcome.started_on)
    rows = await session.execute(
        _begun(actor)
        .with_only_columns(month.label("month"), func.count(Match.family_id.distinct()))
        .group_by(month)
        .order_by(month)
    )
    return {month.date(): number for month, number in rows}


@by_exchange
async def count_totals(session: AsyncSession, *, actor: Actor) -> dict[str, int]:
    row = await session.execute(
        _begun(actor).with_only_columns(
            func.count(Match.family_id.distinct()).label("families"),
            func.coalesce(func.sum(Match.places), 0).label("places"),
            func.coalesce(func.sum(Outcome.times_attended), 0).label("attended"),
            func.count(Outcome.ended_on).label("ended"),
        )
    )
    return {name: int(number) for name, number in row.mappings().one().items()}


@by_exchange
async def count_helped(session: AsyncSession, *, actor: Actor) -> Counted:
    rows = await session.execute(
        _begun(actor)
        .where(Outcome.helped.is_not(None))
        .with_only_columns(Outcome.helped, func.count(Match.family_id.distinct()))
        .group_by(Outcome.helped)
    )
    return hide_small({answer: number for answer, number in rows if answer})


@by_exchange
async def count_areas(session: AsyncSession, *, actor: Actor) -> Counted:
    rows = await session.execute(
        _begun(actor)
        .join(Match.family)
        .with_only_columns(Family.outward, func.count(Match.family_id.distinct()))
        .group_by(Family.outward)
        .order_by(Family.outward)
    )
    return hide_small({area or "": number for area, number in rows})


def hide_small(counts: Mapping[str, int]) -> Counted:
    """Put counts under the smallest that may be shown together, and more until those are enough.

    One hidden count alone could be reckoned from the total, so the next smallest goes with it.
    """
    smallest = defaults()["privacy"]["smallest_count"]
    shown = {name: number for name, number in counts.items() if number >= smallest}
    hidden = [number for number in counts.values() if 0 < number < smallest]
    while shown and hidden and (len(hidden) == 1 or sum(hidden) < smallest):
        hidden.append(shown.pop(min(shown, key=lambda name: (shown[name], name))))
    return Counted(shown=shown, others=sum(hidden))


def _begun(actor: Actor) -> Select[Match]:
    return (
        answered_matches(actor)
        .join(Outcome, Outcome.match_id == Match.id)
        .where(Outcome.started_on.is_not(None))
    )


def months_until(today: dt.date, *, number: int) -> list[dt.date]:
    """The first days of the latest months, the oldest first."""
    last = today.year * 12 + today.month - 1
    return [dt.date(n // 12, n % 12 + 1, 1) for n in range(last - number + 1, last + 1)]
