"""The second step of a sign-in: a code from an app, or one of ten codes kept for a bad day."""

import base64
import hmac
import secrets
import uuid
from dataclasses import dataclass

import pyotp
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.people import RecoveryCode, SecondStep, User
from marketplace.db.sealed_secret import seal, unseal
from marketplace.errors import BadFormError, NotFoundError, NotReadyError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.staff import limits
from marketplace.services.staff.sessions import begin_session, end_sessions
from marketplace.settings import settings_of
from marketplace.tokens import CODE_LENGTH, CODE_SIGNS, hash_code

ISSUER = "Early help"
STEP_SECONDS = 30
# A telephone's clock may be half a minute off.
STEPS_ASIDE = 1
SECRET_BYTES = 20
RECOVERY_CODES = 10
WRONG = "This code is not right. Wait for the next one in your app and type that"


@dataclass(frozen=True, kw_only=True)
class NewStep:
    """What a person takes into their app: by camera, or typed."""

    secret: str
    address: str


@by_exchange
async def has_second_step(session: AsyncSession, user_id: uuid.UUID) -> bool:
    return await session.get(SecondStep, user_id) is not None


@by_exchange
async def is_still_to_come(session: AsyncSession, user: User) -> bool:
    """Whether a mailed link alone does not let somebody in."""
    return is_required(session, user.role) or await has_second_step(session, user.id)


def is_required(session: AsyncSession, role: str) -> bool:
    """Of whoever sees a council's families; the demo's invented people are spared it."""
    return role in {"commissioner", "practitioner"} and not settings_of(session).demo


def propose_step(session: AsyncSession, session_token: str, *, name: str) -> NewStep:
    """The same at every look of one session, so that looking stores nothing."""
    secret = _proposed_secret(session, session_token)
    address = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
    return NewStep(secret=secret, address=address)


@by_exchange
async def set_up(
    session: AsyncSession, session_token: str, typed: str, *, actor: Actor, browser: str
) -> tuple[str, list[str]]:
    """Keep the proposed secret once the app has shown it knows it.

    Returns a new session's token and the recovery codes, which nobody can show again.
    """
    user_id = _id_of(actor)
    # Locks the person's row of the limit, so that of two browsers the second finds what the first
    # has set up.
    await limits.take(session, limits.WRONG_SECOND_STEPS, str(user_id))
    if await has_second_step(session, user_id):
        raise NotReadyError("You have a second step already. Ask a colleague to reset it first.")
    secret = _proposed_secret(session, session_token)
    step = await _matching_step(session, secret, _bare(typed))
    if step is None:
        raise BadFormError({"code": WRONG})
    await limits.give_back(session, limits.WRONG_SECOND_STEPS, str(user_id))
    keys = settings_of(session).secret_keys
    sealed = seal(keys, _owner(user_id), secret.encode())
    session.add(SecondStep(user_id=user_id, sealed_secret=sealed, last_step=step))
    await session.flush()
    codes = [_draw_code() for _ in range(RECOVERY_CODES)]
    rows = [{"code_hash": _hash(keys[0], code), "user_id": user_id} for code in codes]
    await session.execute(insert(RecoveryCode), rows)
    await note_deed(session, ("user", user_id), "second_step_set_up", actor=actor)
    # Others may have been begun by the link alone.
    await end_sessions(session, user_id, why="second_step_set_up", actor=actor)
    token = await begin_session(session, user_id, proved_by="code", browser=browser)
    return token, codes


@by_exchange
async def take_step(session: AsyncSession, typed: str, *, actor: Actor, browser: str) -> str:
    """Let somebody in by a code; returns a new session's token."""
    user_id = _id_of(actor)
    await limits.take(session, limits.WRONG_SECOND_STEPS, str(user_id))
    proved_by = await _find_proof(session, user_id, _bare(typed))
    if proved_by is None:
        await note_deed(session, ("user", user_id), "second_step_failed", actor=actor)
        raise BadFormError({"code": WRONG})
    await limits.give_back(session, limits.WRONG_SECOND_STEPS, str(user_id))
    return await begin_session(session, user_id, proved_by=proved_by, browser=browser)


@by_exchange
async def count_recovery_codes(session: AsyncSession, user_id: uuid.UUID) -> int:
    """Those that are left."""
    unused = select(func.count()).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return await session.scalar(unused) or 0


async def _find_proof(session: AsyncSession, user_id: uuid.UUID, bare: str) -> str | None:
    standing = await session.get(SecondStep, user_id)
    if standing is None:
        return None
    if len(bare) == CODE_LENGTH:
        return "recovery_code" if await _use_up(session, user_id, bare) else None
    keys = settings_of(session).secret_keys
    secret = unseal(keys, _owner(user_id), standing.sealed_secret).decode()
    step = await _matching_step(session, secret, bare)
    if step is None:
        return None
    # Asked by the database, which stores it as it answers: of two browsers one comes in.
    taken = await session.scalar(
        update(SecondStep)
        .where(SecondStep.user_id == user_id, SecondStep.last_step < step)
        .values(last_step=step)
        .returning(SecondStep.user_id)
    )
    return "code" if taken else None


async def _use_up(session: AsyncSession, user_id: uuid.UUID, bare: str) -> bool:
    keys = settings_of(session).secret_keys
    used = await session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash.in_([_hash(key, bare) for key in keys]),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=func.now())
        .returning(RecoveryCode.user_id)
    )
    return used is not None


async def _matching_step(session: AsyncSession, secret: str, bare: str) -> int | None:
    """The half minute whose code was typed, if it is this one or next to it."""
    now, app = await step_now(session), pyotp.TOTP(secret)
    for step in range(now - STEPS_ASIDE, now + STEPS_ASIDE + 1):
        is_same = hmac.compare_digest(app.generate_otp(step).encode(), bare.encode())
        if is_same:
            return step
    return None


async def step_now(session: AsyncSession) -> int:
    """The number of the half minute that it is, by the one clock of all processes."""
    seconds = await session.scalar(select(func.extract("epoch", func.clock_timestamp())))
    return int(seconds or 0) // STEP_SECONDS


def _proposed_secret(session: AsyncSession, session_token: str) -> str:
    key = settings_of(session).secret_keys[0]
    digest = hmac.digest(key.encode(), f"second-step:{session_token}".encode(), "sha256")
    return base64.b32encode(digest[:SECRET_BYTES]).decode()


def _draw_code() -> str:
    return "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))


def _hash(key: str, code: str) -> bytes:
    return hash_code(key, f"recovery:{code}")


def _owner(user_id: uuid.UUID) -> str:
    return f"second_step.sealed_secret:{user_id}"


def _bare(typed: str) -> str:
    """Without what people put between the signs to read them."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())


def _id_of(actor: Actor) -> uuid.UUID:
    if actor.id is None:
        raise NotFoundError
    return actor.id
