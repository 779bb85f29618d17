"""Everything that is a provider's own, as files that any spreadsheet opens. No family is in it."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.base import Base
from directory.models import Intake, Provider, Service
from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.people import User
from marketplace.errors import NotFoundError
from marketplace.services.providers.agreements import list_agreements
from marketplace.services.providers.listings import intakes_of, list_services
from marketplace.services.providers.providers import history_of

ALL_OF_IT = 1_000_000
PERSON_FIELDS = ("name", "email", "provider_role", "closed_at")
AGREEMENT_FIELDS = ("version", "accepted_by", "accepted_at", "withdrawn_at", "withdrawn_by")
HISTORY_FIELDS = ("at", "who", "what", "about", "about_id", "code", "detail")
# A spreadsheet runs a cell that begins so; a telephone number may begin with a plus.
RUNS = re.compile(r"[=@\t\r]|[+-](?![\d\s().-]+$)")

Row = Mapping[str, Any]


@by_exchange
async def make_own_data(session: AsyncSession, *, actor: Actor) -> bytes:
    """A zip of six CSV files."""
    if actor.provider_id is None:
        raise NotFoundError
    provider = await session.get_one(Provider, actor.provider_id)
    services = await list_services(session, provider.id)
    intakes = await intakes_of(session, [service.id for service in services])
    people = await session.scalars(
        select(User).where(User.provider_id == provider.id).order_by(User.name, User.id)
    )
    agreements = await list_agreements(session, provider.id)
    history = await history_of(session, provider.id, most=ALL_OF_IT)
    files = {
        "organisation.csv": _table(Provider, [provider]),
        "services.csv": _table(Service, services),
        "intakes.csv": _table(Intake, intakes),
        "people.csv": _write(PERSON_FIELDS, map(vars, people)),
        "agreements.csv": _write(AGREEMENT_FIELDS, map(vars, agreements)),
        "history.csv": _write(
            HISTORY_FIELDS,
            [
                {
                    "at": event.at,
                    "who": name or event.actor_kind,
                    "what": event.target,
                    "about": event.subject_kind,
                    "about_id": event.subject_id,
                    "code": event.code,
                    "detail": event.detail or "",
                }
                for event, name in history
            ],
        ),
    }
    return _zip(files)


def _table(model: type[Base], rows: Iterable[Base]) -> str:
    """Every column there is: what we keep about somebody, they may have."""
    return _write([column.name for column in model.__table__.columns], map(vars, rows))


def _write(fields: Sequence[str], rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(fields)
    writer.writerows([_cell(row[field]) for field in fields] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    told = ";".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{told}" if RUNS.match(told) else told


def _zip(files: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text.encode("utf-8-sig"))
    return data.getvalue()
