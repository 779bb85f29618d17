"""What comes after a match that ended: the next approved choice, or a proposal in a later plan."""

import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family, Need
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.db.queue import RELEASE_FAMILY, enqueue
from marketplace.defaults import defaults
from marketplace.services.matches.transitions import move_needs, note_deed
from marketplace.services.needs.refusals import Pairs, refused_pairs
from marketplace.services.offers.choices import OpenIntakes, agreed_choices, open_intakes, terms_of
from marketplace.states import MatchState, NeedState

# What the provider or the hour took away. A family's silence is left alone: it had all choices.
FOLLOWED = (MatchState.PROVIDER_DECLINED, MatchState.PROVIDER_EXPIRED)
FOLLOWED_CODES = {
    MatchState.FAMILY_DECLINED: ("no", "changed_mind"),
    MatchState.WITHDRAWN: (
        "place_gone",
        "provider_left",
        "provider_paused",
        "volunteer_left",
        "volunteer_stopped",
    ),
}


@by_exchange
async def follow_up(
    session: AsyncSession, ended: Sequence[Match], *, code: str | None, actor: Actor
) -> None:
    """Let what was approved with ended matches follow; every other need is published again."""
    following = await _find_following(session, [one for one in ended if _is_followed(one, code)])
    others = [match.need_id for match in ended if match.id not in following]
    await move_needs(session, others, to=NeedState.PUBLISHED, actor=actor, code=code)
    for match in ended:
        if match.id in following:
            await put_in_place(session, match, following[match.id], actor=actor, code=code)
    families = {match.family_id for match in ended if match.id in following}
    await enqueue(session, RELEASE_FAMILY, sorted(families))


@by_exchange
async def put_in_place(
    session: AsyncSession, match: Match, intake: Intake, *, actor: Actor, code: str | None
) -> Match:
    """A match with another intake, approved when the ended one was; it holds no place yet."""
    terms = terms_of(match, intake)
    following = Match(
        id=uuid.uuid4(),
        plan_id=match.plan_id,
        need_id=match.need_id,
        family_id=match.family_id,
        intake=intake,
        state=MatchState.AGREED,
        places=match.places,
        stake_pence=match.stake_pence,
        price_pence=terms["price_pence"],
        cost_pence=terms["cost_pence"],
        effect=Decimal(str(terms["effect"])),
        travel_metres=terms["travel_metres"],
        fund_id=terms["fund_id"],
        reason={"code": "followed"},
        choices=match.choices,
        follows_id=match.id,
        looked_by=match.looked_by,
        approved_at=match.approved_at,
    )
    session.add(following)
    await session.flush()
    detail = {"follows": str(match.id)}
    subject = ("match", following.id)
    await note_deed(session, subject, "followed", actor=actor, code=code, detail=detail)
    return following


def may_be_asked() -> ColumnElement[bool]:
    """Neither stopped nor parked, and not yet had as many offers lately as one family may."""
    limits = defaults()["family_days"]
    lately = select(func.count()).where(
        Offer.family_id == Family.id,
        Offer.created_at > func.now() - timedelta(days=limits["most_offers_within"]),
    )
    return and_(
        Family.stopped_at.is_(None),
        or_(Family.parked_until.is_(None), Family.parked_until <= func.current_date()),
        lately.correlate(Family).scalar_subquery() < limits["most_offers"],
    )


def _is_followed(match: Match, code: str | None) -> bool:
    if match.approved_at is None:
        return False
    state = MatchState(match.state)
    return state in FOLLOWED or code in FOLLOWED_CODES.get(state, ())


async def _find_following(session: AsyncSession, ended: Sequence[Match]) -> dict[uuid.UUID, Intake]:
    """Ended match → the intake that follows it, where one does."""
    choices = {match.id: agreed_choices(match) for match in ended}
    wanted = {intake_id for ids in choices.values() for intake_id in ids}
    if not wanted:
        return {}
    needs = await _needs_to_follow(session, [match.need_id for match in ended])
    there = await open_intakes(session, wanted)
    refused = await refused_pairs(session, needs)
    found = {
        match.id: _first_open(needs[match.need_id], choices[match.id], there, refused)
        for match in ended
        if match.need_id in needs
    }
    return {match_id: intake for match_id, intake in found.items() if intake is not None}


async def _needs_to_follow(
    session: AsyncSession, need_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Need]:
    """Needs that are still planned and valid, of families that may be asked again."""
    found = await session.scalars(
        select(Need)
        .join(Need.family)
        .where(
            Need.id.in_(need_ids),
            Need.state == NeedState.PLANNED,
            Need.valid_until >= func.current_date(),
            may_be_asked(),
        )
    )
    return {need.id: need for need in found}


def _first_open(
    need: Need, choices: Sequence[uuid.UUID], there: OpenIntakes, refused: Pairs
) -> Intake | None:
    for intake_id in choices:
        intake = there.free_for(need, intake_id)
        if intake is not None and (need.id, intake_id) not in refused:
            return intake
    return None
