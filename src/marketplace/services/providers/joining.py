"""An organisation asks to be let in: the address is proved first, then a commissioner decides."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.people import User
from marketplace.db.providers import JoinRequest
from marketplace.errors import BadFormError, MovedOnError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.providers.permissions import lock_provider
from marketplace.services.providers.providers import get_provider
from marketplace.services.providers.teams import add_person
from marketplace.services.sending.outbox import JOIN_ANSWER, JOIN_PROOF, queue_messages
from marketplace.services.staff import limits
from marketplace.settings import settings_of
from marketplace.tokens import derive_token, hash_token, key_id

LINK = "join"
LINK_HOURS = 24
# Long enough to complain about it, and to see who asks again.
KEPT_AFTER_A_NO_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class Applicant:
    organisation: str
    kind: str
    charity_number: str | None
    postcode: str
    person: str
    email: str
    phone: str


@by_exchange
async def ask_to_join(session: AsyncSession, applicant: Applicant) -> None:
    """Mail a link that proves the address; the page says the same whoever it belongs to."""
    # A stranger's form that sends mail: nobody, nor the whole town, can be flooded by it.
    await limits.take(session, limits.JOINS)
    await limits.take(session, limits.JOINS_BY_AN_ADDRESS, applicant.email.lower())
    keys = settings_of(session).secret_keys
    request_id, made_with = uuid.uuid4(), key_id(keys[0])
    token = derive_token(keys, LINK, request_id, made_with=made_with)
    now = (await session.execute(select(func.now()))).scalar_one()
    session.add(
        JoinRequest(
            id=request_id,
            organisation=applicant.organisation,
            kind=applicant.kind,
            charity_number=applicant.charity_number,
            postcode=applicant.postcode,
            person=applicant.person,
            email=applicant.email,
            phone=applicant.phone,
            key_id=made_with,
            token_hash=hash_token(token),
            expires_at=now + timedelta(hours=LINK_HOURS),
        )
    )
    await session.flush()
    await queue_messages(session, JOIN_PROOF, [request_id])


@by_exchange
async def prove_address(session: AsyncSession, token: str) -> JoinRequest:
    """Only now does the request wait for anybody; pressed again, it says the same."""
    request = await session.scalar(
        select(JoinRequest)
        .where(JoinRequest.token_hash == hash_token(token))
        .where((JoinRequest.proved_at.is_not(None)) | (JoinRequest.expires_at > func.now()))
        .with_for_update()
    )
    if request is None:
        raise NotFoundError("This link is too old. Fill in the form again: it takes a minute.")
    if request.proved_at is None:
        request.proved_at = func.now()
        await session.flush()
        stranger = Actor(kind="public")
        await note_deed(session, ("join_request", request.id), "asked_to_join", actor=stranger)
    return request


async def forget_requests(session: AsyncSession) -> int:
    """What nobody proved in time was perhaps never theirs to send; a no is kept for a while."""
    unproved = and_(JoinRequest.proved_at.is_(None), JoinRequest.expires_at <= func.now())
    long_ago = func.now() - timedelta(days=KEPT_AFTER_A_NO_DAYS)
    refused = and_(JoinRequest.decision == "turned_away", JoinRequest.decided_at < long_ago)
    gone = await session.scalars(
        delete(JoinRequest).where(or_(unproved, refused)).returning(JoinRequest.id)
    )
    return len(gone.all())


@by_exchange
async def waiting_requests(session: AsyncSession) -> list[JoinRequest]:
    found = await session.scalars(
        select(JoinRequest)
        .where(JoinRequest.proved_at.is_not(None), JoinRequest.decided_at.is_(None))
        .order_by(JoinRequest.proved_at, JoinRequest.id)
    )
    return list(found)


@by_exchange
async def get_request(session: AsyncSession, request_id: uuid.UUID) -> JoinRequest:
    request = await session.scalar(
        select(JoinRequest).where(JoinRequest.id == request_id, JoinRequest.proved_at.is_not(None))
    )
    if request is None:
        raise NotFoundError
    return request


@by_exchange
async def approve_request(
    session: AsyncSession, request_id: uuid.UUID, *, actor: Actor
) -> Provider:
    """Let a new organisation in, with its first editor."""
    request = await _lock_open(session, request_id)
    await _refuse_taken(session, request.email)
    provider = Provider(
        id=uuid.uuid4(),
        ref=f"joined-{request.id.hex[:12]}",
        name=request.organisation,
        kind=request.kind,
        charity_number=request.charity_number,
        contact_email=request.email,
        contact_phone=request.phone,
        approved_at=func.now(),
        confirmed_at=func.now(),
    )
    session.add(provider)
    await session.flush()
    await _let_person_in(session, request, provider.id)
    await _decide(session, request, "approved", provider_id=provider.id, actor=actor)
    await note_deed(session, ("provider", provider.id), "approved", actor=actor)
    return provider


@by_exchange
async def join_request_to(
    session: AsyncSession, request_id: uuid.UUID, provider_id: uuid.UUID, *, actor: Actor
) -> Provider:
    """It is an organisation that we know: the person becomes one of its editors."""
    request = await _lock_open(session, request_id)
    provider = await get_provider(session, provider_id)
    provider = await lock_provider(session, provider.id)
    if provider.left_at is not None:
        raise MovedOnError("provider", "left", "joined")
    if not await _signs_in_already(session, request.email, provider_id):
        await _refuse_taken(session, request.email)
        await _let_person_in(session, request, provider_id)
    if provider.approved_at is None:
        provider.approved_at = func.now()
    await _decide(session, request, "joined", provider_id=provider_id, actor=actor)
    detail = {"person": request.person}
    await note_deed(session, ("provider", provider_id), "person_joined", actor=actor, detail=detail)
    return provider


@by_exchange
async def turn_away(
    session: AsyncSession, request_id: uuid.UUID, *, reason: str, actor: Actor
) -> None:
    """Say no, and why: the reason is mailed as it is written."""
    if not reason:
        raise BadFormError({"reason": "Say why: they get your words by e-mail"})
    request = await _lock_open(session, request_id)
    request.reason = reason
    await _decide(session, request, "turned_away", provider_id=None, actor=actor)


async def _lock_open(session: AsyncSession, request_id: uuid.UUID) -> JoinRequest:
    request = await session.scalar(
        select(JoinRequest)
        .where(JoinRequest.id == request_id, JoinRequest.proved_at.is_not(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if request is None:
        raise NotFoundError
    if request.decision is not None:
        raise MovedOnError("request", request.decision, "decided again")
    return request


async def _let_person_in(
    session: AsyncSession, request: JoinRequest, provider_id: uuid.UUID
) -> None:
    await add_person(session, provider_id, name=request.person, email=request.email, role="editor")


async def _refuse_taken(session: AsyncSession, email: str) -> None:
    """Asked before anything is stored: nobody works for two organisations with one address."""
    taken = select(User.id).where(func.lower(User.email) == email.lower(), User.closed_at.is_(None))
    if await session.scalar(taken) is not None:
        raise BadFormError(
            {
                "decision": f"{email} signs in for another organisation already. "
                "Join the request to that one, or turn it away and ask for another address"
            }
        )


async def _signs_in_already(session: AsyncSession, email: str, provider_id: uuid.UUID) -> bool:
    found = await session.scalar(
        select(User.id).where(
            func.lower(User.email) == email.lower(),
            User.provider_id == provider_id,
            User.closed_at.is_(None),
        )
    )
    return found is not None


async def _decide(
    session: AsyncSession,
    request: JoinRequest,
    decision: str,
    *,
    provider_id: uuid.UUID | None,
    actor: Actor,
) -> None:
    request.decision, request.decided_at = decision, func.now()
    request.provider_id = provider_id
    await session.flush()
    await note_deed(session, ("join_request", request.id), decision, actor=actor)
    await queue_messages(session, JOIN_ANSWER, [request.id])
