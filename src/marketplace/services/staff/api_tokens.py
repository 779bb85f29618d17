"""Tokens of programs: made and shown once, counted at every call, taken back at once."""

import datetime as dt
import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.machines import ApiToken
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.providers.permissions import require_editor
from marketplace.tokens import hash_token

# Known by its beginning, so that whoever finds one in a file or a log can tell what it opens.
PREFIX: Final = "earlyhelp_"
SECRET_BYTES: Final = 24
LONGEST_NAME: Final = 100
MOST_DAYS: Final = 366
MINUTE: Final = dt.timedelta(minutes=1)
# What a token may be made for, by whose it is.
SCOPES: Final = {
    "commissioner": (
        "needs:read",
        "needs:write",
        "stops:read",
        "stops:write",
        "contacts:read",
        "contacts:write",
        "plans:read",
        "plans:write",
        "plans:approve",
        "funds:read",
        "figures:read",
        "families:read",
        "events:read",
    ),
    "provider": ("matches:read", "matches:write", "intakes:read", "intakes:write"),
}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A program at the door: on whose behalf, what for, and how often within this minute."""

    actor: Actor
    token_id: uuid.UUID
    scopes: frozenset[str]
    calls: int


async def make_token(
    session: AsyncSession, *, name: str, scopes: Collection[str], days: int, actor: Actor
) -> str:
    """The words of the token; only their hash is kept."""
    if actor.kind == "provider":
        require_editor(actor)
    _check(name.strip(), scopes, days, known=SCOPES[actor.kind])
    words = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    now = (await session.execute(select(func.now()))).scalar_one()
    token = ApiToken(
        id=uuid.uuid4(),
        commissioner_id=actor.commissioner_id,
        provider_id=actor.provider_id,
        name=name.strip(),
        scopes=[scope for scope in SCOPES[actor.kind] if scope in scopes],
        token_hash=hash_token(words),
        made_by=actor.name,
        expires_at=now + dt.timedelta(days=days),
    )
    session.add(token)
    await session.flush()
    await _note(session, token, "token_made", actor=actor)
    return words


async def list_tokens(session: AsyncSession, *, actor: Actor) -> Sequence[ApiToken]:
    """Those that open something come first."""
    newest = own_tokens(actor).order_by(~_opens(), ApiToken.created_at.desc(), ApiToken.id)
    return (await session.scalars(newest)).all()


async def revoke_token(session: AsyncSession, token_id: uuid.UUID, *, actor: Actor) -> None:
    if actor.kind == "provider":
        require_editor(actor)
    token = await session.scalar(own_tokens(actor).where(ApiToken.id == token_id).with_for_update())
    if token is None:
        raise NotFoundError
    if token.revoked_at is None:
        token.revoked_at = func.now()
        await session.flush()
        await _note(session, token, "token_revoked", actor=actor)


@by_exchange
async def admit_caller(session: AsyncSession, words: str) -> Caller | None:
    """Who shows this token, and the call counted; None where it opens nothing."""
    is_same_minute = ApiToken.minute_began_at > func.now() - MINUTE
    row = (
        await session.execute(
            update(ApiToken)
            .where(ApiToken.token_hash == hash_token(words), _opens())
            .values(
                last_used_at=func.now(),
                calls=case((is_same_minute, ApiToken.calls + 1), else_=1),
                minute_began_at=case((is_same_minute, ApiToken.minute_began_at), else_=func.now()),
            )
            .returning(
                ApiToken.id,
                ApiToken.name,
                ApiToken.scopes,
                ApiToken.commissioner_id,
                ApiToken.provider_id,
                ApiToken.calls,
            )
        )
    ).one_or_none()
    if row is None or (row.provider_id and await _has_left(session, row.provider_id)):
        return None
    actor = Actor(
        kind="provider" if row.provider_id else "commissioner",
        id=row.id,
        name=f"token: {row.name}",
        commissioner_id=row.commissioner_id,
        provider_id=row.provider_id,
        # What it may do is asked of its scopes, call by call.
        provider_role="editor" if row.provider_id else None,
    )
    return Caller(actor=actor, token_id=row.id, scopes=frozenset(row.scopes), calls=row.calls)


def own_tokens(actor: Actor) -> Select[ApiToken]:
    return select(ApiToken).where(
        ApiToken.commissioner_id.is_not_distinct_from(actor.commissioner_id),
        ApiToken.provider_id.is_not_distinct_from(actor.provider_id),
    )


def _opens() -> ColumnElement[bool]:
    return (ApiToken.revoked_at.is_(None)) & (ApiToken.expires_at > func.now())


def _check(name: str, scopes: Collection[str], days: int, *, known: Sequence[str]) -> None:
    faults = {}
    if not name or len(name) > LONGEST_NAME:
        faults["name"] = f"Say which program it is for, in at most {LONGEST_NAME} letters"
    if unknown := set(scopes) - set(known):
        faults["scopes"] = f"Nobody knows the scope {min(unknown)}. Use: {', '.join(known)}"
    elif not scopes:
        faults["scopes"] = "Choose what the program may do"
    if not 1 <= days <= MOST_DAYS:
        faults["days"] = f"Choose how long it works: from 1 to {MOST_DAYS} days"
    if faults:
        raise BadFormError(faults)


async def _has_left(session: AsyncSession, provider_id: uuid.UUID) -> bool:
    gone = select(Provider.id).where(Provider.id == provider_id, Provider.left_at.is_not(None))
    return await session.scalar(gone) is not None


async def _note(session: AsyncSession, token: ApiToken, deed: str, *, actor: Actor) -> None:
    owner = ("provider", token.provider_id) if token.provider_id else None
    subject = owner or ("commissioner", token.commissioner_id or token.id)
    await note_deed(session, subject, deed, actor=actor, detail={"name": token.name})
