"""Somebody who asks what is held about her."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.services import rights, rights_families


async def ask_what_is_held(session: AsyncSession, *, actor: Actor) -> None:
    """She rang the first council's hub; the practitioner has found nothing yet."""
    asking = rights.Asking(
        name="Roberta Tamarisk",
        child_born="2019-05",
        postcode="IP1 2DE",
        email=None,
        phone="+441632960155",
    )
    request_id = await rights.take_by_telephone(session, asking, actor=actor)
    await rights_families.choose_family(session, request_id, None, actor=actor)
