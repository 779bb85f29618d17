import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Term:
    code: str
    label: str
    plain: str
    synonyms: tuple[str, ...]
    parent: str
    # Never messaged automatically, never given to a volunteer.
    sensitive: bool
    # The same in the Department for Education's family hubs' list of services, by name.
    dfe_terms: tuple[str, ...]


# Whoever looks for somebody who fled must not find the door here.
SECRET_PLACES = frozenset({"domestic-abuse"})
# Where food is handed over, so that somebody has to ask about allergens and diet before.
FOOD = frozenset({"meals", "essentials"})


def is_place_secret(needs: Iterable[str]) -> bool:
    """What a service in a council's file is taken for until its provider says otherwise.

    What a public feed tells is known to everybody already.
    """
    return not SECRET_PLACES.isdisjoint(needs)


@cache
def load_taxonomy() -> Mapping[str, Term]:
    text = files("directory").joinpath("taxonomy.csv").read_text(encoding="utf-8")
    return MappingProxyType(
        {row["code"]: _read_term(row) for row in csv.DictReader(text.splitlines())}
    )


def _read_term(row: dict[str, str]) -> Term:
    return Term(
        code=row["code"],
        label=row["label"],
        plain=row["plain"],
        synonyms=tuple(row["synonyms"].split(";")),
        parent=row["parent"],
        sensitive={"yes": True, "no": False}[row["sensitive"]],
        dfe_terms=tuple(filter(None, row["dfe_terms"].split(";"))),
    )
