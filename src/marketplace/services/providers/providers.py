"""A provider as a whole: paused and resumed by a commissioner, described by its own people."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, answered_matches, readable_matches
from marketplace.db.acting import by_exchange
from marketplace.db.history import Event
from marketplace.db.machines import ApiToken, token_name
from marketplace.db.people import User
from marketplace.db.plans import Match
from marketplace.db.providers import JoinRequest
from marketplace.errors import MovedOnError, NotFoundError
from marketplace.services.matches.holds import hand_on, hold_families, release_agreed, release_held
from marketplace.services.matches.transitions import note_deed
from marketplace.services.providers.permissions import lock_own_provider, lock_provider
from marketplace.services.sending.digests import close_links
from marketplace.states import MatchState

PAUSED = "provider_paused"
MOST_EVENTS = 100
DETAILS = ("name", "description", "website", "contact_email", "contact_phone", "charity_number")


async def get_provider(session: AsyncSession, provider_id: uuid.UUID) -> Provider:
    """Any organisation of the directory; a volunteer is looked at through the host."""
    provider = await session.get(Provider, provider_id)
    if provider is None or provider.kind == "volunteer":
        raise NotFoundError
    return provider


async def approve_provider(session: AsyncSession, provider_id: uuid.UUID, *, actor: Actor) -> None:
    """Let in who came by a feed of others, say: listed elsewhere is not trusted here."""
    provider = await _lock_organisation(session, provider_id)
    if provider.approved_at is not None:
        return
    provider.approved_at = func.now()
    await session.flush()
    await note_deed(session, ("provider", provider_id), "approved", actor=actor)


async def pause_provider(
    session: AsyncSession, provider_id: uuid.UUID, *, reason: str, actor: Actor
) -> None:
    """In one transaction: not listed, not planned, nothing claimed, nothing sent, no door open."""
    provider = await _lock_organisation(session, provider_id)
    if provider.paused_at is not None:
        return
    if provider.left_at is not None:
        raise MovedOnError("provider", "left", "paused")
    provider.paused_at = func.now()
    await session.flush()
    held = await hold_families(session, provider_id, code=PAUSED, actor=actor)
    detail = {"reason": reason, "families_on_hold": held}
    await note_deed(session, ("provider", provider_id), "paused", actor=actor, detail=detail)


async def resume_provider(session: AsyncSession, provider_id: uuid.UUID, *, actor: Actor) -> None:
    provider = await _lock_organisation(session, provider_id)
    if provider.paused_at is None:
        return
    provider.paused_at = None
    await session.flush()
    back = await release_held(session, provider_id, code=PAUSED, actor=actor)
    await release_agreed(session, provider_id)
    detail = {"families": back}
    await note_deed(session, ("provider", provider_id), "resumed", actor=actor, detail=detail)


async def ask_others(session: AsyncSession, provider_id: uuid.UUID, *, actor: Actor) -> int:
    """Let the commissioner's own families go to somebody else; how many wait no longer."""
    await _lock_organisation(session, provider_id)
    matches = await session.scalars(
        select(Match)
        .where(
            Match.id.in_(_of_provider(provider_id)),
            Match.id.in_(readable_matches(actor).with_only_columns(Match.id)),
            Match.state == MatchState.ON_HOLD,
        )
        .order_by(Match.id)
    )
    held = matches.all()
    await hand_on(session, held, to=MatchState.WITHDRAWN, code=PAUSED, actor=actor)
    detail = {"families": len(held)}
    await note_deed(
        session, ("provider", provider_id), "families_handed_on", actor=actor, detail=detail
    )
    return len(held)


async def describe_provider(
    session: AsyncSession, values: dict[str, str | None], *, actor: Actor
) -> None:
    """Change what people read about the organisation; an edit confirms it."""
    provider = await lock_own_provider(session, actor=actor)
    changed = [name for name in DETAILS if getattr(provider, name) != values[name]]
    for name in changed:
        setattr(provider, name, values[name])
    if "contact_email" in changed:
        # Whoever reads the old mailbox answers for us no longer.
        await close_links(session, actor=actor)
    provider.confirmed_at = func.now()
    await session.flush()
    detail = {"fields": changed}
    subject = ("provider", provider.id)
    await note_deed(session, subject, "provider_changed", actor=actor, detail=detail)


@by_exchange
async def history_of(
    session: AsyncSession, provider_id: uuid.UUID, *, most: int = MOST_EVENTS
) -> Sequence[tuple[Event, str | None]]:
    """What was done with the organisation itself, newest first, with the name of who did it.

    Never about a family: a match's history is the council's.
    """
    services = select(Service.id).where(Service.provider_id == provider_id)
    about = {
        "provider": select(Provider.id).where(Provider.id == provider_id),
        "service": services,
        "intake": select(Intake.id).where(Intake.service_id.in_(services)),
        "join_request": select(JoinRequest.id).where(JoinRequest.provider_id == provider_id),
    }
    one_of = [
        (Event.subject_kind == kind) & Event.subject_id.in_(ids) for kind, ids in about.items()
    ]
    rows = await session.execute(
        select(Event, func.coalesce(User.name, token_name()))
        .outerjoin(User, User.id == Event.actor_id)
        .outerjoin(ApiToken, ApiToken.id == Event.actor_id)
        .where(or_(*one_of))
        .order_by(Event.id.desc())
        .limit(most)
    )
    return [(event, name) for event, name in rows]


def _of_provider(provider_id: uuid.UUID) -> Select[tuple[uuid.UUID]]:
    answered = answered_matches(Actor(kind="provider", provider_id=provider_id))
    return answered.with_only_columns(Match.id)


async def _lock_organisation(session: AsyncSession, provider_id: uuid.UUID) -> Provider:
    await get_provider(session, provider_id)
    return await lock_provider(session, provider_id)
