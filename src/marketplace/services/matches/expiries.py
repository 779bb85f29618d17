"""Nothing waits for ever: who does not answer in time gives the place back."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM
from marketplace.db.families import Need
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.services.matches.holds import hand_on
from marketplace.services.matches.transitions import move_matches, move_needs
from marketplace.services.staff.working_days import add_working_days
from marketplace.states import LIVE_MATCH, MatchState, NeedState

MOST_AT_ONCE = 500
UNTOLD = (MatchState.PROPOSED, MatchState.AGREED)
RAN_OUT = "valid_until"


async def expire_what_waited(session: AsyncSession) -> int:
    """Expire silent offers, unanswered claims and old predictions; how many there were."""
    count = 0
    for find, to, code in (
        (_silent_families, MatchState.FAMILY_EXPIRED, "silent"),
        (_unreachable_families, MatchState.WITHDRAWN, "no_contact"),
        (_silent_providers, MatchState.PROVIDER_EXPIRED, "provider_silent"),
    ):
        matches = await find(session)
        await hand_on(session, matches, to=to, code=code, actor=SYSTEM)
        count += len(matches)
    return count + await _expire_needs(session)


async def _silent_families(session: AsyncSession) -> Sequence[Match]:
    found = await session.scalars(
        select(Match)
        .join(Offer, Offer.match_id == Match.id)
        .where(Match.state == MatchState.AWAITING_FAMILY, Offer.expires_at <= func.now())
        .order_by(Match.id)
        .limit(MOST_AT_ONCE)
    )
    return found.all()


async def _unreachable_families(session: AsyncSession) -> Sequence[Match]:
    """The provider said yes, and the council never brought a contact: the place waits no longer."""
    days = defaults()["family_days"]["place_held"]
    offered = select(Offer.match_id).where(Offer.match_id == Match.id)
    found = await session.scalars(
        select(Match)
        .where(
            Match.state == MatchState.AWAITING_FAMILY,
            Match.waits_since <= func.now() - timedelta(days=days),
            ~offered.exists(),
        )
        .order_by(Match.id)
        .limit(MOST_AT_ONCE)
    )
    return found.all()


async def _silent_providers(session: AsyncSession) -> list[Match]:
    today = (await session.execute(select(func.current_date()))).scalar_one()
    waiting = await session.scalars(
        select(Match)
        .where(Match.state == MatchState.AWAITING_PROVIDER)
        .order_by(Match.waits_since, Match.id)
        .limit(MOST_AT_ONCE)
    )
    return [match for match in waiting if _is_too_late(match, today)]


def _is_too_late(match: Match, today: date) -> bool:
    days = defaults()["provider_days"]["expires_after"]
    return today > add_working_days(match.waits_since.date(), days)


async def _expire_needs(session: AsyncSession) -> int:
    """A prediction is used until the day it is valid; help that is on its way goes on.

    A draft that nobody went on with is not on its way: no family has heard of it.
    """
    too_old = Need.valid_until < func.current_date()
    untold = await session.scalars(
        select(Match)
        .join(Match.need)
        .where(Match.state.in_(UNTOLD), too_old)
        .order_by(Match.id)
        .limit(MOST_AT_ONCE)
    )
    matches = untold.all()
    ids = [match.id for match in matches]
    await move_matches(session, ids, to=MatchState.WITHDRAWN, actor=SYSTEM, code=RAN_OUT)
    listed = await session.scalars(
        select(Need.id)
        .where(Need.state == NeedState.PUBLISHED, too_old, Need.id.not_in(_live_needs()))
        .limit(MOST_AT_ONCE)
    )
    needs = [*listed, *(match.need_id for match in matches)]
    await move_needs(session, needs, to=NeedState.EXPIRED, actor=SYSTEM, code=RAN_OUT)
    return len(needs)


def _live_needs() -> Select[uuid.UUID]:
    return select(Match.need_id).where(Match.state.in_(LIVE_MATCH))
