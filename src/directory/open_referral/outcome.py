"""What an import would change or has changed, for the person who brings it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_NAMED = 20


@dataclass
class Outcome:
    organizations_added: int = 0
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    corrected_here: list[str] = field(default_factory=list)
    not_theirs: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    closed: int = 0
    without_need: int = 0
    unknown_postcodes: Counter[str] = field(default_factory=Counter)
    unmatched_terms: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        yield f"New organisations: {self.organizations_added:,}"
        yield from _named("Services added", self.added)
        yield from _named("Services changed", self.changed)
        yield f"Services as they were: {self.unchanged:,}"
        yield from _named("Left as they were corrected here", self.corrected_here)
        yield from _named("Left, since they are not this source's", self.not_theirs)
        yield from _named("Gone from the source, so hidden", self.gone)
        yield f"Closed, so hidden: {self.closed:,}"
        yield f"Found by their words, and helping with no need that we know: {self.without_need:,}"
        yield from _counted("Terms that are none of our needs", self.unmatched_terms)
        yield from _counted("Postcodes that we do not know", self.unknown_postcodes)


def _named(title: str, names: list[str]) -> Iterator[str]:
    yield f"{title}: {len(names):,}"
    yield from (f"  {name}" for name in names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        yield f"  and {len(names) - MOST_NAMED:,} more"


def _counted(title: str, counts: Counter[str]) -> Iterator[str]:
    if counts:
        most = ", ".join(f"{name} ({count:,})" for name, count in counts.most_common(MOST_NAMED))
        yield f"{title}: {len(counts):,}. {most}"
