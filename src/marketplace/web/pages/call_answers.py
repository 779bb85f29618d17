"""A family's answer given by telephone, entered on its behalf; taken back within two days."""

import uuid
from datetime import timedelta
from typing import Any

from litestar.datastructures import FormMultiDict
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from marketplace.access import Actor
from marketplace.db.families import Family
from marketplace.db.offers import Call, Offer
from marketplace.errors import BadFormError
from marketplace.services.offers import answers, opening
from marketplace.services.offers.choices import Choice, choices_of
from marketplace.services.offers.second_thoughts import HOURS_TO_TAKE_BACK
from marketplace.web import words
from marketplace.web.form_reader import FormReader

SAID = (
    {"code": "yes", "text": "Yes"},
    {"code": "no", "text": "Not for us"},
    {"code": "not_now", "text": "Not now"},
    {"code": "not_me", "text": "This is not me"},
    {"code": "stop", "text": "Never write again"},
)
WAYS = {"phone": "Telephone", "sms": "Text message", "email": "E-mail"}


async def answering_view(
    session: AsyncSession, call: Call, form: FormMultiDict | None, *, actor: Actor
) -> dict[str, Any] | None:
    """None where there is nothing to answer any more: then it is only a call."""
    offer = await opening.get_offer(session, call.offer_id, actor=actor)
    if answers.standing_of(session, offer) != "open":
        return None
    choices = [_choice_view(one) for one in await choices_of(session, offer)]
    ways = opening.contact_ways(offer)
    return {
        "said": SAID,
        "easier": [{"code": code, "text": text} for code, text in words.EASIER.items()],
        "choices": choices if len(choices) > 1 else [],
        "ways": [{"code": way, "text": WAYS[way]} for way in ways],
        "typed": _typed(form),
    }


def _typed(form: FormMultiDict | None) -> dict[str, Any]:
    one = dict.fromkeys(("answer", "contact_way", "choice"), "")
    if form is None:
        return one | {"easier": []}
    typed = {name: str(form.get(name, "")) for name in one}
    return typed | {"easier": [str(code) for code in form.getall("easier", [])]}


def _choice_view(choice: Choice) -> dict[str, Any]:
    service = choice.intake.service
    full = "" if choice.is_free else " (full)"
    return {"code": str(choice.intake.id), "text": f"{service.name}, {service.provider.name}{full}"}


async def enter(
    session: AsyncSession, offer_id: uuid.UUID, form: FormMultiDict, *, actor: Actor
) -> None:
    offer = await opening.get_offer(session, offer_id, actor=actor)
    reader = FormReader(form)
    said = reader.choice("answer", answers.ANSWERS, missing="Say what the family answered")
    way, choice = None, None
    if said == "yes":
        listed = [str(one.intake.id) for one in await choices_of(session, offer)]
        way = reader.choice(
            "contact_way", opening.contact_ways(offer), missing="Ask how they want to be reached"
        )
        if len(listed) > 1:
            choice = reader.choice("choice", listed, missing="Ask which one they want")
    easier = reader.ticked("easier", answers.EASIER)
    reader.finish()
    standing = await answers.answer_offer(
        session,
        offer,
        answer=said,
        contact_way=way,
        easier=easier,
        choice=uuid.UUID(choice) if choice else None,
        actor=actor,
    )
    _check_taken(standing, said)


def _check_taken(standing: str, said: str) -> None:
    if standing == "full":
        raise BadFormError({"choice": "That place has just gone. Ask if another one would do"})
    if standing != said:
        raise BadFormError(
            {"answer": "They have answered already, or the offer has ended. Nothing is changed"}
        )


async def entered_lately(session: AsyncSession, actor: Actor) -> list[dict[str, Any]]:
    """What this council's practitioners entered, while it can be taken back."""
    found = await session.scalars(
        select(Offer)
        .join(Offer.family)
        .where(
            Family.commissioner_id == actor.commissioner_id,
            Offer.answered_for_by.is_not(None),
            Offer.answered_at > func.now() - timedelta(hours=HOURS_TO_TAKE_BACK),
            # The contact was deleted by it: there is nobody to ask again.
            Offer.answer != "not_me",
        )
        .order_by(Offer.answered_at.desc(), Offer.id)
        .options(contains_eager(Offer.family).joinedload(Family.contact))
    )
    said = {one["code"]: one["text"] for one in SAID}
    return [
        {
            "offer_id": offer.id,
            "name": offer.family.contact.name if offer.family.contact else offer.family.ref,
            "said": said[offer.answer or ""],
            "at": offer.answered_at,
        }
        for offer in found
    ]
