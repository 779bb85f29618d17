import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from directory.spreadsheets import cells, words
from directory.spreadsheets.places import postcode
from directory.spreadsheets.report import Fault, Report
from directory.spreadsheets.table import (
    Column,
    TableRow,
    find_disagreements,
    find_repeats,
    read_table,
)

CheckKind = Literal["none", "basic", "enhanced", "barred-list"]

OLDEST_AGE = 25  # an Education, Health and Care plan may last until then
# England and Wales, Scotland, Northern Ireland; a linked charity has a suffix
CHARITY_NUMBER = re.compile(r"(SC[0-9]{6}|(NIC ?)?[0-9]{6,7})(-[0-9]{1,3})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    provider_ref: str
    provider_name: str
    kind: words.Kind
    hosted_by: str | None
    service_ref: str
    service_name: str
    needs: tuple[str, ...]
    takes_level: int
    places: int | None  # None: a digital service without a limit
    price_pence: int
    family_pays_pence: int
    effect: Decimal | None
    postcode: str | None
    reach_metres: int | None
    min_age: int | None
    max_age: int | None
    languages: tuple[str, ...]
    days: tuple[str, ...]
    access: tuple[str, ...]
    starts_on: date | None
    weeks: int | None
    at_least: int | None
    opening_cost_pence: int
    standing_yes: bool
    contact_email: str | None
    contact_phone: str | None
    charity_number: str | None
    check_kind: CheckKind | None
    check_seen_on: date | None
    check_seen_by: str | None
    recheck_by: date | None

    def is_never_matched(self, today: date) -> bool:
        """Say so when a check is blank or past: a normal state, which matches nobody."""
        check = (self.check_kind, self.check_seen_on, self.check_seen_by, self.recheck_by)
        # others may work without children; once they show a check, it has to hold
        if self.kind != "volunteer" and not any(check):
            return False
        return None in check or (self.recheck_by is not None and self.recheck_by < today)


def read_services(
    data: bytes,
    *,
    taxonomy: Collection[str],
    today: date,
    known_providers: Collection[str] = frozenset(),
) -> Report[ServiceRow]:
    columns = _columns(taxonomy=taxonomy, today=today)

    def check(rows: Sequence[TableRow]) -> Iterator[Fault]:
        yield from find_repeats(rows, ("provider_ref", "service_ref", "starts_on"))
        yield from find_disagreements(
            rows, key="provider_ref", columns=columns, names=("provider_name", "kind", "hosted_by")
        )
        yield from _find_unknown_hosts(rows, known_providers=known_providers)
        for row in rows:
            yield from _check_row(row)

    report = read_table(data, columns=columns, row_type=_build, check=check)
    return report.with_warnings(_find_never_matched(report, today=today))


def _columns(*, taxonomy: Collection[str], today: date) -> Mapping[str, Column]:
    name = cells.text(longest=200)
    reference = cells.text(longest=100)
    age = cells.whole_number(low=0, high=OLDEST_AGE)
    return {
        "provider_ref": Column(read=reference, required=True),
        "provider_name": Column(read=name, required=True),
        "kind": Column(read=cells.one_of(*words.KINDS), required=True),
        "hosted_by": Column(read=reference),
        "service_ref": Column(read=reference, required=True),
        "service_name": Column(read=name, required=True),
        "needs": Column(read=cells.list_of(cells.code_from(taxonomy)), required=True),
        "takes_level": Column(read=cells.whole_number(low=1, high=3), default=1),
        "places": Column(read=_places, required=True),
        "price": Column(read=cells.pence, default=0, field="price_pence"),
        "family_pays": Column(read=cells.pence, default=0, field="family_pays_pence"),
        "effect": Column(read=cells.share),
        "postcode": Column(read=postcode),
        "reach_km": Column(read=cells.metres, field="reach_metres"),
        "min_age": Column(read=age),
        "max_age": Column(read=age),
        "languages": Column(read=words.languages, default=("en",)),
        "days": Column(read=words.times, default=words.ANY_TIME),
        "access": Column(read=words.access, default=()),
        "starts_on": Column(read=cells.day),
        "weeks": Column(read=cells.whole_number(low=1, high=520)),
        "at_least": Column(read=cells.whole_number(low=1, high=100_000)),
        "opening_cost": Column(read=cells.pence, default=0, field="opening_cost_pence"),
        "standing_yes": Column(read=cells.yes_or_no),
        "contact_email": Column(read=cells.email),
        "contact_phone": Column(read=cells.uk_telephone),
        "charity_number": Column(read=charity_number),
        "check_kind": Column(read=cells.one_of("none", "basic", "enhanced", "barred-list")),
        "check_seen_on": Column(read=cells.day_not_after(today)),
        "check_seen_by": Column(read=name),
        "recheck_by": Column(read=cells.day),
    }


def _places(cell: str) -> int | None:
    if cell.lower() == "unlimited":
        return None
    if re.fullmatch("[0-9]{1,6}", cell):
        return int(cell)
    raise cells.CellFault("give a whole number of places, such as 12 (digital: or unlimited).")


def charity_number(cell: str) -> str:
    if CHARITY_NUMBER.fullmatch(cell):
        return cell.upper()
    raise cells.CellFault("give the register number, such as 1123456, SC012345 or NIC101234.")


def _build(**values: Any) -> ServiceRow:
    if values["standing_yes"] is None:
        values["standing_yes"] = _says_yes_by_itself(values)
    return ServiceRow(**values)


def _says_yes_by_itself(values: Mapping[str, Any]) -> bool:
    """Fill groups and courses whoever comes, but always ask a volunteer."""
    is_course = values["starts_on"] is not None and values["weeks"] is not None
    return values["kind"] == "group" or (is_course and values["kind"] != "volunteer")


def _find_unknown_hosts(
    rows: Sequence[TableRow], *, known_providers: Collection[str]
) -> Iterator[Fault]:
    kinds = {row.values.get("provider_ref"): row.values.get("kind") for row in rows}
    for row in rows:
        host = row.values.get("hosted_by")
        if host is None:
            continue
        if kinds.get(host) == "volunteer":
            yield row.fault(
                "hosted_by", "this is a volunteer. Give the provider that answers for them."
            )
        elif host not in kinds and host not in known_providers:
            yield row.fault(
                "hosted_by",
                "no provider with this reference is in the file or the directory. "
                "Correct it, or add a row for that provider.",
            )


def _check_row(row: TableRow) -> Iterator[Fault]:
    values = row.values
    kind = values.get("kind")
    if kind == "volunteer" and row.lacks("hosted_by"):
        yield row.fault(
            "hosted_by", "a volunteer needs a host. Give the provider_ref that answers for them."
        )
    if kind not in {None, "digital"} and row.lacks("postcode"):
        yield row.fault(
            "postcode", "give the postcode where it happens, or where the volunteer starts from."
        )
    if kind not in {None, "digital"} and values.get("places", 0) is None:
        yield row.fault("places", "only a digital service is unlimited. Give a whole number.")
    if {"contact_email", "contact_phone"} <= values.keys() and not (
        values["contact_email"] or values["contact_phone"]
    ):
        yield row.fault("contact_email", "give contact_email or contact_phone: who claims?")
    yield from _check_limits(row)


def _check_limits(row: TableRow) -> Iterator[Fault]:
    youngest, oldest = row.values.get("min_age"), row.values.get("max_age")
    if youngest is not None and oldest is not None and youngest > oldest:
        yield row.fault("max_age", f"this is below min_age {youngest}. Put the higher age here.")
    at_least, places = row.values.get("at_least"), row.values.get("places")
    if at_least is not None and places is not None and at_least > places:
        yield row.fault(
            "at_least", f"it could never run: there are only {places} places. Lower this."
        )


def _find_never_matched(report: Report[ServiceRow], *, today: date) -> Iterator[Fault]:
    for number, row in report.good.items():
        if row.is_never_matched(today):
            until = row.recheck_by.isoformat() if row.recheck_by else ""
            advice = (
                f"{row.provider_name} is matched with nobody until check_kind, check_seen_on, "
                "check_seen_by and recheck_by are filled in and recheck_by is not past."
            )
            yield Fault(number, "recheck_by", until, advice)
