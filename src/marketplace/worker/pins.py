"""Pins that can be obeyed, in the order they were made; of the others it is said why not."""

from dataclasses import dataclass

import numpy as np

from marketplace.worker.limits import Places
from marketplace.worker.planning import Tables
from matching import suitability as s


@dataclass(frozen=True)
class Pins:
    kept: Places
    dropped: list[tuple[tuple[int, int], str]]

    def without(self, needs: set[int]) -> "Pins":
        """Drop what cannot stand together, as the engine found."""
        gone = [(pin, "conflict") for pin in self.kept if pin[0] in needs]
        return Pins([pin for pin in self.kept if pin[0] not in needs], [*self.dropped, *gone])


def sort_pins(tables: Tables, pairs: s.Pairs) -> Pins:
    """A trial's pin comes first: its price is asked for, whatever else stands."""
    limits = tables.limits
    room, sums = list(limits.places), _Purses(tables)
    kept: Places = []
    dropped = []
    taken = set()
    for need, intake in [*limits.trial_pins, *limits.pins]:
        rows = np.flatnonzero((pairs.need == need) & (pairs.intake == intake))
        if need in taken:
            continue
        if not len(rows):
            why = "not_suitable"
        elif pairs.places[rows[0]] > room[intake]:
            why = "no_place"
        elif not sums.pay(need, intake, int(pairs.price_pence[rows[0]])):
            why = "no_fund"
        else:
            room[intake] -= int(pairs.places[rows[0]])
            kept.append((need, intake))
            taken.add(need)
            continue
        dropped.append(((need, intake), why))
    return Pins(kept, dropped)


class _Purses:
    """What pins leave in each purse."""

    def __init__(self, tables: Tables) -> None:
        self.purses = tables.limits.purses
        self.left = [one.left_pence for one in self.purses or ()]

    def pay(self, need: int, intake: int, pence: int) -> bool:
        if self.purses is None or pence == 0:
            return True
        for at, one in enumerate(self.purses):
            if one.needs[need] and one.intakes[intake] and self.left[at] >= pence:
                self.left[at] -= pence
                return True
        return False
