"""Who pays for which pair: each pair once for every purse that may, so that the engine chooses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from marketplace.worker.limits import Limits, Purse
from matching import suitability as s

FREE = -1


@dataclass(frozen=True)
class Payable:
    """Pairs that can be paid: `row` in the pairs, `purse` or `FREE`; a pair may stand repeatedly.

    `left_pence`: what the purses that may run dry have left, by their position; the others are
    without limit. `unpaid`: by need, how many suitable pairs nobody may pay for.
    """

    row: Any
    purse: Any
    left_pence: dict[int, int]
    unpaid: Any


def find_payers(pairs: s.Pairs, limits: Limits, *, needs: int) -> Payable:
    rows = np.arange(len(pairs.need))
    if limits.purses is None:
        nobody = np.zeros(needs, dtype=np.int64)
        return Payable(rows, np.full(len(rows), FREE), {}, nobody)
    may = np.array([_may_pay(one, pairs) for one in limits.purses], bool)
    may = may.reshape(len(limits.purses), len(rows))
    for group in _groups(limits):
        _choose_one(may, np.flatnonzero(pairs.intake == group), limits.purses)
    ample = np.array(
        [_is_ample(one, of, pairs, needs) for one, of in zip(limits.purses, may, strict=True)], bool
    )
    _spare_others(may, ample)
    purse, row = np.nonzero(may)
    free = np.flatnonzero(pairs.price_pence == 0)
    unpaid = (pairs.price_pence > 0) & ~may.any(axis=0)
    return Payable(
        row=np.concatenate([free, row]),
        purse=np.concatenate([np.full(len(free), FREE), purse]),
        left_pence={
            at: one.left_pence
            for at, one in enumerate(limits.purses)
            if not ample[at] and may[at].any()
        },
        unpaid=np.bincount(pairs.need[unpaid], minlength=needs),
    )


def _may_pay(purse: Purse, pairs: s.Pairs) -> Any:
    fits = purse.needs[pairs.need] & purse.intakes[pairs.intake]
    return fits & (pairs.price_pence > 0) & (pairs.price_pence <= purse.left_pence)


def _groups(limits: Limits) -> list[int]:
    """Groups must not be counted in parts, so one purse pays for all of a group."""
    sizes = zip(limits.at_least, limits.opening_pence, strict=True)
    return [at for at, (least, opening) in enumerate(sizes) if least > 1 or opening]


def _choose_one(may: Any, rows: Any, purses: Sequence[Purse]) -> None:
    """The purse that may pay for most of the group's pairs; among equals, the one with most."""
    if not len(rows) or not len(purses):
        return
    counts = may[:, rows].sum(axis=1).tolist()
    best = max(range(len(purses)), key=lambda at: (counts[at], purses[at].left_pence, -at))
    others = np.arange(len(purses)) != best
    may[np.ix_(others, rows)] = False


def _is_ample(purse: Purse, may: Any, pairs: s.Pairs, needs: int) -> bool:
    """It could pay the dearest pair of every need, so it can never run dry."""
    dearest = np.zeros(needs, dtype=np.int64)
    np.maximum.at(dearest, pairs.need[may], pairs.price_pence[may])
    return bool(dearest.sum() <= purse.left_pence)


def _spare_others(may: Any, ample: Any) -> None:
    """Where a purse that never runs dry may pay, no other is asked: the engine has less to weigh.

    Money for particular things is still spent first: `settle_payers` sees to it afterwards.
    """
    seen = np.zeros(may.shape[1], bool)
    for at in np.flatnonzero(ample):
        may[at] &= ~seen
        seen |= may[at]
    may[~ample] &= ~seen


def settle_payers(limits: Limits, *, need: Any, intake: Any, price: Any, purse: Any) -> list[int]:
    """Move what was bought to the most particular purse that may pay and has money left."""
    settled: list[int] = purse.tolist()
    purses = limits.purses or ()
    left = [one.left_pence for one in purses]
    for at, pence in zip(settled, price.tolist(), strict=True):
        if at != FREE:
            left[at] -= pence
    for row, (one, there, pence) in enumerate(
        zip(need.tolist(), intake.tolist(), price.tolist(), strict=True)
    ):
        for at in range(settled[row]):
            fits = purses[at].needs[one] and purses[at].intakes[there]
            if fits and left[at] >= pence:
                left[settled[row]] += pence
                left[at] -= pence
                settled[row] = at
                break
    return settled
