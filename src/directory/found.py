"""What a search shows of each service: plain words, and of a volunteer only what may be known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from directory.distances import say_band, say_miles, walked_kilometres
from directory.geocoding import Place, place_on_map
from directory.spreadsheets.words import WEEKDAYS
from directory.taxonomy import load_taxonomy

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    service_id: UUID
    provider_name: str
    service_name: str
    helps_with: tuple[str, ...]
    outward: str | None
    # Where it stands on a map: for some only the middle of an area. None is online or unknown.
    easting: float | None
    northing: float | None
    distance: str
    days: str
    price: str
    places: str
    phone: str | None
    email: str | None
    confirmed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """One service as the query gives it; `easting` None is a service without a place."""

    service_id: UUID
    kind: str
    is_approximate: bool
    provider_name: str
    host_id: UUID | None
    host_name: str | None
    phone: str | None
    email: str | None
    service_name: str | None
    needs: Sequence[str]
    days: Sequence[str]
    outward: str | None
    easting: float | None
    northing: float | None
    places_left: int | None
    lowest_price_pence: int
    highest_price_pence: int
    confirmed_at: datetime

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> "FoundRow":
        return cls(**{field.name: row[field.name] for field in fields(cls)})

    @property
    def is_volunteer(self) -> bool:
        return self.kind == "volunteer"

    @property
    def public_needs(self) -> list[str]:
        """Leave out what is never a volunteer's."""
        terms = load_taxonomy()
        known = [code for code in self.needs if code in terms]
        return [code for code in known if not (self.is_volunteer and terms[code].sensitive)]

    @property
    def labels(self) -> list[str]:
        return [load_taxonomy()[code].label for code in self.public_needs]

    @property
    def public_provider(self) -> str:
        return self.host_name or "" if self.is_volunteer else self.provider_name

    @property
    def public_name(self) -> str:
        """Fall back on the kinds of help where the name would say who the volunteer is."""
        return self.service_name or ", ".join(self.labels)


def show(rows: Iterable[FoundRow], *, near: Place) -> Iterator[Found]:
    groups = list(_shown_as_one(rows))
    standing = [
        (str(row.service_id), row.outward or "", row.easting, row.northing)
        for row, *_ in groups
        if row.easting is not None and row.northing is not None
    ]
    # All at once: each call to turn grid metres into degrees has a price of its own.
    places = place_on_map(standing)
    for group in groups:
        there = places.get(str(group[0].service_id))
        yield _found(group, distance=_say_distance(group[0], near, there))


def _shown_as_one(rows: Iterable[FoundRow]) -> Iterable[list[FoundRow]]:
    """Put the volunteers of one host together, where the first of them stands."""
    groups: dict[tuple[UUID | None, str], list[FoundRow]] = {}
    for row in rows:
        key = (row.host_id, row.public_name) if row.is_volunteer else (row.service_id, "")
        groups.setdefault(key, []).append(row)
    return groups.values()


def _found(group: Sequence[FoundRow], *, distance: str) -> Found:
    nearest = group[0]
    return Found(
        service_id=nearest.service_id,
        provider_name=nearest.public_provider,
        service_name=nearest.public_name,
        helps_with=tuple(dict.fromkeys(label for row in group for label in row.labels)),
        outward=nearest.outward if nearest.easting is not None else None,
        easting=nearest.easting,
        northing=nearest.northing,
        distance=distance,
        days=say_days({time for row in group for time in row.days}),
        price=say_price(
            min(row.lowest_price_pence for row in group),
            max(row.highest_price_pence for row in group),
        ),
        places=say_places([row.places_left for row in group]),
        phone=nearest.phone,
        email=nearest.email,
        confirmed_on=min(row.confirmed_at for row in group).date(),
    )


def _say_distance(row: FoundRow, near: Place, there: Place | None) -> str:
    if there is None:
        return "online or by phone" if row.kind == "digital" else "ask where it is"
    if row.is_approximate and row.outward == near.outward:
        return "in your area"
    kilometres = walked_kilometres(near, there)
    return say_band(kilometres) if row.is_approximate else say_miles(kilometres)


def say_days(times: Iterable[str]) -> str:
    given = {time.partition("-")[0] for time in times}
    names = [name for day, name in zip(WEEKDAYS, DAY_NAMES, strict=True) if day in given]
    if len(names) == len(DAY_NAMES):
        return "Any day"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def say_price(lowest_pence: int, highest_pence: int) -> str:
    if highest_pence == 0:
        return "Free"
    if lowest_pence == 0:
        return "Some places are free"
    pounds, pence = divmod(lowest_pence, 100)
    price = f"£{pounds:,}.{pence:02}" if pence else f"£{pounds:,}"
    return price if lowest_pence == highest_pence else f"From {price}"


def say_places(left: Sequence[int | None]) -> str:
    limited = [places for places in left if places is not None]
    if len(limited) < len(left):
        return "Open to everyone"
    total = sum(limited)
    return "1 place left" if total == 1 else f"{total:,} places left"
