"""What a host has seen of a volunteer: the check, and the dated papers."""

import datetime as dt
import uuid
from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from directory.volunteers.asks import (
    asked_of,
    ends_on,
    highest_check,
    is_enough,
    load_rules,
    lowest_check,
)
from directory.volunteers.models import Paper
from marketplace.access import Actor
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.volunteers.volunteers import (
    own_provider,
    own_volunteer,
    refresh_readiness,
    today_of,
)


async def record_check(
    session: AsyncSession,
    volunteer_id: uuid.UUID,
    *,
    kind: str,
    seen_on: dt.date,
    seen_by: str,
    recheck_by: dt.date,
    actor: Actor,
) -> None:
    """Note that the host has seen a check; the certificate itself is kept by nobody."""
    volunteer = await own_volunteer(session, volunteer_id, actor=actor)
    today = await today_of(session)
    if faults := _check_faults(
        volunteer.roles, kind, seen_on=seen_on, recheck_by=recheck_by, today=today
    ):
        raise BadFormError(faults)
    if not seen_by:
        raise BadFormError({"seen_by": "Say who saw it"})
    provider = await own_provider(session, volunteer_id, actor=actor)
    provider.check_kind, provider.check_seen_on = kind, seen_on
    provider.check_seen_by, provider.recheck_by = seen_by, recheck_by
    await refresh_readiness(session, [volunteer_id])
    await note_deed(
        session, ("volunteer", volunteer_id), "check_seen", actor=actor, detail={"kind": kind}
    )


def _check_faults(
    roles: Collection[str], kind: str, *, seen_on: dt.date, recheck_by: dt.date, today: dt.date
) -> dict[str, str]:
    names, faults = load_rules().check_kinds, {}
    if kind not in names:
        faults["kind"] = "Choose the kind of check"
    elif not is_enough(highest_check(roles), asked=kind):
        most = names[highest_check(roles)].lower()
        faults["kind"] = (
            f"This is a higher check than you may ask for. For this work the highest is: {most}"
        )
    elif not is_enough(kind, asked=lowest_check(roles)):
        faults["kind"] = f"For this work you need: {names[lowest_check(roles)].lower()}"
    if seen_on > today:
        faults["seen_on"] = "This day has not come yet. Give the day on which you saw it"
    if recheck_by <= seen_on:
        faults["recheck_by"] = "Give a day after the one on which you saw it"
    elif recheck_by > ends_on("check", done_on=seen_on):
        faults["recheck_by"] = "Look again after three years at the latest"
    return faults


async def record_paper(
    session: AsyncSession, volunteer_id: uuid.UUID, ask: str, *, done_on: dt.date, actor: Actor
) -> None:
    """Note that she has signed the agreement, or read the safeguarding basics."""
    volunteer = await own_volunteer(session, volunteer_id, actor=actor)
    if ask not in asked_of(volunteer.roles) or load_rules().asks[ask].version is None:
        raise NotFoundError
    if done_on > await today_of(session):
        raise BadFormError({f"{ask}-day": "This day has not come yet"})
    await keep_paper(session, volunteer_id, ask, done_on=done_on)
    await note_deed(session, ("volunteer", volunteer_id), f"{ask}_noted", actor=actor)


async def keep_paper(
    session: AsyncSession, volunteer_id: uuid.UUID, ask: str, *, done_on: dt.date
) -> None:
    await session.merge(
        Paper(
            volunteer_id=volunteer_id,
            ask=ask,
            done_on=done_on,
            valid_until=ends_on(ask, done_on=done_on),
            version=load_rules().asks[ask].version,
        )
    )
    await refresh_readiness(session, [volunteer_id])
