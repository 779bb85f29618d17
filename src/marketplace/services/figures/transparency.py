"""Facts about how the computer is used at a council, asked of the running system."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import by_exchange
from marketplace.db.families import Family, Need
from marketplace.db.history import Event
from marketplace.db.offers import Message, Offer
from marketplace.db.plans import Match, Plan
from marketplace.services.figures.shares import Share, share_of, shares_by
from marketplace.states import MatchState, PlanState

BANDS = ((5, "Under 5"), (11, "5 to 10"), (16, "11 to 15"), (99, "16 and over"))
ABOUT = (Family.children_born, Family.outward, Family.languages, Need.code, Need.level)


@dataclass(frozen=True, kw_only=True)
class PlansMade:
    """Approved ones; `furthest`: no plan can beat the least exact by more of what was weighed."""

    approved: int
    proved: int
    furthest: float


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Until the month began: a look before and after one answer finds no difference."""

    until: date
    models: Sequence[str]
    plans: PlansMade
    people: Sequence[Share]
    errors: Sequence[Share]
    accepted: Share
    accepted_by: Mapping[str, Sequence[Share]]
    wrong_by: Mapping[str, Sequence[Share]]


@by_exchange
async def tell_facts(session: AsyncSession, commissioner_id: uuid.UUID) -> Facts:
    """Sums only: no row of any family leaves this function."""
    until = await _month_begins(session)
    answers = await _answers(session, commissioner_id, until)
    looks = await _looks(session, commissioner_id, until)
    return Facts(
        until=until.date(),
        models=await _models(session, commissioner_id),
        plans=await _plans(session, commissioner_id),
        people=[
            share_of("Proposals that a person looked at", [one["looked"] for one in looks]),
            share_of("Looks that changed something", _of_looks(looks, "changed")),
        ],
        errors=[
            share_of("Looks that found the guess wrong", _of_looks(looks, "is_so")),
            share_of("Offers that came to somebody else", [one["not_me"] for one in answers]),
            share_of("Messages that came back", await _came_back(session, commissioner_id, until)),
        ],
        accepted=share_of("Offers that got a yes", [one["is_so"] for one in answers]),
        accepted_by={name: shares_by(answers, name) for name in GROUPS},
        wrong_by={
            name: shares_by([one for one in looks if one["looked"]], name) for name in GROUPS
        },
    )


def _of_looks(looks: Sequence[Mapping[str, Any]], what: str) -> list[bool]:
    return [one[what] for one in looks if one["looked"]]


async def _month_begins(session: AsyncSession) -> datetime:
    here = func.timezone("Europe/London", func.now())
    first = func.timezone("Europe/London", func.date_trunc("month", here))
    begins: datetime = (await session.execute(select(first))).scalar_one()
    return begins


async def _models(session: AsyncSession, commissioner_id: uuid.UUID) -> Sequence[str]:
    """Which models the guesses that stand here say they are from."""
    own = Need.commissioner_id == commissioner_id
    from_model = Need.source.startswith("model:")
    found = await session.scalars(
        select(Need.source).where(own, from_model).distinct().order_by(Need.source)
    )
    return found.all()


async def _plans(session: AsyncSession, commissioner_id: uuid.UUID) -> PlansMade:
    own = Plan.commissioner_id == commissioner_id
    found = await session.scalars(
        select(Plan.result).where(own, Plan.state == PlanState.APPROVED, Plan.result.is_not(None))
    )
    gaps = [_gap(result) for result in found if result]
    return PlansMade(approved=len(gaps), proved=gaps.count(0), furthest=max(gaps, default=0))


def _gap(result: Mapping[str, Any]) -> float:
    objective: float = result["objective"]
    bound: float = result["bound"]
    return (objective - bound) / max(1, abs(objective))


async def _answers(
    session: AsyncSession, commissioner_id: uuid.UUID, until: datetime
) -> list[dict[str, Any]]:
    """Offers that were answered, or whose time is over: silence is not a yes."""
    rows = await session.execute(
        select(
            func.coalesce(Offer.answer == "yes", False).label("is_so"),
            func.coalesce(Offer.answer == "not_me", False).label("not_me"),
            *ABOUT,
        )
        .join(Match, Match.id == Offer.match_id)
        .join(Need, Need.id == Match.need_id)
        .join(Family, Family.id == Offer.family_id)
        .where(
            Family.commissioner_id == commissioner_id,
            func.coalesce(Offer.answered_at, Offer.expires_at) < until,
        )
    )
    return [_grouped(row, until, "is_so", "not_me") for row in rows]


async def _looks(
    session: AsyncSession, commissioner_id: uuid.UUID, until: datetime
) -> list[dict[str, Any]]:
    """Proposals, looked at or not; `is_so`: the person said that the guess was wrong."""
    rows = await session.execute(
        select(
            func.coalesce(Match.looked_at < until, False).label("looked"),
            func.coalesce(Match.was_changed, False).label("changed"),
            _was_wrong().label("is_so"),
            *ABOUT,
        )
        .join(Plan, Plan.id == Match.plan_id)
        .join(Need, Need.id == Match.need_id)
        .join(Family, Family.id == Match.family_id)
        .where(Plan.commissioner_id == commissioner_id, Plan.created_at < until)
    )
    return [_grouped(row, until, "looked", "changed", "is_so") for row in rows]


def _was_wrong() -> ColumnElement[bool]:
    return (
        select(Event.id)
        .where(
            Event.subject_kind == "match",
            Event.subject_id == Match.id,
            Event.target == MatchState.SET_ASIDE,
            Event.code == "prediction_wrong",
        )
        .exists()
    )


async def _came_back(
    session: AsyncSession, commissioner_id: uuid.UUID, until: datetime
) -> Sequence[bool]:
    """Of the messages about offers whose end we heard of."""
    found = await session.scalars(
        select(Message.delivery != "delivered")
        .join(Offer, Offer.id == Message.subject_id)
        .join(Family, Family.id == Offer.family_id)
        .where(Family.commissioner_id == commissioner_id, Message.delivery_told_at < until)
    )
    return found.all()


def _grouped(row: Any, until: datetime, *names: str) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in names}
    return told | {group: tell(row, until) for group, tell in GROUPS.items()}


def _age(row: Any, until: datetime) -> str:
    born = max(row.children_born, default="")
    if not born:
        return "Not known"
    years = until.year - int(born[:4]) - (until.month < int(born[5:7]))
    return next(name for limit, name in BANDS if years < limit)


GROUPS: Mapping[str, Callable[[Any, datetime], str]] = {
    "Age of the youngest child": _age,
    "Area": lambda row, _: row.outward or "Not known",
    "First language": lambda row, _: next(iter(row.languages), "Not known"),
    "Need": lambda row, _: row.code,
    "Level": lambda row, _: f"Level {row.level}",
}
