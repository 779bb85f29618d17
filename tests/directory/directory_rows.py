"""Invented providers at real postcodes, for the tests beside this file."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from directory.spreadsheets.evidence import EvidenceRow
from directory.spreadsheets.services import ServiceRow
from directory.spreadsheets.words import ANY_TIME

Row = TypeVar("Row", ServiceRow, EvidenceRow)

REACH_KM = {"charity": 15.0, "group": 8.0, "volunteer": 3.0}

FOOD_BANK = ServiceRow(
    provider_ref="larder",
    provider_name="The Riverside Larder",
    kind="charity",
    hosted_by=None,
    service_ref="meals",
    service_name="Hot meals",
    needs=("meals",),
    takes_level=2,
    places=10,
    price_pence=1250,
    family_pays_pence=0,
    effect=Decimal("0.35"),
    postcode="IP1 2DE",
    reach_metres=None,
    min_age=None,
    max_age=17,
    languages=("en", "pl"),
    days=("tue-am", "thu-eve"),
    access=("step-free",),
    starts_on=None,
    weeks=None,
    at_least=None,
    opening_cost_pence=0,
    standing_yes=False,
    contact_email="larder@example.org",
    contact_phone=None,
    charity_number="1123456",
    check_kind=None,
    check_seen_on=None,
    check_seen_by=None,
    recheck_by=None,
)
GRACE = replace(
    FOOD_BANK,
    provider_ref="grace",
    provider_name="Grace Invented",
    kind="volunteer",
    hosted_by="larder",
    service_ref="portions",
    service_name="Two extra portions",
    takes_level=1,
    places=2,
    price_pence=0,
    effect=None,
    postcode="IP4 2AB",
    contact_email=None,
    contact_phone="+441473000000",
    charity_number=None,
    check_kind="basic",
    check_seen_on=date(2026, 1, 15),
    check_seen_by="Sam Invented",
    recheck_by=date(2099, 1, 15),
)
ADVICE_LINE = replace(
    FOOD_BANK,
    provider_ref="line",
    provider_name="The Money Line",
    kind="digital",
    service_ref="chat",
    service_name="Chat about money",
    needs=("debt-advice", "meals"),
    places=None,
    postcode=None,
    days=ANY_TIME,
)


def like(row: Row, **changes: Any) -> Row:
    return replace(row, **changes)
