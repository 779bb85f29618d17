"""Staff sign in by a mailed link: used once, short-lived, and a new session each time."""

import secrets
import uuid
from datetime import timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.people import SignInLink, StaffSession, User
from marketplace.errors import NotFoundError
from marketplace.services.outbox import SIGN_IN, queue_messages
from marketplace.services.transitions import note_deed
from marketplace.settings import settings_of
from marketplace.tokens import derive_token, hash_token, key_id

LINK = "sign-in"
LINK_MINUTES = 15
SESSION_HOURS = 8
MOST_LINKS_AN_HOUR = 6


@by_exchange
async def ask_for_link(session: AsyncSession, email: str) -> None:
    """Mail a link if we know the address; the page says the same either way."""
    user = await session.scalar(
        select(User).where(
            func.lower(User.email) == email.strip().lower(), User.closed_at.is_(None)
        )
    )
    if user is None or await _links_this_hour(session, user) >= MOST_LINKS_AN_HOUR:
        return
    link, _token = await make_link(session, user)
    await queue_messages(session, SIGN_IN, [link.id])


@by_exchange
async def make_link(
    session: AsyncSession, user: User, *, minutes: int = LINK_MINUTES
) -> tuple[SignInLink, str]:
    keys = settings_of(session).secret_keys
    link_id, made_with = uuid.uuid4(), key_id(keys[0])
    token = derive_token(keys, LINK, link_id, made_with=made_with)
    now = (await session.execute(select(func.now()))).scalar_one()
    link = SignInLink(
        id=link_id,
        user_id=user.id,
        key_id=made_with,
        token_hash=hash_token(token),
        expires_at=now + timedelta(minutes=minutes),
    )
    session.add(link)
    await session.flush()
    return link, token


@by_exchange
async def sign_in(session: AsyncSession, token: str) -> str:
    """Use a link up and begin a session; returns the token for the cookie."""
    link = await session.scalar(_usable(token).with_for_update())
    if link is None:
        raise NotFoundError("This link has been used or is too old. Ask for a new one.")
    link.used_at = func.now()
    session_token = secrets.token_urlsafe(32)
    now = (await session.execute(select(func.now()))).scalar_one()
    session.add(
        StaffSession(
            token_hash=hash_token(session_token),
            user_id=link.user_id,
            expires_at=now + timedelta(hours=SESSION_HOURS),
        )
    )
    await session.flush()
    await note_deed(session, ("user", link.user_id), "signed_in", actor=Actor(kind="staff"))
    return session_token


@by_exchange
async def sign_out(session: AsyncSession, session_token: str) -> None:
    await session.execute(
        delete(StaffSession).where(StaffSession.token_hash == hash_token(session_token))
    )


@by_exchange
async def find_actor(session: AsyncSession, session_token: str) -> Actor | None:
    user = await session.scalar(
        select(User)
        .join(StaffSession, StaffSession.user_id == User.id)
        .where(
            StaffSession.token_hash == hash_token(session_token),
            StaffSession.expires_at > func.now(),
            User.closed_at.is_(None),
        )
    )
    if user is None:
        return None
    return Actor(
        kind=user.role,
        id=user.id,
        name=user.name,
        commissioner_id=user.commissioner_id,
        provider_id=user.provider_id,
        provider_role=user.provider_role,
    )


def _usable(token: str) -> Select[SignInLink]:
    open_accounts = select(User.id).where(User.closed_at.is_(None))
    return select(SignInLink).where(
        SignInLink.user_id.in_(open_accounts),
        SignInLink.token_hash == hash_token(token),
        SignInLink.used_at.is_(None),
        SignInLink.expires_at > func.now(),
    )


async def _links_this_hour(session: AsyncSession, user: User) -> int:
    hour_ago = func.now() - timedelta(hours=1)
    return (
        await session.scalar(
            select(func.count())
            .select_from(SignInLink)
            .where(SignInLink.user_id == user.id, SignInLink.created_at > hour_ago)
        )
        or 0
    )
