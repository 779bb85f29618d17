"""A service as the feed may tell it: everything the writer needs, and nothing it must not know."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOrganization:
    id: UUID
    name: str
    description: str | None
    website: str | None
    email: str | None
    phone: str | None
    charity_number: str | None
    modified_at: dt.datetime
    open_referral: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedIntake:
    """`left` None is unlimited; `places` is what there would be if nobody had come."""

    id: UUID
    starts_on: dt.date | None
    places: int | None
    left: int | None
    pays_pence: int
    modified_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPlace:
    """A place by its id; `described` is what a feed said of it, `area` all that may be told."""

    id: UUID
    described: Json = field(default_factory=dict)
    area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedService:
    id: UUID
    organization: ListedOrganization
    name: str
    description: str | None
    url: str | None = None
    email: str | None = None
    phone: str | None = None
    needs: Sequence[str]
    days: Sequence[str]
    min_age: int | None
    max_age: int | None
    languages: Sequence[str]
    access: Sequence[str] = ()
    venue: str | None = None
    postcode: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    country: str | None = None
    modified_at: dt.datetime
    intakes: Sequence[ListedIntake]
    places: Sequence[ListedPlace]
    open_referral: Json
