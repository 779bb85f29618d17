"""Which rule stood between a need and the intakes that would help with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.circumstances import Families, Intakes, Needs, Policy, Refusals
from matching.rules import RULES, Block, blocks
from matching.tables import Ints

#: Pairs looked at in one piece, with every rule: some tens of megabytes.
PIECE = 1_000_000


@dataclass(frozen=True, eq=False)
class RuleCounts:
    """Which rule kept how many intakes from each of some needs.

    Parameters
    ----------
    need : ndarray of int, shape (asked,)
    helping : ndarray of int, shape (asked,)
        Intakes that help with such a need at all.
    suitable : ndarray of int, shape (asked,)
    rules : tuple of str
    removed : ndarray of int, shape (asked, rules)
        Intakes that break the rule.
    alone : ndarray of int, shape (asked, rules)
        Intakes that break this rule and no other: the last one standing in the way.
    """

    need: Ints
    helping: Ints
    suitable: Ints
    rules: tuple[str, ...]
    removed: Ints
    alone: Ints


def count_rules(
    families: Families,
    needs: Needs,
    intakes: Intakes,
    policy: Policy,
    refusals: Refusals,
    *,
    asked: Ints,
) -> RuleCounts:
    """Count, for some needs, which rule stood between them and the intakes that would help.

    Parameters
    ----------
    families : Families
    needs : Needs
    intakes : Intakes
    policy : Policy
    refusals : Refusals
    asked : ndarray of int
        Positions of needs.

    Returns
    -------
    RuleCounts
        In the order asked.
    """
    asked = np.asarray(asked, dtype=np.int64)
    each, row = np.unique(asked, return_inverse=True)
    counts = RuleCounts(
        need=asked,
        helping=np.zeros(len(each), dtype=np.int64),
        suitable=np.zeros(len(each), dtype=np.int64),
        rules=RULES,
        removed=np.zeros((len(each), len(RULES)), dtype=np.int64),
        alone=np.zeros((len(each), len(RULES)), dtype=np.int64),
    )
    pieces = blocks(families, needs, intakes, policy, refusals, asked=each, piece=PIECE)
    for block in pieces:
        _count_block(block, counts, np.searchsorted(each, block.need))
    return RuleCounts(
        asked, counts.helping[row], counts.suitable[row], RULES,
        counts.removed[row], counts.alone[row],
    )  # fmt: skip


def _count_block(block: Block, counts: RuleCounts, at: Ints) -> None:
    broken = [~block.holds(rule) for rule in RULES]
    times = np.zeros((len(block.need), len(block.intake)), dtype=np.int8)
    for breaks in broken:
        times += breaks
    once = times == 1
    counts.helping[at] = len(block.intake)
    counts.suitable[at] = (times == 0).sum(axis=1)
    for rule, breaks in enumerate(broken):
        counts.removed[at, rule] = breaks.sum(axis=1)
        counts.alone[at, rule] = (breaks & once).sum(axis=1)
