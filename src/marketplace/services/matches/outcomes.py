"""After the family's yes: spoken, came, ended, did not begin, handed back. Taps, never words."""

import uuid
from collections.abc import Collection
from typing import Final, Literal, get_args

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.outcomes import Outcome
from marketplace.db.plans import Match
from marketplace.errors import BadFormError
from marketplace.services.matches.claims import own_match
from marketplace.services.matches.holds import ask_to_call, hand_on
from marketplace.services.matches.locks import lock_places
from marketplace.services.matches.outcome_notes import note_outcome
from marketplace.services.matches.transitions import move_match, move_needs, note_deed
from marketplace.services.providers.permissions import require_working
from marketplace.services.volunteers.pairs import PROMISED, forget_introduction
from marketplace.states import MatchState, NeedState

# What a page and a program may say of it, in the same words.
Helped = Literal["yes", "partly", "no", "not_known"]
How = Literal["finished", "no_more", "still_needed"]
# How help ends, and whether somebody else is asked to go on.
ENDS: Final[dict[str, MatchState]] = {
    "finished": MatchState.COMPLETED,
    "no_more": MatchState.ENDED_EARLY,
    "still_needed": MatchState.ENDED_EARLY,
}
HANDED_BACK = "handed_back"


async def note_contact(
    session: AsyncSession, match_id: uuid.UUID, *, is_made: bool, actor: Actor
) -> None:
    """The first word with the family; taken back where the tap was a mistake."""
    match = await lock_promise(session, match_id, PROMISED, actor=actor)
    day = func.current_date() if is_made else None
    await note_outcome(session, match.id, first_contact_on=day)
    deed = "contact_made" if is_made else "contact_undone"
    await note_deed(session, ("match", match.id), deed, actor=actor)


async def note_attended(
    session: AsyncSession, match_id: uuid.UUID, *, change: int, actor: Actor
) -> None:
    """One time more, or one less where the tap was a mistake; never below none."""
    match = await lock_promise(session, match_id, (MatchState.UNDER_WAY,), actor=actor)
    times = func.greatest(Outcome.times_attended + change, 0)
    await note_outcome(session, match.id, times_attended=times)
    deed = "attended" if change > 0 else "attended_undone"
    await note_deed(session, ("match", match.id), deed, actor=actor)


async def end_help(
    session: AsyncSession, match_id: uuid.UUID, *, how: str, helped: str, actor: Actor
) -> None:
    match = await lock_promise(session, match_id, (MatchState.UNDER_WAY,), actor=actor)
    faults = {} if how in ENDS else {"how": "Choose how it ended"}
    if helped not in get_args(Helped):
        faults["helped"] = "Choose whether it helped, as far as you know"
    if faults:
        raise BadFormError(faults)
    if how == "still_needed":
        await hand_on(session, [match], to=ENDS[how], code=how, actor=actor)
    else:
        await move_match(session, match.id, to=ENDS[how], actor=actor, code=how)
        await move_needs(session, [match.need_id], to=NeedState.CLOSED, actor=actor, code=how)
    await _close(session, match, helped=helped)


async def end_before_start(session: AsyncSession, match_id: uuid.UUID, *, actor: Actor) -> None:
    """It never began: the place is free, and somebody else is looked for."""
    match = await lock_promise(session, match_id, (MatchState.ACCEPTED,), actor=actor)
    await hand_on(session, [match], to=MatchState.NOT_STARTED, code="not_started", actor=actor)
    await forget_introduction(session, match.id)


async def hand_back(session: AsyncSession, match_id: uuid.UUID, *, actor: Actor) -> None:
    """We cannot go on. A person rings the family, who was promised something."""
    match = await lock_promise(session, match_id, PROMISED, actor=actor)
    has_begun = match.state == MatchState.UNDER_WAY
    await ask_to_call(session, [match], reason=HANDED_BACK)
    to = MatchState.ENDED_EARLY if has_begun else MatchState.PROVIDER_DECLINED
    await hand_on(session, [match], to=to, code=HANDED_BACK, actor=actor)
    if has_begun:
        await _close(session, match, helped="not_known")
    else:
        await forget_introduction(session, match.id)


async def lock_promise(
    session: AsyncSession,
    match_id: uuid.UUID,
    states: Collection[MatchState],
    *,
    actor: Actor,
) -> Match:
    """A family of the actor's own, once nobody else can change where it stands."""
    await require_working(session, actor=actor)
    await own_match(session, match_id, actor=actor, states=states)
    await lock_places(session, [match_id])
    return await own_match(session, match_id, actor=actor, states=states)


async def _close(session: AsyncSession, match: Match, *, helped: str) -> None:
    await note_outcome(session, match.id, ended_on=func.current_date(), helped=helped)
    await forget_introduction(session, match.id)
