"""Holds what a source told, checked and out of memory, until all of it is known to be whole."""

import datetime as dt
import re
from collections.abc import Iterator
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, Self
from uuid import UUID

import msgspec

from directory.open_referral.checking import check, without_null
from directory.open_referral.faults import BrokenFeedError, FieldFault, NotAllowedError

Json = dict[str, Any]

MOST_SERVICES = 1_000_000
MOST_FAULTS = 1_000
BATCH = 1_000
VERSION = re.compile(r"(HSDS-)?(UK-)?3\.[0-9]+(\.[0-9]+)?")
NOT_TEXT = b"\\u0000"


class Spool:
    """Services with their organisations; a context manager that leaves no file behind."""

    def __init__(self) -> None:
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed in `__exit__`
        self._organizations: dict[str, Json] = {}
        self._with_places: set[str] = set()
        self._without_organization: dict[str, str] = {}
        self.ids: set[UUID] = set()
        self.faults: list[FieldFault] = []
        self.newest_at: dt.datetime | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, kind: str, thing: Any, *, what: str = "") -> None:
        """Take one thing; what is neither a service nor an organisation is only checked."""
        name = what or _name(kind, thing)
        found = list(check(kind, thing, what=name))
        if NOT_TEXT in msgspec.json.encode(thing):
            found.append(FieldFault(name, kind, "take out the hidden character (NUL)."))
        self.faults.extend(found)
        if len(self.faults) > MOST_FAULTS:
            raise NotAllowedError(self.faults)
        if found:
            return
        if kind == "service":
            self._add_service(without_null(thing), name)
        elif kind == "organization":
            self._add_organization(without_null(thing))

    def add_details(self, told: Any) -> None:
        """Look at what a feed says of itself before anything else is asked of it."""
        self.add("api_details", told, what="The feed's first page")
        self.raise_faults()
        if not VERSION.fullmatch(told["version"]):
            raise BrokenFeedError(f"It speaks “{told['version']}”; we read HSDS-UK-3.0.")

    def finish(self, *, may_be_empty: bool = False) -> None:
        """Raise what was found; only now may anything be taken."""
        for id_, name in self._without_organization.items():
            if id_ not in self._organizations:
                advice = "this is missing: say whose service it is."
                self.faults.append(FieldFault(name, "organization", advice))
        self.raise_faults()
        if not (self.ids or may_be_empty):
            raise BrokenFeedError("There is no service in it.")

    def raise_faults(self) -> None:
        if self.faults:
            raise NotAllowedError(self.faults)

    def batches(self) -> Iterator[list[Json]]:
        self._file.seek(0)
        batch = []
        for line in self._file:
            service = msgspec.json.decode(line)
            service["organization"] = self._organizations[service.pop("organization_id")]
            batch.append(service)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def is_digital(self, organization_id: str) -> bool:
        """Say whether nothing of the organisation has a place."""
        return organization_id not in self._with_places

    def _add_service(self, service: Json, name: str) -> None:
        id_ = UUID(service["id"])
        if id_ in self.ids:
            raise BrokenFeedError(f"It tells {name} twice.")
        if len(self.ids) == MOST_SERVICES:
            raise BrokenFeedError(f"It has more than {MOST_SERVICES:,} services.")
        self.ids.add(id_)
        organization = service.pop("organization", None)
        if organization is not None:
            self._add_organization(organization)
            service["organization_id"] = organization["id"]
        elif service.get("organization_id") not in self._organizations:
            missing = str(service.setdefault("organization_id", service["id"]))
            self._without_organization[missing] = name
        if _has_place(service):
            self._with_places.add(service["organization_id"])
        if changed := service.get("last_modified"):
            self._note_newest(changed)
        self._file.write(msgspec.json.encode(service) + b"\n")

    def _add_organization(self, organization: Json) -> None:
        organization.pop("services", None)
        known = self._organizations.get(organization["id"], {})
        # A row of a list tells less of it than its own page does.
        self._organizations[organization["id"]] = known | organization

    def _note_newest(self, text: str) -> None:
        moment = dt.datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        self.newest_at = max(aware, self.newest_at or aware)


def _name(kind: str, thing: Any) -> str:
    id_ = thing.get("id") if isinstance(thing, dict) else None
    return f"{kind} {id_ or 'without id'}"


def _has_place(service: Json) -> bool:
    places = service.get("service_at_locations", [])
    kinds = {place.get("location", {}).get("location_type") for place in places}
    return kinds != {"virtual"}
