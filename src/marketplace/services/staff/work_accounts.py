"""Who comes in by a council's own sign-in: known by its subject, and first by their address."""

from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM
from marketplace.db.acting import by_exchange
from marketplace.db.people import User, WorkAccount
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.staff.sessions import begin_session, end_sessions
from marketplace.services.staff.sign_in import find_by_address

FORGOTTEN = "work_account_forgotten"


@dataclass(frozen=True, kw_only=True)
class VouchedFor:
    """Who came back from an issuer: the subject is theirs for good, the address for now."""

    issuer: str
    subject: str
    email: str


@by_exchange
async def sign_in_by_work_account(
    session: AsyncSession, account: VouchedFor, *, browser: str
) -> str:
    """For whom the council's own sign-in has vouched, second step and all."""
    user = await _find_known(session, account) or await _get_to_know(session, account)
    if user is None or user.closed_at is not None:
        raise NotFoundError("Nobody here signs in by this work account. Ask who invited you.")
    return await begin_session(session, user.id, proved_by="work_account", browser=browser)


async def _find_known(session: AsyncSession, account: VouchedFor) -> User | None:
    return await session.scalar(
        select(User)
        .join(WorkAccount, WorkAccount.user_id == User.id)
        .where(WorkAccount.issuer == account.issuer, WorkAccount.subject == account.subject)
    )


async def _get_to_know(session: AsyncSession, account: VouchedFor) -> User | None:
    """Whose address it is, unless this issuer has meant somebody else by it."""
    user = await find_by_address(session, account.email.strip().lower())
    if user is None:
        return None
    known = {"issuer": account.issuer, "subject": account.subject}
    # The same subject again is the same person in two browsers at once.
    is_free = or_(WorkAccount.issuer != account.issuer, WorkAccount.subject == account.subject)
    is_known = await session.scalar(
        insert(WorkAccount)
        .values(user_id=user.id, **known)
        .on_conflict_do_update(index_elements=["user_id"], set_=known, where=is_free)
        .returning(WorkAccount.user_id)
    )
    return user if is_known else None


async def forget_by_operator(session: AsyncSession, email: str) -> None:
    """Where a council gave somebody a new account; by the command line alone."""
    whose = select(User.id).where(func.lower(User.email) == email.lower())
    user_id = await session.scalar(
        delete(WorkAccount).where(WorkAccount.user_id.in_(whose)).returning(WorkAccount.user_id)
    )
    if user_id is None:
        raise BadFormError({"email": f"Nobody has come in as {email} by a work account."})
    await note_deed(session, ("user", user_id), FORGOTTEN, actor=SYSTEM)
    await end_sessions(session, user_id, why=FORGOTTEN, actor=SYSTEM)
