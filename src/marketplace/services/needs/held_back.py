"""Needs that are not planned now, each by the name of the rule that holds it back."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.taxonomy import load_taxonomy
from marketplace.db.families import Family, Need
from marketplace.db.plans import Match
from marketplace.services.needs.stops import on_stop_list
from marketplace.services.sending.channels import may_write_to
from marketplace.states import MatchState, NeedState

# As a practitioner would ask them: the first that holds is told. Words for each in `web/words.py`.
RULES = (
    "stop_list",
    "opted_out",
    "contact_wrong",
    "not_safe",
    "parked",
    "already_helped",
    "no_named_worker",
)
HELPED = (MatchState.ACCEPTED, MatchState.UNDER_WAY, MatchState.ON_HOLD)


async def find_held_back(
    session: AsyncSession, needs: Sequence[Need], *, commissioner_id: uuid.UUID, today: dt.date
) -> dict[uuid.UUID, str]:
    """Need → rule. The needs come with their family and its contact loaded."""
    listed = await _on_the_list(session, commissioner_id)
    helped = await _already_helped(session, commissioner_id)
    held = {}
    for need in needs:
        rule = "stop_list" if need.family_id in listed else _rule_of(need, today, helped)
        if rule:
            held[need.id] = rule
    return held


def _rule_of(need: Need, today: dt.date, helped: Collection[uuid.UUID]) -> str | None:
    family = need.family
    contact = family.contact
    found = {
        "opted_out": family.stopped_at is not None,
        "contact_wrong": family.contact_wrong_at is not None,
        # Who has no contact yet is planned: contacts come only once approved.
        "not_safe": contact is not None and not may_write_to(contact, today=today),
        "parked": family.parked_until is not None and family.parked_until > today,
        "already_helped": need.id in helped,
        "no_named_worker": load_taxonomy()[need.code].sensitive and not family.named_worker,
    }
    return next((rule for rule in RULES if found.get(rule)), None)


async def _on_the_list(session: AsyncSession, commissioner_id: uuid.UUID) -> Collection[uuid.UUID]:
    ours = Family.commissioner_id == commissioner_id
    return set(await session.scalars(select(Family.id).where(ours, on_stop_list())))


async def _already_helped(
    session: AsyncSession, commissioner_id: uuid.UUID
) -> Collection[uuid.UUID]:
    """Needs that are met, or are being met at this moment."""
    has_help = exists().where(Match.need_id == Need.id, Match.state.in_(HELPED))
    found = await session.scalars(
        select(Need.id)
        .join(Need.family)
        .where(
            Family.commissioner_id == commissioner_id, or_(Need.state == NeedState.MET, has_help)
        )
    )
    return set(found)
