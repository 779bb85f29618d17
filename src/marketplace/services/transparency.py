"""Facts about how the computer is used at a council, asked of the running system.

Figures end with the last month, are rounded to twentieths, and small groups are not told: nobody
can look before and after an answer, or take one figure from another, to learn what one family did.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import by_exchange
from marketplace.db.families import Family, Need
from marketplace.db.history import Event
from marketplace.db.offers import Offer
from marketplace.db.plans import Match, Plan
from marketplace.defaults import defaults
from marketplace.services.suppression import hide_small
from marketplace.states import MatchState

ROUNDED_TO = 20
BANDS = ((5, "Under 5"), (11, "5 to 10"), (16, "11 to 15"), (99, "16 and over"))


@dataclass(frozen=True, kw_only=True)
class Share:
    """`percent` None: too few to tell, or it would tell about too few beside it."""

    name: str
    percent: int | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    until: date
    plan: Plan | None
    looked_at: Share
    changed: Share
    wrong: Share
    accepted: Share
    by_group: Mapping[str, Sequence[Share]]


@by_exchange
async def tell_facts(session: AsyncSession, commissioner_id: uuid.UUID) -> Facts:
    """Sums only: no row of any family leaves this function."""
    until = await _month_begins(session)
    answers = await _answers(session, commissioner_id, until)
    looks = await _looks(session, commissioner_id, until)
    return Facts(
        until=until.date(),
        plan=await session.scalar(
            select(Plan)
            .where(Plan.commissioner_id == commissioner_id, Plan.state == "approved")
            .order_by(Plan.number.desc())
            .limit(1)
        ),
        looked_at=_alone("Proposals that a person looked at", looks["looked_at"], looks["all"]),
        changed=_alone("Of these, changed by that person", looks["changed"], looks["looked_at"]),
        wrong=_alone("Of these, “the prediction is wrong”", looks["wrong"], looks["looked_at"]),
        accepted=_alone("Offers that got a yes", sum(one["yes"] for one in answers), len(answers)),
        by_group={name: shares_by(answers, name) for name in GROUPS},
    )


def shares_by(answers: Sequence[Mapping[str, Any]], group: str) -> list[Share]:
    """By one grouping. Suppressed by the smaller of yes and not yes: both can point at somebody."""
    counts: dict[str, list[int]] = {}
    for one in answers:
        both = counts.setdefault(one[group], [0, 0])
        both[not one["yes"]] += 1
    names = sorted(counts)
    smallest: int = defaults()["privacy"]["smallest_count"]
    shown = hide_small([min(counts[name]) for name in names], smallest=smallest)
    return [
        Share(
            name=name, percent=None if one is None else _percent(counts[name][0], sum(counts[name]))
        )
        for name, one in zip(names, shown, strict=True)
    ]


def _alone(name: str, part: int, whole: int) -> Share:
    smallest: int = defaults()["privacy"]["smallest_count"]
    is_large = whole >= smallest and (part == whole or min(part, whole - part) >= smallest)
    return Share(name=name, percent=_percent(part, whole) if is_large else None)


def _percent(part: int, whole: int) -> int:
    return round(part / whole * ROUNDED_TO) * (100 // ROUNDED_TO)


async def _month_begins(session: AsyncSession) -> datetime:
    here = func.timezone("Europe/London", func.now())
    first = func.timezone("Europe/London", func.date_trunc("month", here))
    begins: datetime = (await session.execute(select(first))).scalar_one()
    return begins


async def _answers(
    session: AsyncSession, commissioner_id: uuid.UUID, until: datetime
) -> list[dict[str, Any]]:
    """Offers that were answered, or whose time is over: silence is not a yes."""
    rows = await session.execute(
        select(Offer.answer, Need.code, Need.level, Family)
        .join(Match, Match.id == Offer.match_id)
        .join(Need, Need.id == Match.need_id)
        .join(Family, Family.id == Offer.family_id)
        .where(
            Family.commissioner_id == commissioner_id,
            func.coalesce(Offer.answered_at, Offer.expires_at) < until,
        )
    )
    return [
        {
            "yes": row.answer == "yes",
            **{name: tell(row, until) for name, tell in GROUPS.items()},
        }
        for row in rows
    ]


async def _looks(
    session: AsyncSession, commissioner_id: uuid.UUID, until: datetime
) -> dict[str, int]:
    wrong = (
        select(Event.id)
        .where(
            Event.subject_kind == "match",
            Event.subject_id == Match.id,
            Event.target == MatchState.SET_ASIDE,
            Event.code == "prediction_wrong",
        )
        .exists()
    )
    row = (
        await session.execute(
            select(
                func.count().label("all"),
                func.count(Match.looked_at).label("looked_at"),
                func.count()
                .filter(Match.looked_at.is_not(None), Match.was_changed.is_(True))
                .label("changed"),
                func.count().filter(Match.looked_at.is_not(None), wrong).label("wrong"),
            )
            .join(Plan, Plan.id == Match.plan_id)
            .where(Plan.commissioner_id == commissioner_id, Plan.created_at < until)
        )
    ).one()
    return {"all": row.all, "looked_at": row.looked_at, "changed": row.changed, "wrong": row.wrong}


def _age(row: Any, until: datetime) -> str:
    born = max(row.Family.children_born, default="")
    if not born:
        return "Not known"
    years = until.year - int(born[:4]) - (until.month < int(born[5:7]))
    return next(name for limit, name in BANDS if years < limit)


GROUPS: Mapping[str, Callable[[Any, datetime], str]] = {
    "Age of the youngest child": _age,
    "Area": lambda row, _: row.Family.outward or "Not known",
    "First language": lambda row, _: next(iter(row.Family.languages), "Not known"),
    "Need": lambda row, _: row.code,
    "Level": lambda row, _: f"Level {row.level}",
}
