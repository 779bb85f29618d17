"""Who of a provider's people may change something, and whether the provider may work at all now."""

import uuid
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from directory.visibility import is_admitted
from marketplace.access import Actor, has_agreed
from marketplace.errors import NoAgreementError, NotFoundError, OnlyLookError, PausedError


def require_editor(actor: Actor) -> None:
    """A viewer sees everything and changes nothing."""
    if not actor.is_editor:
        raise OnlyLookError


async def require_working(session: AsyncSession, *, actor: Actor) -> None:
    """Before anything is done with a family: an editor, let in, not paused, bound by the agreement.

    The provider's row stays locked until the transaction ends, so that whoever pauses it waits for
    what is being done, and then finds it; and whoever comes after the pause is refused.
    """
    require_editor(actor)
    provider = await session.scalar(
        select(Provider)
        .where(Provider.id == actor.provider_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if provider is None:
        raise NotFoundError
    if provider.approved_at is None or provider.paused_at or provider.left_at:
        raise PausedError
    if not await session.scalar(select(has_agreed(actor.provider_id))):
        raise NoAgreementError


async def lock_admitted(
    session: AsyncSession, provider_ids: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Those of the providers that may be given families now; locked as in `require_working`."""
    found = await session.scalars(
        select(Provider.id)
        .where(Provider.id.in_(provider_ids), is_admitted(Provider))
        .order_by(Provider.id)
        .with_for_update(read=True)
    )
    return set(found)


async def lock_provider(session: AsyncSession, provider_id: uuid.UUID) -> Provider:
    """Lock a provider against whoever gives it families; always before intakes and matches."""
    provider = await session.scalar(
        select(Provider)
        .where(Provider.id == provider_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if provider is None:
        raise NotFoundError
    return provider


async def lock_own_provider(session: AsyncSession, *, actor: Actor) -> Provider:
    """For an editor who is about to change what belongs to the provider."""
    require_editor(actor)
    if actor.provider_id is None:
        raise NotFoundError
    provider = await lock_provider(session, actor.provider_id)
    if provider.left_at is not None:
        raise PausedError
    return provider
