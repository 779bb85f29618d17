"""A provider leaves: what will happen is said first, and every family is handed on by the act."""

import uuid

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.errors import BadFormError
from marketplace.services.matches.holds import ask_to_call, count_by_state, hand_on, matches_of
from marketplace.services.matches.locks import lock_places
from marketplace.services.matches.transitions import note_deed
from marketplace.services.providers.agreements import end_agreements
from marketplace.services.providers.permissions import lock_own_provider
from marketplace.services.providers.teams import close_accounts, list_people
from marketplace.states import MatchState

LEFT = "provider_left"
_M = MatchState
# Where a family's match goes when its provider leaves. Whoever knows the provider gets a call.
AFTER_LEAVING = {
    _M.AWAITING_PROVIDER: _M.PROVIDER_DECLINED,
    _M.AWAITING_FAMILY: _M.PROVIDER_DECLINED,
    _M.ACCEPTED: _M.PROVIDER_DECLINED,
    _M.UNDER_WAY: _M.ENDED_EARLY,
    _M.ON_HOLD: _M.WITHDRAWN,
    _M.AGREED: _M.WITHDRAWN,
    _M.PROPOSED: _M.WITHDRAWN,
}
CALLED = (_M.ACCEPTED, _M.UNDER_WAY)


async def say_what_leaving_does(session: AsyncSession, provider_id: uuid.UUID) -> dict[str, int]:
    """How many families wait for us, wait for an answer, said yes, and get help now."""
    counts = await count_by_state(session, provider_id)
    return {
        "waiting": counts.get(_M.AWAITING_PROVIDER, 0),
        "asked": counts.get(_M.AWAITING_FAMILY, 0),
        "accepted": counts.get(_M.ACCEPTED, 0),
        "under_way": counts.get(_M.UNDER_WAY, 0),
        "people": len(await list_people(session, provider_id)),
    }


async def leave(session: AsyncSession, *, understood: bool, actor: Actor) -> None:
    """All in one transaction: unlisted, families handed on, accounts closed, door shut."""
    if not understood:
        raise BadFormError({"understood": "Tick the box to say that you have read this"})
    provider = await lock_own_provider(session, actor=actor)
    provider.left_at = func.now()
    await session.flush()
    matches = await matches_of(session, provider.id, tuple(AFTER_LEAVING))
    await lock_places(session, [match.id for match in matches])
    await ask_to_call(session, [one for one in matches if one.state in CALLED], reason=LEFT)
    for state, after in AFTER_LEAVING.items():
        group = [match for match in matches if match.state == state]
        await hand_on(session, group, to=after, code=LEFT, actor=actor)
    await end_agreements(session, provider.id, actor=actor)
    people = await list_people(session, provider.id)
    detail = {"families": len(matches), "people": len(people)}
    await note_deed(session, ("provider", provider.id), "left", actor=actor, detail=detail)
    await close_accounts(session, people)
