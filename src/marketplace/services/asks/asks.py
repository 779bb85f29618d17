"""Asking: a short form waits for its proof; proved, it is a need like any other."""

import uuid
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.asks import Ask
from marketplace.db.people import Commissioner
from marketplace.defaults import defaults
from marketplace.errors import NotFoundError
from marketplace.services.asks.asked_needs import make_need
from marketplace.services.matches.transitions import note_deed
from marketplace.services.rights.objections import is_objected
from marketplace.services.sending.outbox import ASK_PROOF, ASK_RECEIVED, queue_messages
from marketplace.services.staff import limits
from marketplace.settings import settings_of
from marketplace.tokens import derive_token, hash_token, key_id

PROOF_LINK, STATUS_LINK = "ask-proof", "ask-status"


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Who fills the form in with the family beside them."""

    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a family tells of itself, and how it may be reached."""

    code: str
    service_id: uuid.UUID | None
    area: str
    children_born: list[str]
    languages: list[str]
    availability: list[str]
    transport: list[str]
    name: str
    safe_channels: list[str]
    email: str | None
    phone: str | None
    address: str | None
    worker: Worker | None = None

    def as_given(self) -> dict[str, Any]:
        """What is kept until it is a need; the rest has columns of its own."""
        kept = asdict(self)
        for name in ("code", "service_id", "worker"):
            del kept[name]
        return kept

    @property
    def proved_by(self) -> str | None:
        """The address that a link goes to; None: a person rings."""
        if self.worker:
            return self.worker.email
        return self.email if "email" in self.safe_channels else None


@by_exchange
async def ask_for_help(session: AsyncSession, asked: Asked, *, commissioner: Commissioner) -> None:
    """Keep an ask until its proof; the page says the same whoever the address belongs to."""
    if not await _has_room(session, asked, commissioner):
        return
    times, keys = defaults()["asking"], settings_of(session).secret_keys
    ask_id, made_with = uuid.uuid4(), key_id(keys[0])
    now = (await session.execute(select(func.now()))).scalar_one()
    waits = (
        timedelta(hours=times["link_hours"])
        if asked.proved_by
        else timedelta(days=times["called_within_days"])
    )
    hashes = {
        link: hash_token(derive_token(keys, link, ask_id, made_with=made_with))
        for link in (PROOF_LINK, STATUS_LINK)
    }
    session.add(
        Ask(
            id=ask_id,
            commissioner_id=commissioner.id,
            source="professional" if asked.worker else "self",
            code=asked.code,
            service_id=asked.service_id,
            given=asked.as_given(),
            worker_name=asked.worker.name if asked.worker else None,
            worker_email=asked.worker.email if asked.worker else None,
            key_id=made_with,
            proof_hash=hashes[PROOF_LINK],
            status_hash=hashes[STATUS_LINK],
            expires_at=now + waits,
            ring_reason=None if asked.proved_by else "prove",
        )
    )
    await session.flush()
    if asked.proved_by:
        await queue_messages(session, ASK_PROOF, [ask_id])


async def lock_asks(session: AsyncSession, commissioner_id: uuid.UUID) -> None:
    """One ask of a council at a time: who asks twice at once would become two households."""
    await session.execute(
        select(Commissioner.id)
        .where(Commissioner.id == commissioner_id)
        .with_for_update(key_share=True)
    )


async def _has_room(session: AsyncSession, asked: Asked, commissioner: Commissioner) -> bool:
    """Whoever has not is told nothing: that an address asked lately is nobody else's to know."""
    used = [(limits.ASKS_BY_AN_ADDRESS, (asked.proved_by or asked.phone or "").lower())]
    if asked.proved_by is None:
        used.append((limits.ASKS_TO_RING, str(commissioner.id)))
    return await limits.take_all(session, [*used, (limits.ASKS, "")])


@by_exchange
async def find_unproved(session: AsyncSession, token: str) -> Ask:
    """The ask behind a mailed link: as long as it waits, and after it was proved."""
    ask = await session.scalar(
        select(Ask)
        .where(
            Ask.proof_hash == hash_token(token),
            Ask.ring_reason.is_distinct_from("prove"),
            or_(Ask.proved_at.is_not(None), Ask.expires_at > func.now()),
        )
        .options(joinedload(Ask.commissioner))
        .execution_options(populate_existing=True)
    )
    if ask is None:
        raise NotFoundError("This link is too old. Fill in the form again: it takes two minutes.")
    return ask


@by_exchange
async def prove_ask(session: AsyncSession, token: str) -> Ask:
    """Only now is there a need; pressed again, it says the same."""
    ask = await find_unproved(session, token)
    await lock_asks(session, ask.commissioner_id)
    ask = await find_unproved(session, token)
    if ask.proved_at is None:
        await accept_ask(session, ask, actor=Actor(kind="public"))
    return ask


@by_exchange
async def accept_ask(session: AsyncSession, ask: Ask, *, actor: Actor) -> None:
    """Make the need of a proved ask, and tell the family where it can see how it stands.

    The council's asks are locked by the caller.
    """
    ask.proved_at = func.now()
    await session.flush()
    await note_deed(session, ("ask", ask.id), "asked", actor=actor, code=ask.source)
    given = ask.given or {}
    known = {kind: given.get(kind) for kind in ("email", "phone")}
    if ask.source == "professional" and await is_objected(session, ask.commissioner_id, known):
        # The family itself may ask at any time; nobody asks in its name any more.
        ask.given, ask.withdrawn_at = None, func.now()
        await session.flush()
        await note_deed(session, ("ask", ask.id), "withdrawn", actor=actor, code="objected")
        return
    writes = "email" in given.get("safe_channels", [])
    await make_need(session, ask, actor=actor)
    if writes:
        await queue_messages(session, ASK_RECEIVED, [ask.id])


def status_token(session: AsyncSession, ask: Ask) -> str:
    keys = settings_of(session).secret_keys
    return derive_token(keys, STATUS_LINK, ask.id, made_with=ask.key_id)
