"""What is told to whoever asked: released by a person, behind a link that opens once."""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.rights import RightsRequest
from marketplace.defaults import defaults
from marketplace.errors import BadFormError, NotFoundError, NotReadyError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.rights.objections import stop_guessing, suppress_contact
from marketplace.services.rights.rights import lock_open, note_request
from marketplace.services.rights.subject_access import as_answer, fingerprint_of, put_together
from marketplace.services.sending.outbox import RIGHTS_ANSWER, queue_messages
from marketplace.tokens import hash_token

OUTCOMES = (
    "told",
    "nothing_held",
    "corrected",
    "objected",
    "erased",
    "not_identified",
    "withdrawn",
)


async def release(
    session: AsyncSession,
    request_id: uuid.UUID,
    *,
    seen: str,
    left_out: Iterable[str],
    actor: Actor,
) -> RightsRequest:
    """A person has looked at all of it: what is released is kept as it was looked at.

    `seen`: its fingerprint then. What came since may be about somebody else, and was not ticked.
    """
    request = await lock_open(session, request_id, actor=actor)
    if request.identity_checked_at is None:
        raise NotReadyError("First make sure who asks, and say how you did.")
    if request.chosen_at is None:
        raise NotReadyError("First say which family it is, or that there is none.")
    if request.released_at is not None:
        return request
    sections = (
        await put_together(session, request.family_id, actor=actor) if request.family_id else []
    )
    if seen != fingerprint_of(sections):
        raise NotReadyError("Something has changed since you looked. Look at it again.")
    request.answer = as_answer(sections, left_out=left_out)
    days = timedelta(days=defaults()["rights"]["answer_days"])
    request.released_at, request.answer_expires_at = func.now(), func.now() + days
    await note_request(session, request, "released", actor=actor)
    await session.refresh(request)
    if (request.given or {}).get("email"):
        await queue_messages(session, RIGHTS_ANSWER, [request.id])
    return request


async def close_request(
    session: AsyncSession, request_id: uuid.UUID, *, outcome: str, actor: Actor
) -> None:
    request = await lock_open(session, request_id, actor=actor)
    if outcome not in OUTCOMES:
        raise BadFormError({"outcome": "Say how it ended"})
    if outcome == "told" and request.released_at is None:
        raise BadFormError({"outcome": "Nothing was released yet, so they have not been told"})
    request.outcome, request.closed_at = outcome, func.now()
    await note_request(session, request, "closed", actor=actor, code=outcome)


async def object_by_request(session: AsyncSession, request_id: uuid.UUID, *, actor: Actor) -> None:
    """For the family that was found, and for the address that was given, whoever has it."""
    request = await lock_open(session, request_id, actor=actor)
    if request.identity_checked_at is None:
        raise NotReadyError("First make sure who asks, and say how you did.")
    if request.family_id:
        await stop_guessing(session, request.family_id, actor=actor)
    given = request.given or {}
    known = {kind: given.get(kind) for kind in ("email", "phone")}
    await suppress_contact(session, request.commissioner_id, known)
    await close_request(session, request_id, outcome="objected", actor=actor)


@by_exchange
async def find_answer(session: AsyncSession, token: str) -> RightsRequest:
    """What a mailed link leads to, while it may still be opened: nothing of it is told by this."""
    limits = defaults()["rights"]
    minutes = timedelta(minutes=limits["opened_minutes"])
    found = await session.scalar(
        select(RightsRequest)
        .where(
            RightsRequest.answer_hash == hash_token(token),
            RightsRequest.released_at.is_not(None),
            RightsRequest.answer_expires_at > func.now(),
            or_(
                RightsRequest.opened_at.is_(None),
                RightsRequest.opened_at > func.now() - minutes,
            ),
        )
        .options(joinedload(RightsRequest.commissioner))
        .execution_options(populate_existing=True)
    )
    if found is None or found.answer is None:
        raise NotFoundError("This link was used, or is too old. Ring the hub for another.")
    return found


@by_exchange
async def open_answer(session: AsyncSession, token: str) -> RightsRequest:
    """Once. For a little while it opens again: a page that did not arrive must not be lost."""
    request = await find_answer(session, token)
    await session.refresh(request, ["opened_at"], with_for_update=True)
    if request.opened_at is None:
        request.opened_at = func.now()
        await session.flush()
        subject = ("rights_request", request.id)
        await note_deed(session, subject, "opened", actor=Actor(kind="public"))
        await session.refresh(request, ["opened_at"])
    return request
