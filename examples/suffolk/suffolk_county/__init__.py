"""An example county: invented families and providers at real Suffolk postcodes."""

import csv
import io
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from .awkward import list_awkward_families, list_awkward_intakes
from .drawing import County, Row
from .evidence import list_evidence
from .families import draw_families, name_workers
from .ground import load_spots, spots_near_places
from .providers import draw_providers

HERE = Path(__file__).resolve().parent
COMMITTED_DAY = date(2026, 11, 22)
SEED = 1977


def to_csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def make_county(*, today: date = COMMITTED_DAY) -> dict[str, bytes]:
    words = tomllib.loads((HERE / "county.toml").read_text(encoding="utf-8"))
    awkward = tomllib.loads((HERE / "awkward.toml").read_text(encoding="utf-8"))
    columns = words["columns"]
    spots = load_spots()
    county = County(
        words=words,
        spots=spots,
        near=spots_near_places(words["places"], spots),
        # Whole weeks, so that a Tuesday stays a Tuesday.
        today=COMMITTED_DAY + timedelta(weeks=(today - COMMITTED_DAY).days // 7),
        dice=Random(SEED),
    )
    needs, contacts = draw_families(county)
    # Dice of their own: another provider changes no family.
    services = draw_providers(replace(county, dice=Random(SEED + 1)))
    awkward_needs, awkward_contacts = list_awkward_families(county, awkward["families"])
    services += list_awkward_intakes(county, awkward["intakes"])
    needs += awkward_needs
    name_workers(replace(county, dice=Random(SEED + 2)), needs)
    return {
        "needs.csv": to_csv(columns["needs"], needs),
        "contacts.csv": to_csv(columns["contacts"], contacts + awkward_contacts),
        "services.csv": to_csv(columns["services"], services),
        "evidence.csv": to_csv(columns["evidence"], list_evidence(county, services)),
    }
