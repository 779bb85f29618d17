"""Staff sign in by a mailed link, used once and short-lived; a second step may follow."""

import uuid
from datetime import timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import by_exchange
from marketplace.db.people import SignInLink, User
from marketplace.errors import NotFoundError
from marketplace.services.sending.outbox import SIGN_IN, queue_messages
from marketplace.services.staff import limits
from marketplace.services.staff.second_step import is_still_to_come
from marketplace.services.staff.sessions import begin_session
from marketplace.settings import settings_of
from marketplace.tokens import derive_token, hash_token, key_id

LINK = "sign-in"
LINK_MINUTES = 15


@by_exchange
async def ask_for_link(session: AsyncSession, email: str, *, client: str) -> None:
    """Mail a link if we know the address; the page says the same either way."""
    address = email.strip().lower()
    await limits.take(session, limits.LINKS_FOR_A_CLIENT, client)
    await limits.take(session, limits.LINKS_TO_AN_ADDRESS, address)
    user = await find_by_address(session, address)
    if user is not None:
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
async def sign_in(session: AsyncSession, token: str, *, browser: str) -> str:
    """Use a link up and begin a session, or half of one; returns the token for the cookie."""
    link = await session.scalar(_usable(token).with_for_update())
    if link is None:
        raise NotFoundError("This link has been used or is too old. Ask for a new one.")
    link.used_at = func.now()
    await session.flush()
    user = await session.get_one(User, link.user_id)
    proved_by = None if await is_still_to_come(session, user) else "link"
    return await begin_session(session, user.id, proved_by=proved_by, browser=browser)


async def find_by_address(session: AsyncSession, address: str) -> User | None:
    """`address` in small letters."""
    return await session.scalar(
        select(User).where(func.lower(User.email) == address, User.closed_at.is_(None))
    )


def _usable(token: str) -> Select[SignInLink]:
    open_accounts = select(User.id).where(User.closed_at.is_(None))
    return select(SignInLink).where(
        SignInLink.user_id.in_(open_accounts),
        SignInLink.token_hash == hash_token(token),
        SignInLink.used_at.is_(None),
        SignInLink.expires_at > func.now(),
    )
