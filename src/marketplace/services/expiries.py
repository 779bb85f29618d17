"""Nothing waits for ever: who does not answer in time gives the place back."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM
from marketplace.db.families import Need
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.services.transitions import move_matches, move_needs
from marketplace.services.working_days import add_working_days
from marketplace.states import LIVE_MATCH, MatchState, NeedState

MOST_AT_ONCE = 500


async def expire_what_waited(session: AsyncSession) -> int:
    """Expire silent offers, unanswered claims and old predictions; how many there were."""
    families = await _silent_families(session)
    await _expire(session, families, to=MatchState.FAMILY_EXPIRED, code="silent")
    providers = await _silent_providers(session)
    await _expire(session, providers, to=MatchState.PROVIDER_EXPIRED, code="provider_silent")
    return len(families) + len(providers) + await _expire_needs(session)


async def _silent_families(session: AsyncSession) -> Sequence[Match]:
    found = await session.scalars(
        select(Match)
        .join(Offer, Offer.match_id == Match.id)
        .where(Match.state == MatchState.AWAITING_FAMILY, Offer.expires_at <= func.now())
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


async def _expire(
    session: AsyncSession, matches: Sequence[Match], *, to: MatchState, code: str
) -> None:
    ids = [match.id for match in matches]
    await move_matches(session, ids, to=to, actor=SYSTEM, code=code)
    needs = [match.need_id for match in matches]
    await move_needs(session, needs, to=NeedState.PUBLISHED, actor=SYSTEM, code=code)


async def _expire_needs(session: AsyncSession) -> int:
    """A prediction is used until the day it is valid; help that is on its way goes on."""
    live = select(Match.need_id).where(Match.state.in_(LIVE_MATCH))
    old = await session.scalars(
        select(Need.id)
        .where(
            Need.state == NeedState.PUBLISHED,
            Need.valid_until < func.current_date(),
            Need.id.not_in(live),
        )
        .limit(MOST_AT_ONCE)
    )
    ids = old.all()
    await move_needs(session, ids, to=NeedState.EXPIRED, actor=SYSTEM, code="valid_until")
    return len(ids)
