"""All that answers “why this family?”: for the council's own people, without name or contact."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, readable_families, readable_matches, readable_needs
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family, Need
from marketplace.db.history import Event
from marketplace.db.machines import ApiToken, token_name
from marketplace.db.offers import Offer
from marketplace.db.people import User
from marketplace.db.plans import Fund, Match, Plan, UnmetNeed
from marketplace.errors import NotFoundError
from marketplace.states import MatchState, NeedState

LOOKS = (MatchState.AGREED, MatchState.SET_ASIDE)
# What a need did in between tells who said no, and nothing about why the family was asked.
NEED_STEPS = (NeedState.PLANNED, NeedState.MET)


@dataclass(frozen=True, kw_only=True)
class Look:
    """Who of the council looked at a match, when, and how long."""

    by: str
    at: dt.datetime
    seconds: int | None
    was_changed: bool


@dataclass(frozen=True, kw_only=True)
class FamilyStory:
    """`matches` and `unmet` by need, the newest first; `supports` by intake."""

    family: Family
    needs: Sequence[Need]
    matches: Mapping[uuid.UUID, Sequence[Match]]
    unmet: Mapping[uuid.UUID, tuple[Plan, UnmetNeed]]
    supports: Mapping[uuid.UUID, Intake]
    looks: Mapping[uuid.UUID, Look]
    offers: Mapping[uuid.UUID, Offer]
    funds: Mapping[uuid.UUID, str]
    history: Sequence[tuple[Event, str | None]]


@by_exchange
async def tell_story(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> FamilyStory:
    family = await session.scalar(readable_families(actor).where(Family.id == family_id))
    if family is None:
        raise NotFoundError
    own = readable_needs(actor).where(Need.family_id == family_id)
    needs = (await session.scalars(own.order_by(Need.published_at, Need.code))).all()
    found = await session.scalars(
        readable_matches(actor)
        .join(Match.plan)
        .where(Match.family_id == family_id)
        .options(joinedload(Match.plan), joinedload(Match.need))
        .order_by(Plan.number.desc(), Match.id)
    )
    matches = found.all()
    history = await _history(session, needs, matches)
    return FamilyStory(
        family=family,
        needs=needs,
        matches=_by_need(matches),
        unmet=await _unmet(session, needs),
        supports=await _supports(session, matches),
        looks=_looks(matches, history),
        offers=await _offers(session, matches),
        funds=await _funds(session, matches),
        history=history,
    )


def _by_need(matches: Sequence[Match]) -> dict[uuid.UUID, list[Match]]:
    found: dict[uuid.UUID, list[Match]] = {}
    for match in matches:
        found.setdefault(match.need_id, []).append(match)
    return found


async def _unmet(
    session: AsyncSession, needs: Sequence[Need]
) -> dict[uuid.UUID, tuple[Plan, UnmetNeed]]:
    """The newest plan that could not meet it."""
    rows = await session.execute(
        select(Plan, UnmetNeed)
        .join(UnmetNeed, UnmetNeed.plan_id == Plan.id)
        .where(UnmetNeed.need_id.in_([need.id for need in needs]))
        .order_by(Plan.number)
    )
    return {unmet.need_id: (plan, unmet) for plan, unmet in rows}


async def _supports(session: AsyncSession, matches: Sequence[Match]) -> dict[uuid.UUID, Intake]:
    weighed = {uuid.UUID(one["intake_id"]) for m in matches for one in m.choices["next_best"]}
    found = await session.scalars(
        select(Intake)
        .where(Intake.id.in_(weighed | {match.intake_id for match in matches}))
        .options(joinedload(Intake.service).joinedload(Service.provider).joinedload(Provider.host))
    )
    return {intake.id: intake for intake in found}


async def _offers(session: AsyncSession, matches: Sequence[Match]) -> dict[uuid.UUID, Offer]:
    found = await session.scalars(
        select(Offer).where(Offer.match_id.in_([match.id for match in matches]))
    )
    return {offer.match_id: offer for offer in found}


async def _funds(session: AsyncSession, matches: Sequence[Match]) -> dict[uuid.UUID, str]:
    paying = {match.fund_id for match in matches if match.fund_id}
    found = await session.execute(select(Fund.id, Fund.name).where(Fund.id.in_(paying)))
    return {row.id: row.name for row in found}


async def _history(
    session: AsyncSession, needs: Sequence[Need], matches: Sequence[Match]
) -> list[tuple[Event, str | None]]:
    """With the names of the council's own people; nobody else is named."""
    of_needs = and_(
        Event.subject_kind == "need",
        Event.subject_id.in_([need.id for need in needs]),
        Event.target.in_(NEED_STEPS),
    )
    of_matches = and_(
        Event.subject_kind == "match", Event.subject_id.in_([match.id for match in matches])
    )
    rows = await session.execute(
        select(Event, func.coalesce(User.name, token_name()))
        .outerjoin(User, and_(User.id == Event.actor_id, User.commissioner_id.is_not(None)))
        .outerjoin(ApiToken, _is_of_council())
        .where(or_(of_needs, of_matches))
        .order_by(Event.id)
    )
    return [(event, name) for event, name in rows]


def _is_of_council() -> ColumnElement[bool]:
    return and_(ApiToken.id == Event.actor_id, ApiToken.commissioner_id.is_not(None))


def _looks(
    matches: Sequence[Match], history: Sequence[tuple[Event, str | None]]
) -> dict[uuid.UUID, Look]:
    """The last look at each, as the history has it."""
    by_id = {match.id: match for match in matches}
    return {
        event.subject_id: Look(
            by=name or "A practitioner",
            at=event.at,
            seconds=match.looked_seconds,
            was_changed=bool(match.was_changed),
        )
        for event, name in history
        if event.subject_kind == "match" and event.target in LOOKS
        for match in [by_id[event.subject_id]]
    }
