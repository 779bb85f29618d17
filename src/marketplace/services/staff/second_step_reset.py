"""A telephone is lost and its codes too: a commissioner takes the second step away, seen by all."""

import uuid

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM, Actor
from marketplace.db.acting import by_exchange
from marketplace.db.history import Event
from marketplace.db.people import SecondStep, User
from marketplace.errors import BadFormError, NotFoundError
from marketplace.messages.compose import Mail, compose_mail
from marketplace.services.matches.transitions import note_deed
from marketplace.services.sending.outbox import (
    SECOND_STEP_RESET,
    SECOND_STEP_RESET_DONE,
    Refusal,
    queue_messages,
)
from marketplace.services.staff.second_step import is_required
from marketplace.services.staff.sessions import end_sessions
from marketplace.settings import settings_of
from marketplace.templating import shared_environment

RESET = "second_step_reset"


@by_exchange
async def list_colleagues(
    session: AsyncSession, *, actor: Actor
) -> list[tuple[User, SecondStep | None]]:
    """One's own council's people, and those of providers who have a second step to lose."""
    own = User.commissioner_id == actor.commissioner_id
    of_providers = (User.role == "provider") & SecondStep.user_id.is_not(None)
    found = await session.execute(
        select(User, SecondStep)
        .outerjoin(SecondStep, SecondStep.user_id == User.id)
        .where(or_(own, of_providers), User.closed_at.is_(None))
        .order_by(User.role == "provider", User.name)
    )
    return [(user, step) for user, step in found]


@by_exchange
async def reset_second_step(session: AsyncSession, user_id: uuid.UUID, *, actor: Actor) -> None:
    """Only for somebody else: whoever takes over one account must not free it of its guard."""
    user = await session.get(User, user_id)
    if actor.kind != "commissioner" or user is None or user.id == actor.id:
        raise NotFoundError
    if user.role != "provider" and user.commissioner_id != actor.commissioner_id:
        raise NotFoundError
    await _take_away(session, user, actor=actor)
    await queue_messages(session, SECOND_STEP_RESET_DONE, [user.id])


@by_exchange
async def turn_off(session: AsyncSession, *, actor: Actor) -> None:
    """Their own choice, where nobody asks it of them."""
    if actor.id is None or is_required(session, actor.kind):
        raise NotFoundError
    await _take_away(session, await session.get_one(User, actor.id), actor=actor)


async def reset_by_operator(session: AsyncSession, email: str) -> None:
    """For a council whose only commissioner has lost the telephone; by the command line alone."""
    user = await session.scalar(select(User).where(User.email == email))
    if user is None:
        raise BadFormError({"email": f"Nobody signs in by {email}."})
    await _take_away(session, user, actor=SYSTEM)


async def _take_away(session: AsyncSession, user: User, *, actor: Actor) -> None:
    gone = await session.scalar(
        delete(SecondStep).where(SecondStep.user_id == user.id).returning(SecondStep.user_id)
    )
    if gone is None:
        raise NotFoundError("There is no second step to reset.")
    await note_deed(session, ("user", user.id), RESET, actor=actor)
    if actor.id != user.id:
        await end_sessions(session, user.id, why=RESET, actor=actor)
    await queue_messages(session, SECOND_STEP_RESET, [user.id])


async def told_mail(session: AsyncSession, user_id: uuid.UUID) -> Mail | Refusal:
    """To whom it belonged: if they did not ask for it, somebody else did."""
    user, by = await _last_reset(session, user_id)
    return _mail(session, user, by, to=user)


async def done_mail(session: AsyncSession, user_id: uuid.UUID) -> Mail | Refusal:
    """To whoever reset it: if it was not they, their own account is in other hands."""
    user, by = await _last_reset(session, user_id)
    return _mail(session, user, by, to=by) if by else Refusal("nobody to be told")


async def _last_reset(session: AsyncSession, user_id: uuid.UUID) -> tuple[User, User | None]:
    actor_id = await session.scalar(
        select(Event.actor_id)
        .where(Event.subject_kind == "user", Event.subject_id == user_id, Event.target == RESET)
        .order_by(Event.id.desc())
        .limit(1)
    )
    by = await session.get(User, actor_id) if actor_id else None
    return await session.get_one(User, user_id), by


def _mail(session: AsyncSession, user: User, by: User | None, *, to: User) -> Mail:
    return compose_mail(
        shared_environment(),
        "second_step_reset",
        to=to.email,
        person=user.name,
        by=by.name if by else "The people who run Early help",
        link=f"{settings_of(session).base_url}/sign-in",
    )
