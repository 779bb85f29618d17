"""“Do you hold a prediction about me?”: asked by anybody, answered by a person within a month."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.access import Actor, readable_rights_requests
from marketplace.db.acting import by_exchange
from marketplace.db.people import Commissioner
from marketplace.db.rights import RightsRequest
from marketplace.defaults import defaults
from marketplace.errors import BadFormError, NotFoundError, NotReadyError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.sending.outbox import RIGHTS_PROOF, queue_messages
from marketplace.services.staff import limits
from marketplace.settings import settings_of
from marketplace.tokens import derive_token, hash_token, key_id

PROOF_LINK, ANSWER_LINK = "rights-proof", "rights-answer"
WAYS_TO_CHECK = ("rang_back", "saw_papers", "met_them")


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks, as they wrote it."""

    name: str
    child_born: str | None
    postcode: str | None
    email: str | None
    phone: str | None


@by_exchange
async def ask_what_is_held(
    session: AsyncSession, asking: Asking, *, commissioner: Commissioner
) -> None:
    """Keep a request; with an address it waits for its proof. Nothing is looked up here."""
    if await _has_room(session, asking, commissioner.id):
        await _store(session, asking, commissioner.id, came_by="page")


async def take_by_telephone(session: AsyncSession, asking: Asking, *, actor: Actor) -> uuid.UUID:
    """A practitioner writes down what somebody asks on the telephone or at the door."""
    if actor.commissioner_id is None:
        raise NotFoundError
    request = await _store(session, asking, actor.commissioner_id, came_by="telephone")
    await note_deed(session, ("rights_request", request.id), "received", actor=actor)
    return request.id


async def _store(
    session: AsyncSession, asking: Asking, commissioner_id: uuid.UUID, *, came_by: str
) -> RightsRequest:
    times, keys = defaults()["rights"], settings_of(session).secret_keys
    request_id, made_with = uuid.uuid4(), key_id(keys[0])
    now = (await session.execute(select(func.now()))).scalar_one()
    waits_for_proof = came_by == "page" and asking.email is not None
    hashes = [
        hash_token(derive_token(keys, link, request_id, made_with=made_with))
        for link in (PROOF_LINK, ANSWER_LINK)
    ]
    request = RightsRequest(
        id=request_id,
        commissioner_id=commissioner_id,
        came_by=came_by,
        given=asdict(asking),
        key_id=made_with,
        proof_hash=hashes[0],
        answer_hash=hashes[1],
        created_at=now,
        expires_at=now + timedelta(hours=times["link_hours"]),
        proved_at=None if waits_for_proof else now,
    )
    session.add(request)
    await session.flush()
    if waits_for_proof:
        await queue_messages(session, RIGHTS_PROOF, [request.id])
    return request


async def _has_room(session: AsyncSession, asking: Asking, commissioner_id: uuid.UUID) -> bool:
    """A stranger's form that sends mail: neither one address nor a hub is flooded by it."""
    used = [(limits.RIGHTS_BY_AN_ADDRESS, (asking.email or asking.phone or "").lower())]
    if asking.email is None:
        used.append((limits.RIGHTS_TO_RING, str(commissioner_id)))
    return await limits.take_all(session, [*used, (limits.RIGHTS, "")])


@by_exchange
async def find_unproved(session: AsyncSession, token: str) -> RightsRequest:
    found = await session.scalar(
        select(RightsRequest)
        .where(
            RightsRequest.proof_hash == hash_token(token),
            or_(RightsRequest.proved_at.is_not(None), RightsRequest.expires_at > func.now()),
        )
        .options(joinedload(RightsRequest.commissioner))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError("This link is too old. Fill in the form again: it takes a minute.")
    return found


@by_exchange
async def prove_request(session: AsyncSession, token: str) -> RightsRequest:
    """Pressed again, it says the same."""
    request = await find_unproved(session, token)
    await session.refresh(request, ["proved_at"], with_for_update=True)
    if request.proved_at is None:
        request.proved_at = func.now()
        await session.flush()
        subject = ("rights_request", request.id)
        await note_deed(session, subject, "received", actor=Actor(kind="public"))
    return request


def open_requests(actor: Actor) -> Select[RightsRequest]:
    """The one that is due first comes first."""
    return (
        readable_rights_requests(actor)
        .where(RightsRequest.proved_at.is_not(None), RightsRequest.closed_at.is_(None))
        .order_by(RightsRequest.created_at, RightsRequest.id)
    )


def due_on(request: RightsRequest) -> date:
    """A month, by the calendar, from the day it came: the same day of the next, or its last."""
    day = request.created_at.date()
    months: int = defaults()["rights"]["answer_months"]
    first = date(day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def warns(request: RightsRequest, *, today: date) -> str | None:
    """`late`, `soon`, or None."""
    left = (due_on(request) - today).days
    if left < 0:
        return "late"
    return "soon" if left <= defaults()["rights"]["warned_days_before"] else None


async def get_request(
    session: AsyncSession, request_id: uuid.UUID, *, actor: Actor, lock: bool = False
) -> RightsRequest:
    wanted = readable_rights_requests(actor).where(
        RightsRequest.id == request_id, RightsRequest.proved_at.is_not(None)
    )
    found = await session.scalar(
        (wanted.with_for_update() if lock else wanted).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError
    return found


async def note_identity(
    session: AsyncSession, request_id: uuid.UUID, *, how: str, actor: Actor
) -> None:
    request = await lock_open(session, request_id, actor=actor)
    if how not in WAYS_TO_CHECK:
        raise BadFormError({"how": "Say how you made sure"})
    request.identity_checked_at, request.identity_checked_how = func.now(), how
    await note_request(session, request, "identity_checked", actor=actor, code=how)


async def closed_requests(session: AsyncSession, *, actor: Actor) -> Sequence[Any]:
    """How many ended in which way; nobody is named."""
    rows = await session.execute(
        readable_rights_requests(actor)
        .with_only_columns(RightsRequest.outcome, func.count())
        .where(RightsRequest.closed_at.is_not(None))
        .group_by(RightsRequest.outcome)
        .order_by(RightsRequest.outcome)
    )
    return rows.all()


async def lock_open(session: AsyncSession, request_id: uuid.UUID, *, actor: Actor) -> RightsRequest:
    request = await get_request(session, request_id, actor=actor, lock=True)
    if request.closed_at is not None:
        raise NotReadyError("This request is closed.")
    return request


async def note_request(
    session: AsyncSession,
    request: RightsRequest,
    deed: str,
    *,
    actor: Actor,
    code: str | None = None,
) -> None:
    await session.flush()
    subject = ("rights_request", request.id)
    await note_deed(session, subject, deed, actor=actor, code=code)
