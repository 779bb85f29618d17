"""What a practitioner knows before she decides: what was answered, what stands in the way."""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Intake, Service
from marketplace.db.families import Family, StopEntry
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.states import MatchState
from marketplace.templating import uk_date
from marketplace.web import words

ANSWERS = {
    "yes": "They said yes",
    "no": "They said: not for us",
    "not_now": "They said: not now",
    "not_me": "They said: this is not me",
    "stop": "They said: never write again",
}
WITHOUT_ANSWER = {
    MatchState.FAMILY_EXPIRED: "They did not answer",
    MatchState.PROVIDER_DECLINED: "Who was to help could not",
    MatchState.PROVIDER_EXPIRED: "Who was to help did not answer",
    MatchState.SET_ASIDE: "Set aside by the hub",
    MatchState.UNDER_WAY: "They get this help now",
    MatchState.COMPLETED: "They got this help",
}


async def past_of(
    session: AsyncSession, family_id: uuid.UUID, *, shown: Collection[uuid.UUID]
) -> list[dict[str, Any]]:
    """Everything else that was proposed to this family, the newest first."""
    rows = await session.execute(
        select(Match, Offer.answer)
        .outerjoin(Offer, Offer.match_id == Match.id)
        .where(Match.family_id == family_id, Match.id.not_in(shown))
        .order_by(Match.waits_since.desc(), Match.id)
        .options(
            joinedload(Match.need),
            joinedload(Match.intake).joinedload(Intake.service).joinedload(Service.provider),
        )
    )
    return [
        {
            "on": match.waits_since.date(),
            "what": words.help_kind(match.intake.service, match.need.code),
            "came_of_it": _say(match, answer),
        }
        for match, answer in rows
    ]


def _say(match: Match, answer: str | None) -> str:
    state = MatchState(match.state)
    if state in WITHOUT_ANSWER:
        return WITHOUT_ANSWER[state]
    return ANSWERS.get(answer or "", words.MATCH_STATES[state])


async def notices(session: AsyncSession, family: Family, *, today: dt.date) -> list[str]:
    """Why nothing may be sent, or not yet: whoever agrees should know it."""
    told = []
    if await session.scalar(_on_stop_list(family)):
        told.append("The council’s stop list names this family. Nothing may be sent.")
    if family.stopped_at:
        told.append(f"On {uk_date(family.stopped_at)} they asked us never to write again.")
    if family.parked_until and family.parked_until > today:
        told.append(
            f"They said “not now”. Leave them in peace until {uk_date(family.parked_until)}."
        )
    if family.contact_wrong_at:
        told.append(
            "Somebody else answered our last message. The council must bring a new contact."
        )
    if family.contact and family.contact.safe_to_contact != "yes":
        told.append("The council does not say that it is safe to write. Nothing will be sent.")
    return told


def _on_stop_list(family: Family) -> Any:
    return (
        select(StopEntry.id)
        .where(
            StopEntry.commissioner_id == family.commissioner_id,
            StopEntry.family_ref == family.ref,
            StopEntry.lifted_at.is_(None),
        )
        .limit(1)
    )
