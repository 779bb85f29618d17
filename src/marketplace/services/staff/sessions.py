"""Signed-in browsers: begun anew at each step of a sign-in, seen and ended by their owner."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM, Actor
from marketplace.db.acting import by_exchange
from marketplace.db.people import StaffSession, User
from marketplace.services.matches.transitions import note_deed
from marketplace.tokens import hash_token

SESSION_HOURS = 8
IDLE_MINUTES = 60
# Long enough to set up an app on a telephone.
HALF_MINUTES = 15
# A page a minute is noted; more would be a write for every look.
NOTED_EVERY = timedelta(minutes=1)
LONGEST_BROWSER = 60


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """`is_whole`: nothing of the sign-in is still to come."""

    actor: Actor
    is_whole: bool


@by_exchange
async def begin_session(
    session: AsyncSession, user_id: uuid.UUID, *, proved_by: str | None, browser: str
) -> str:
    """A new session; returns the token for the cookie. Half a one without `proved_by`."""
    token = secrets.token_urlsafe(32)
    lives = timedelta(hours=SESSION_HOURS) if proved_by else timedelta(minutes=HALF_MINUTES)
    now = (await session.execute(select(func.now()))).scalar_one()
    session.add(
        StaffSession(
            token_hash=hash_token(token),
            user_id=user_id,
            expires_at=now + lives,
            proved_by=proved_by,
            browser=browser[:LONGEST_BROWSER],
        )
    )
    await session.flush()
    if proved_by:
        whose = Actor(kind="staff", id=user_id)
        await note_deed(session, ("user", user_id), "signed_in", actor=whose, code=proved_by)
    return token


@by_exchange
async def find_signed_in(session: AsyncSession, token: str) -> SignedIn | None:
    found = (
        await session.execute(
            select(User, StaffSession)
            .join(StaffSession, StaffSession.user_id == User.id)
            .where(
                StaffSession.token_hash == hash_token(token), is_open(), User.closed_at.is_(None)
            )
        )
    ).first()
    if found is None:
        return None
    user, standing = found
    await session.execute(
        update(StaffSession)
        .where(
            StaffSession.token_hash == standing.token_hash,
            StaffSession.seen_at < func.now() - NOTED_EVERY,
        )
        .values(seen_at=func.now())
    )
    return SignedIn(actor=actor_for(user), is_whole=standing.proved_by is not None)


def actor_for(user: User) -> Actor:
    return Actor(
        kind=user.role,
        id=user.id,
        name=user.name,
        commissioner_id=user.commissioner_id,
        provider_id=user.provider_id,
        provider_role=user.provider_role,
    )


@by_exchange
async def list_own_sessions(
    session: AsyncSession, token: str, *, actor: Actor
) -> list[tuple[StaffSession, bool]]:
    """Each with whether it is the one that asks."""
    found = await session.scalars(
        select(StaffSession)
        .where(StaffSession.user_id == actor.id, is_open(), StaffSession.proved_by.is_not(None))
        .order_by(StaffSession.seen_at.desc())
    )
    return [(one, one.token_hash == hash_token(token)) for one in found]


@by_exchange
async def sign_out(session: AsyncSession, token: str) -> None:
    await _end(session, StaffSession.token_hash == hash_token(token), why="signed_out")


@by_exchange
async def sign_out_elsewhere(session: AsyncSession, token: str, *, actor: Actor) -> None:
    others = and_(StaffSession.user_id == actor.id, StaffSession.token_hash != hash_token(token))
    await _end(session, others, why="signed_out_elsewhere", actor=actor)


@by_exchange
async def end_sessions(
    session: AsyncSession, user_id: uuid.UUID, *, why: str, actor: Actor
) -> None:
    """All of one person's: what they were signed in by does not hold any more."""
    await _end(session, StaffSession.user_id == user_id, why=why, actor=actor)


async def forget_sessions(session: AsyncSession) -> None:
    """Delete those that ran out by themselves."""
    await _end(session, ~is_open(), why="ran_out", actor=SYSTEM)


def is_open() -> ColumnElement[bool]:
    return and_(
        StaffSession.expires_at > func.now(),
        StaffSession.seen_at > func.now() - timedelta(minutes=IDLE_MINUTES),
    )


async def _end(
    session: AsyncSession, which: ColumnElement[bool], *, why: str, actor: Actor | None = None
) -> None:
    """Half a session's end is no news: nobody was in."""
    ended = await session.execute(
        delete(StaffSession).where(which).returning(StaffSession.user_id, StaffSession.proved_by)
    )
    for user_id, proved_by in ended.all():
        if proved_by:
            by = actor or Actor(kind="staff", id=user_id)
            await note_deed(session, ("user", user_id), "session_ended", actor=by, code=why)
