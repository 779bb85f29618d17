"""One mail a day to each provider whom somebody waits for, and what its link may do."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from directory.models import Intake, Provider, Service
from directory.visibility import is_admitted
from marketplace.access import Actor, answered_matches, readable_matches
from marketplace.db.acting import act_as, as_exchange, by_exchange
from marketplace.db.digests import Digest
from marketplace.db.families import Family
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.db.providers import AGREEMENT_VERSION, Agreement
from marketplace.defaults import defaults
from marketplace.errors import NotFoundError
from marketplace.messages.compose import Mail, compose_provider_waiting
from marketplace.services.matches import claims
from marketplace.services.matches.transitions import note_deed
from marketplace.services.providers.permissions import require_editor
from marketplace.services.sending.outbox import PROVIDER_WAITING, Composer, Refusal, queue_messages
from marketplace.services.staff.working_days import add_working_days
from marketplace.settings import settings_of
from marketplace.states import MatchState
from marketplace.templating import shared_environment
from marketplace.tokens import derive_token, hash_token, key_id

LINK = "digest"
LINK_DAYS = 14
LONDON = ZoneInfo("Europe/London")
# Asked every hour, so that a worker that was away catches up before noon.
MORNING_HOURS = range(7, 12)


def is_morning(now: dt.datetime) -> bool:
    return now.astimezone(LONDON).hour in MORNING_HOURS


async def send_digests(session: AsyncSession) -> int:
    """Queue the day's mail for each provider that somebody waits for; how many there were."""
    now = (await session.execute(select(func.now()))).scalar_one()
    return await make_digests(session, now=now) if is_morning(now) else 0


async def make_digests(session: AsyncSession, *, now: dt.datetime) -> int:
    """Whatever the hour, and still at most one a day."""
    keys = settings_of(session).secret_keys
    waited_for = await session.scalars(_waited_for())
    rows = [_digest_row(keys, provider_id, now=now) for provider_id in waited_for]
    if not rows:
        return 0
    once = insert(Digest).on_conflict_do_nothing(index_elements=["provider_id", "day"])
    made = (await session.scalars(once.returning(Digest.id), rows)).all()
    await queue_messages(session, PROVIDER_WAITING, made)
    return len(made)


def _waited_for() -> Select[uuid.UUID]:
    """A volunteer's host is the one to be told."""
    told = aliased(Provider)
    return (
        select(told.id)
        .where(
            exists()
            .where(
                Match.intake_id == Intake.id,
                Intake.service_id == Service.id,
                Service.provider_id == Provider.id,
                func.coalesce(Provider.hosted_by_id, Provider.id) == told.id,
                Match.family_id == Family.id,
                Family.commissioner_id == Commissioner.id,
                Match.state == MatchState.AWAITING_PROVIDER,
                Commissioner.messages_stopped_at.is_(None),
            )
            .correlate(told),
            told.contact_email.is_not(None),
            is_admitted(told),
        )
        .order_by(told.id)
    )


def _digest_row(keys: Sequence[str], provider_id: uuid.UUID, *, now: dt.datetime) -> dict[str, Any]:
    digest_id, made_with = uuid.uuid4(), key_id(keys[0])
    return {
        "id": digest_id,
        "provider_id": provider_id,
        "day": now.astimezone(LONDON).date(),
        "key_id": made_with,
        "token_hash": hash_token(derive_token(keys, LINK, digest_id, made_with=made_with)),
        "made_at": now,
        "expires_at": now + dt.timedelta(days=LINK_DAYS),
    }


async def find_digest(session: AsyncSession, token: str) -> Digest:
    """The digest of a link that is young, not taken back, and whose provider's door is open.

    From here on the transaction sees what that provider may look at.
    """
    async with as_exchange(session):
        digest = await session.scalar(
            select(Digest).where(Digest.token_hash == hash_token(token), _opens_now())
        )
    if digest is None:
        raise NotFoundError("This link is too old, or was closed. Sign in to see who waits.")
    await act_as(session, link_actor(digest).acting(deed=False))
    return digest


def _opens_now() -> ColumnElement[bool]:
    """An agreement taken back ends its links for good, even when another one is given later."""
    own = aliased(Provider)
    return (
        Digest.revoked_at.is_(None)
        & (Digest.expires_at > func.now())
        & exists().where(own.id == Digest.provider_id, is_admitted(own))
        & exists().where(
            Agreement.provider_id == Digest.provider_id,
            Agreement.version == AGREEMENT_VERSION,
            Agreement.withdrawn_at.is_(None),
            Agreement.accepted_at <= Digest.made_at,
        )
    )


def link_actor(digest: Digest) -> Actor:
    """Whoever holds the mail: nobody by name, and an editor only of what waited then."""
    return Actor(kind="provider", provider_id=digest.provider_id, provider_role="editor")


def waiting_behind(digest: Digest) -> Select[Match]:
    return readable_matches(link_actor(digest)).where(
        Match.state == MatchState.AWAITING_PROVIDER, Match.waits_since <= digest.made_at
    )


@by_exchange
async def answer_by_link(
    session: AsyncSession, digest: Digest, match_id: uuid.UUID, *, code: str | None
) -> None:
    """Say yes, or no for a reason. What a colleague has answered meanwhile stays answered."""
    actor = link_actor(digest)
    wanted = waiting_behind(digest).where(Match.id == match_id)
    if not await claims.lock_waiting(session, wanted, actor=actor):
        raise NotFoundError("It is answered already, or does not wait any more.")
    if code is None:
        await claims.claim_match(session, match_id, actor=actor)
    else:
        await claims.decline_match(session, match_id, code=code, actor=actor)


async def close_links(session: AsyncSession, *, actor: Actor) -> int:
    """Take back every link mailed so far; how many still opened something."""
    require_editor(actor)
    closed = await session.scalars(
        update(Digest)
        .where(
            Digest.provider_id == actor.provider_id,
            Digest.revoked_at.is_(None),
            Digest.expires_at > func.now(),
        )
        .values(revoked_at=func.now())
        .returning(Digest.id)
    )
    number = len(closed.all())
    if actor.provider_id is not None:
        await note_deed(session, ("provider", actor.provider_id), "links_closed", actor=actor)
    return number


async def digest_mail(session: AsyncSession, digest_id: uuid.UUID) -> Mail | Refusal:
    """How things stand when it leaves: how many wait, and by when the first wants an answer."""
    digest = await session.get_one(Digest, digest_id)
    provider = await session.get_one(Provider, digest.provider_id)
    now = (await session.execute(select(func.now()))).scalar_one()
    if digest.day != now.astimezone(LONDON).date():
        return Refusal("another day’s digest tells it")
    waiting, since, stopped = await _count_waiting(session, digest.provider_id)
    if waiting == 0 and stopped:
        return Refusal("messages are stopped", state="stopped")
    if waiting == 0:
        return Refusal("nothing is waiting any more")
    if not provider.contact_email:
        return Refusal("the provider has no e-mail address")
    base_url = settings_of(session).base_url
    return compose_provider_waiting(
        shared_environment(),
        to=provider.contact_email,
        name=provider.name,
        waiting=waiting,
        link=f"{base_url}{await _path(session, digest)}",
        sign_in=f"{base_url}/sign-in",
        answer_by=add_working_days(since.date(), defaults()["provider_days"]["expires_after"]),
    )


async def _path(session: AsyncSession, digest: Digest) -> str:
    """Before the agreement there is nothing that a link could show."""
    opens = await session.scalar(select(Digest.id).where(Digest.id == digest.id, _opens_now()))
    if opens is None:
        return "/sign-in"
    keys = settings_of(session).secret_keys
    return f"/p/{derive_token(keys, LINK, digest.id, made_with=digest.key_id)}"


async def _count_waiting(session: AsyncSession, provider_id: uuid.UUID) -> tuple[int, Any, int]:
    """How many wait and since when, and for how many the council has stopped messages."""
    may_leave = Commissioner.messages_stopped_at.is_(None)
    row = await session.execute(
        answered_matches(Actor(kind="provider", provider_id=provider_id))
        .join(Match.family)
        .join(Commissioner, Commissioner.id == Family.commissioner_id)
        .where(Match.state == MatchState.AWAITING_PROVIDER)
        .with_only_columns(
            func.count().filter(may_leave),
            func.min(Match.waits_since).filter(may_leave),
            func.count().filter(~may_leave),
        )
    )
    waiting, since, stopped = row.one()
    return waiting, since, stopped


COMPOSERS: dict[str, Composer] = {PROVIDER_WAITING: digest_mail}
