"""What follows an offer in writing: one reminder, a word after the yes, one question later on.

None says what it is about: whoever reads over a shoulder learns that a message came, no more.
"""

import uuid
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.offers import Offer
from marketplace.messages.compose import Mail, Text, compose_mail, compose_text, council_of
from marketplace.services.offers.offer_messages import (
    Standing,
    compose_offer_message,
    load_standing,
)
from marketplace.services.offers.offers import LINK
from marketplace.services.sending.channels import may_write_to
from marketplace.services.sending.outbox import (
    OFFER_CONFIRMED,
    OFFER_FEEDBACK,
    OFFER_REMINDER,
    Composer,
    Refusal,
)
from marketplace.settings import settings_of
from marketplace.states import MatchState
from marketplace.templating import shared_environment
from marketplace.tokens import derive_token

# Nothing to be sure of for whoever has changed their mind, or for whom it ended meanwhile.
_STILL_TRUE = {
    OFFER_CONFIRMED: ("yes", (MatchState.ACCEPTED, MatchState.UNDER_WAY)),
    OFFER_FEEDBACK: ("yes", (MatchState.UNDER_WAY, MatchState.COMPLETED)),
}


async def _family_message(
    session: AsyncSession, offer_id: uuid.UUID, *, event: str
) -> Mail | Text | Refusal:
    standing = await load_standing(session, offer_id)
    if standing is None:
        return Refusal("the offer is gone")
    if refusal := _why_not(standing, event=event):
        return refusal
    offer, settings = standing.offer, settings_of(session)
    token = derive_token(settings.secret_keys, LINK, offer.id, made_with=offer.key_id)
    return _write(
        offer,
        event,
        council=council_of(standing.commissioner),
        link=f"{settings.base_url}/o/{token}",
    )


def _why_not(standing: Standing, *, event: str) -> Refusal | None:
    offer, now = standing.offer, standing.now
    contact = offer.family.contact
    answer, states = _STILL_TRUE[event]
    if held := standing.refusal_to_write():
        return held
    if offer.answer != answer or offer.match.state not in states:
        return Refusal("it is not so any more")
    # The channel it came by, and no other: what was safe then may not be listed any more.
    is_safe = contact is not None and may_write_to(contact, today=now.date())
    if contact is None or not is_safe or offer.channel not in contact.safe_channels:
        return Refusal("it is not safe to write")
    return None


def _write(offer: Offer, event: str, **told: Any) -> Mail | Text | Refusal:
    contact, environment = offer.family.contact, shared_environment()
    if offer.channel == "email" and contact and contact.email:
        return compose_mail(environment, event, to=contact.email, **told)
    if offer.channel == "sms" and contact and contact.phone:
        return compose_text(environment, event, to=contact.phone, **told)
    return Refusal("not written by this channel")


COMPOSERS: Mapping[str, Composer] = MappingProxyType(
    {
        OFFER_REMINDER: partial(compose_offer_message, is_reminder=True),
        **{event: partial(_family_message, event=event) for event in _STILL_TRUE},
    }
)
