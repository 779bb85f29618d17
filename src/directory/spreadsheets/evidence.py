from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from directory.spreadsheets import cells, words
from directory.spreadsheets.report import Fault, Report
from directory.spreadsheets.table import Column, TableRow, find_repeats, read_table

EFFECTS = ("effect_low", "effect_central", "effect_high")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    need: str
    kind: words.Kind
    level: int
    effect_low: Decimal
    effect_central: Decimal
    effect_high: Decimal
    source: str
    year: int


def read_evidence(data: bytes, *, taxonomy: Collection[str]) -> Report[EvidenceRow]:
    columns = {
        "need": Column(read=cells.code_from(taxonomy), required=True),
        "kind": Column(read=cells.one_of(*words.KINDS), required=True),
        "level": Column(read=cells.whole_number(low=1, high=3), required=True),
        **{name: Column(read=cells.share, required=True) for name in EFFECTS},
        "source": Column(read=cells.text(longest=500), required=True),
        "year": Column(read=cells.whole_number(low=1950, high=2100), required=True),
    }
    return read_table(data, columns=columns, row_type=EvidenceRow, check=_check)


def _check(rows: Sequence[TableRow]) -> Iterator[Fault]:
    yield from find_repeats(rows, ("need", "kind", "level"))
    for row in rows:
        effects = [row.values[name] for name in EFFECTS if name in row.values]
        if effects != sorted(effects):
            yield row.fault(
                "effect_central", "put the three in order: effect_low, effect_central, effect_high."
            )
