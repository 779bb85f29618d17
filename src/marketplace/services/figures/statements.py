"""What a council owes each provider for a month: a place is owed once help has started.

Read from the history, which nobody can change: a month that is over says the same for ever.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, answered_matches, readable_matches
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family
from marketplace.db.history import Event
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.services.figures.months import Month
from marketplace.states import MatchState

_Billed = aliased(Provider)


@dataclass(frozen=True, kw_only=True)
class StatementLine:
    service_name: str
    places: int
    place_pence: int
    total_pence: int


@dataclass(frozen=True, kw_only=True)
class Statement:
    number: str
    month: Month
    council_name: str
    provider_id: uuid.UUID
    provider_name: str
    charity_number: str | None
    lines: list[StatementLine] = field(default_factory=list)

    @property
    def total_pence(self) -> int:
        return sum(line.total_pence for line in self.lines)


@by_exchange
async def list_statements(session: AsyncSession, *, month: Month, actor: Actor) -> list[Statement]:
    """One a council and provider with help that started in this month, by name."""
    place_pence = (Match.price_pence / func.greatest(Match.places, 1)).label("place_pence")
    owed_to = (Commissioner.id, Commissioner.name, _Billed.id, _Billed.name, _Billed.charity_number)
    rows = await session.execute(
        _begun(actor)
        .where(Event.at >= month.begins_at, Event.at < month.ends_at)
        .with_only_columns(
            *owed_to,
            Service.name,
            func.sum(Match.places),
            place_pence,
            func.sum(Match.price_pence),
        )
        .group_by(*owed_to, Service.id, Service.name, place_pence)
        .order_by(
            func.lower(_Billed.name), _Billed.id, Commissioner.name, Service.name, place_pence
        )
    )
    return _as_statements(month, rows)


@by_exchange
async def months_with_help(session: AsyncSession, *, actor: Actor) -> list[Month]:
    """The months in which help started, the newest first."""
    local = func.timezone("Europe/London", Event.at)
    found = await session.scalars(
        _begun(actor).with_only_columns(func.to_char(local, "YYYY-MM")).distinct()
    )
    return sorted((Month(int(one[:4]), int(one[5:])) for one in found), reverse=True)


def _begun(actor: Actor) -> Select[Any]:
    """A volunteer's host is the one that is paid."""
    return (
        _own_matches(actor)
        .join(_Billed, _Billed.id == func.coalesce(Provider.hosted_by_id, Provider.id))
        .join(Commissioner, Commissioner.id == Family.commissioner_id)
        .join(Event, Event.subject_id == Match.id)
        .where(
            Event.subject_kind == "match",
            # Not what comes back from a hold: that began before.
            Event.source == MatchState.ACCEPTED,
            Event.target == MatchState.UNDER_WAY,
        )
    )


def _own_matches(actor: Actor) -> Select[Match]:
    if actor.kind == "provider":
        return answered_matches(actor).join(Match.family)
    return (
        readable_matches(actor)
        .join(Match.intake)
        .join(Intake.service)
        .join(Provider, Provider.id == Service.provider_id)
    )


def _as_statements(month: Month, rows: Iterable[Any]) -> list[Statement]:
    found: dict[str, Statement] = {}
    for council_id, council, provider_id, provider, charity_number, *line in rows:
        number = f"{month.year}{month.month:02d}-{provider_id.hex[:6]}-{council_id.hex[:4]}".upper()
        statement = found.setdefault(
            number,
            Statement(
                number=number,
                month=month,
                council_name=council,
                provider_id=provider_id,
                provider_name=provider,
                charity_number=charity_number,
            ),
        )
        service, places, place_pence, total = line
        statement.lines.append(
            StatementLine(
                service_name=service,
                places=int(places),
                place_pence=int(place_pence),
                total_pence=int(total),
            )
        )
    return list(found.values())
