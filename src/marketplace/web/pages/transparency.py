"""For anybody: how long we keep things, the privacy notice, and how the computer is used."""

import math
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.plain_words import LANGUAGES
from directory.taxonomy import load_taxonomy
from marketplace.db.families import Contact, Family, Need
from marketplace.db.people import Commissioner, LegalBasis
from marketplace.defaults import defaults_for
from marketplace.errors import NotFoundError
from marketplace.messages.compose import council_of
from marketplace.services.figures import transparency
from marketplace.services.figures.shares import Share
from marketplace.services.needs import legal_basis
from marketplace.services.rights.retention import schedule
from marketplace.web.forms import parse_id
from marketplace.web.pages.policy import LABELS, TABLES, in_whole_pounds
from marketplace.web.rendering import WebRequest, page

PUBLIC = {"audience": "public"}
FRESH_SECONDS = 3600
# What a column is for is told in words; what only counts or dates is left out.
WORKING = {"id", "commissioner_id", "family_id", "file_id", "wished_service_id"}
# In words where the column's own name says too little; a new column is told by its name.
PLAIN = {
    "ref": "the council’s own name for it",
    "area": "postcode, whole or half",
    "outward": "first half of the postcode",
    "easting": "middle of the postcode, east",
    "northing": "middle of the postcode, north",
    "children_born": "months in which children were born",
    "availability": "days that suit",
    "transport": "how they get about",
    "visiting": "if two people should visit",
    "stopped_at": "when they said stop",
    "parked_until": "not asked again before",
    "contact_wrong_at": "when an address was wrong",
    "named_worker": "the worker who knows them",
    "objected_at": "when they said “do not guess”",
    "erased_at": "when it was erased",
    "released_at": "when they were last written to",
    "code": "what is needed",
    "likelihood": "how likely",
    "statutory_cost_pence": "what it costs if nobody helps",
    "source": "where it is from",
    "valid_until": "its last day",
    "access": "what access is needed",
    "places": "how many places",
    "asked_on": "when they asked",
    "cost_falls_on": "who bears the cost",
    "cashable": "how much of it can be saved",
    "state": "how it stands",
    "published_at": "when it was published",
    "safe_to_contact": "if it is safe to write or ring",
    "safe_channels": "which ways are safe",
    "safe_checked_on": "when that was checked",
    "email": "e-mail",
    "phone": "telephone",
}


@get("/retention", opt=PUBLIC, sync_to_thread=False)
def show_retention(request: WebRequest) -> Template:
    records = [
        {"what": rule.what, "kept": rule.kept_text, "why": rule.why, "law": rule.law}
        for rule in schedule().values()
    ]
    return page(request, "public/retention.html", records=records)


@get("/privacy/{commissioner_id:str}", opt=PUBLIC)
async def show_privacy_notice(
    request: WebRequest, session: NamedDependency[AsyncSession], commissioner_id: FromPath[str]
) -> Template:
    commissioner, law = await _council(session, commissioner_id)
    return page(
        request,
        "public/privacy.html",
        council=council_of(commissioner) | {"id": commissioner.id, "authority": commissioner.name},
        law=law,
    )


@get("/transparency/{commissioner_id:str}", opt=PUBLIC)
async def show_transparency(
    request: WebRequest, session: NamedDependency[AsyncSession], commissioner_id: FromPath[str]
) -> Template:
    commissioner, law = await _council(session, commissioner_id)
    facts = await _facts(request, session, commissioner.id)
    return page(
        request,
        "public/transparency.html",
        council=council_of(commissioner) | {"id": commissioner.id, "authority": commissioner.name},
        law=law,
        until=facts.until,
        models=facts.models,
        plans=facts.plans,
        fields=[
            {"name": "A family", "columns": _columns(Family)},
            {"name": "A guess", "columns": _columns(Need)},
            {"name": "Only once it was approved: how to reach it", "columns": _columns(Contact)},
        ],
        values=_values(commissioner),
        people=facts.people,
        mistakes=facts.errors,
        accepted=facts.accepted,
        accepted_by=_groups(facts.accepted_by),
        wrong_by=_groups(facts.wrong_by),
    )


async def _facts(
    request: WebRequest, session: AsyncSession, commissioner_id: uuid.UUID
) -> transparency.Facts:
    """An hour old at most: anybody may ask, and it reads every answer there ever was."""
    kept: dict[uuid.UUID, tuple[float, transparency.Facts]] = request.app.state.transparency
    told_at, facts = kept.get(commissioner_id, (-math.inf, None))
    if facts is None or time.monotonic() - told_at > FRESH_SECONDS:
        facts = await transparency.tell_facts(session, commissioner_id)
        kept[commissioner_id] = time.monotonic(), facts
    return facts


async def _council(session: AsyncSession, commissioner_id: str) -> tuple[Commissioner, LegalBasis]:
    commissioner = await session.get(Commissioner, parse_id(commissioner_id))
    law = await legal_basis.find_law(session, commissioner.id) if commissioner else None
    if commissioner is None or law is None:
        raise NotFoundError
    return commissioner, law


def _groups(by_group: Mapping[str, Sequence[Share]]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "shares": [{"name": _named(one.name), "percent": one.percent} for one in found],
        }
        for name, found in by_group.items()
        if found
    ]


def _columns(table: Any) -> list[str]:
    """Straight from the table as it is: a column that is added is told from that day on."""
    names = [one.name.removesuffix("_sealed") for one in table.__table__.columns]
    shown = [name for name in names if name not in WORKING and not name.endswith("_hash")]
    return [PLAIN.get(name) or name.replace("_", " ") for name in shown]


def _values(commissioner: Commissioner) -> list[dict[str, Any]]:
    policy = defaults_for(commissioner.policy)
    return [
        {
            "name": heading,
            "lines": [
                f"{LABELS[name]}: "
                + (f"{value}" if table == "waves" else f"£{in_whole_pounds(value)}")
                for name, value in policy[table].items()
                if name in LABELS
            ],
            "source": policy[table]["source"],
        }
        for table, heading in TABLES.items()
    ]


def _named(code: str) -> str:
    taxonomy = load_taxonomy()
    return taxonomy[code].label if code in taxonomy else LANGUAGES.get(code, code)


HANDLERS = [show_retention, show_privacy_notice, show_transparency]
