"""The people of a provider: invited, made editor or viewer, removed, and the work handed over."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM, Actor
from marketplace.db.acting import by_exchange
from marketplace.db.people import User
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.providers.permissions import lock_own_provider
from marketplace.services.sending.outbox import INVITATION, queue_messages
from marketplace.services.staff.sessions import end_sessions

ROLES = ("editor", "viewer")
MOST_PEOPLE = 50


async def list_people(session: AsyncSession, provider_id: uuid.UUID) -> Sequence[User]:
    found = await session.scalars(
        select(User)
        .where(User.provider_id == provider_id, User.closed_at.is_(None))
        .order_by(User.provider_role, User.name, User.id)
    )
    return found.all()


@by_exchange
async def invite(session: AsyncSession, *, name: str, email: str, role: str, actor: Actor) -> None:
    """Add a colleague and mail them how to sign in: the mail proves the address."""
    provider = await lock_own_provider(session, actor=actor)
    _check_role(role)
    if len(await list_people(session, provider.id)) >= MOST_PEOPLE:
        raise BadFormError({"email": f"{MOST_PEOPLE} people are the most. Remove somebody first"})
    user = await add_person(session, provider.id, name=name, email=email, role=role)
    await _note(session, user, "person_invited", actor=actor, code=role)
    await queue_messages(session, INVITATION, [user.id])


@by_exchange
async def add_person(
    session: AsyncSession, provider_id: uuid.UUID, *, name: str, email: str, role: str
) -> User:
    """A new account, or the same person's closed one opened again."""
    user = await session.scalar(
        select(User).where(func.lower(User.email) == email.lower()).with_for_update()
    )
    if user is not None and user.closed_at is None:
        raise BadFormError({"email": "Somebody signs in with this address already. Use another"})
    if user is not None and user.role != "provider":
        raise BadFormError({"email": "This address belongs to the council. Use another"})
    if user is None:
        user = User(email=email, role="provider")
        session.add(user)
    user.name, user.provider_id, user.provider_role = name, provider_id, role
    user.closed_at = None
    await session.flush()
    return user


async def change_role(
    session: AsyncSession, user_id: uuid.UUID, *, role: str, actor: Actor
) -> None:
    await lock_own_provider(session, actor=actor)
    user = await _own_colleague(session, user_id, actor=actor)
    _check_role(role)
    if role == "viewer":
        await _keep_an_editor(session, user)
    user.provider_role = role
    await session.flush()
    await _note(session, user, "role_changed", actor=actor, code=role)


@by_exchange
async def remove_person(session: AsyncSession, user_id: uuid.UUID, *, actor: Actor) -> None:
    """Signed out everywhere with this transaction, and never signed in again."""
    await lock_own_provider(session, actor=actor)
    user = await _own_colleague(session, user_id, actor=actor)
    await _keep_an_editor(session, user)
    await close_accounts(session, [user])
    await _note(session, user, "person_removed", actor=actor)


@by_exchange
async def hand_over(session: AsyncSession, user_id: uuid.UUID, *, actor: Actor) -> None:
    """A colleague takes the work on, and is the one we write to; the giver only looks."""
    provider = await lock_own_provider(session, actor=actor)
    heir = await _own_colleague(session, user_id, actor=actor)
    if heir.id == actor.id:
        raise BadFormError({"people": "Choose a colleague: you cannot hand over to yourself"})
    giver = await _own_colleague(session, actor.id, actor=actor)
    heir.provider_role, giver.provider_role = "editor", "viewer"
    provider.contact_email = heir.email
    await session.flush()
    await _note(session, heir, "handed_over", actor=actor)


@by_exchange
async def close_accounts(session: AsyncSession, users: Sequence[User]) -> None:
    now = (await session.execute(select(func.now()))).scalar_one()
    for user in users:
        user.closed_at = now
    await session.flush()
    for user in users:
        await end_sessions(session, user.id, why="account_closed", actor=SYSTEM)


async def _own_colleague(session: AsyncSession, user_id: uuid.UUID | None, *, actor: Actor) -> User:
    user = await session.scalar(
        select(User)
        .where(User.id == user_id, User.provider_id == actor.provider_id, User.closed_at.is_(None))
        .with_for_update()
    )
    if user is None:
        raise NotFoundError
    return user


async def _keep_an_editor(session: AsyncSession, user: User) -> None:
    others = await session.scalar(
        select(func.count(User.id)).where(
            User.provider_id == user.provider_id,
            User.closed_at.is_(None),
            User.provider_role == "editor",
            User.id != user.id,
        )
    )
    if not others and user.provider_role == "editor":
        raise BadFormError(
            {"people": f"{user.name} is the only editor. Make a colleague an editor first"}
        )


async def _note(
    session: AsyncSession, user: User, deed: str, *, actor: Actor, code: str | None = None
) -> None:
    if user.provider_id is None:
        raise NotFoundError
    # Of the organisation, not of the person, who may work for another one later.
    subject, detail = ("provider", user.provider_id), {"person": user.name}
    await note_deed(session, subject, deed, actor=actor, code=code, detail=detail)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise BadFormError({"role": "Choose what they may do"})
