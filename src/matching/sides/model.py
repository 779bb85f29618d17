"""A problem with every rule, written as rows and columns for an integer programme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from matching.ids import Ids
from matching.network import pair_costs, split_households
from matching.problem import NO_LIMIT, Problem
from matching.tables import Bools, Ints

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Model:
    """Minimise `cost @ x + base` with `low <= rows @ x <= high`, x whole and within `least` and 1.

    The columns are the pairs, then for each support in `opened` whether it runs, then for each
    family in `charged` whether its surcharge is paid.

    Parameters
    ----------
    cost, least : ndarray, shape (columns,)
    rows : sparse array, shape (rows, columns)
    low, high : ndarray, shape (rows,)
    base : int
    pair, opened, charged : ndarray
        Positions in the problem.
    sections : dict of str to slice
        The rows of each kind: needs, supports, at_least, providers, families, funds, floors,
        surcharges, links, cover.
    row_of : dict of str to ndarray
        Of each kind, the position in the problem that each of its rows speaks of.
    """

    cost: Ints
    least: Ints
    rows: sparse.csr_array
    low: Floats
    high: Floats
    base: int
    pair: Ints
    opened: Ints
    charged: Ints
    sections: dict[str, slice]
    row_of: dict[str, Ints]


@dataclass(frozen=True, eq=False)
class _Block:
    """Some rows of one kind."""

    rows: sparse.csr_array
    low: Floats
    high: Floats
    of: Ints


def must_be_met(problem: Problem) -> Bools:
    """Say which needs must be met, by rule or because a pair stands."""
    return split_households(problem).must


def usable_pairs(problem: Problem) -> Ints:
    """Leave out what no plan can choose: rivals of fixed pairs, and pairs that never fit."""
    standing = np.zeros(len(problem.need_ids), dtype=bool)
    standing[problem.pair_need[problem.fixed_pairs]] = True
    fits = problem.pair_places <= problem.support_places[problem.pair_support]
    usable = fits & ~standing[problem.pair_need]
    usable[problem.fixed_pairs] = True
    return np.flatnonzero(usable)


def opened_supports(problem: Problem) -> Ints:
    """Give the supports that run or do not run as a whole."""
    return np.flatnonzero((problem.support_at_least > 1) | (problem.opening_cost > 0))


def build_model(
    problem: Problem,
    pair: Ints | None = None,
    *,
    standing: Ints | None = None,
    linked: Ints | None = None,
) -> Model:
    """Write a problem as rows and columns.

    Parameters
    ----------
    problem : Problem
    pair : ndarray, optional
        Positions of the pairs to keep; by default all that a plan can choose.
    standing : ndarray, optional
        Positions of pairs that must be chosen; by default the fixed ones.
    linked : ndarray, optional
        Positions of the pairs whose link is stated; by default all. It is implied for whole
        plans, and sharpens the relaxation.

    Returns
    -------
    Model
    """
    pair = usable_pairs(problem) if pair is None else pair
    standing = problem.fixed_pairs if standing is None else standing
    return _Builder(problem, pair, linked).build(standing)


class _Builder:
    def __init__(self, problem: Problem, pair: Ints, linked: Ints | None) -> None:
        self.problem, self.pair, self.linked = problem, pair, linked
        self.need, self.support = problem.pair_need[pair], problem.pair_support[pair]
        self.opened = opened_supports(problem)
        self.charged = np.flatnonzero(problem.none_met_cost > 0)
        self.columns = len(pair) + len(self.opened) + len(self.charged)

    def build(self, standing: Ints) -> Model:
        problem = self.problem
        blocks = {
            "needs": self._needs(),
            "supports": self._supports(),
            "at_least": self._at_least(),
            "providers": self._providers(),
            "families": self._families(),
            "funds": self._funds(),
            "floors": self._floors(),
            "surcharges": self._surcharges(),
            "links": self._links(),
            "cover": self._cover(),
        }
        ends = np.cumsum([len(block.of) for block in blocks.values()]).tolist()
        begins = [0, *ends[:-1]]
        saving = pair_costs(problem)[self.pair] - problem.unmet_cost[self.need]
        least = np.zeros(self.columns, dtype=np.int64)
        least[: len(self.pair)] = np.isin(self.pair, standing)
        return Model(
            cost=np.concatenate(
                [saving, problem.opening_cost[self.opened], problem.none_met_cost[self.charged]]
            ),
            least=least,
            rows=sparse.vstack([block.rows for block in blocks.values()], format="csr"),
            low=np.concatenate([block.low for block in blocks.values()]),
            high=np.concatenate([block.high for block in blocks.values()]),
            base=int(problem.unmet_cost.sum())
            + problem.stability_cost * len(problem.previous_pairs),
            pair=self.pair,
            opened=self.opened,
            charged=self.charged,
            sections={k: slice(b, e) for k, b, e in zip(blocks, begins, ends, strict=True)},
            row_of={kind: block.of for kind, block in blocks.items()},
        )

    def _needs(self) -> _Block:
        """At most one support a need, exactly one where it must be met."""
        count = len(self.problem.need_ids)
        rows = self._sum(self.need, np.ones_like(self.need), np.arange(count))
        return _Block(rows, _low(must_be_met(self.problem)), np.ones(count), np.arange(count))

    def _supports(self) -> _Block:
        """A support gives no more places than it has, and none while it does not run."""
        problem, kept = self.problem, np.arange(len(self.problem.support_ids))
        wanted = np.bincount(
            self.support, weights=problem.pair_places[self.pair], minlength=len(kept)
        )
        room = np.minimum(problem.support_places, wanted)
        rows = self._sum(self.support, problem.pair_places[self.pair], kept)
        rows = rows - self._running(room[self.opened].astype(np.int64), len(kept))
        high = room.copy()
        high[self.opened] = 0
        return _Block(rows, np.full(len(kept), -np.inf), high, kept)

    def _at_least(self) -> _Block:
        """A support that runs has at least so many needs."""
        problem = self.problem
        kept = np.flatnonzero(problem.support_at_least > 1)
        rows = self._sum(self.support, np.ones_like(self.support), kept)
        least = np.minimum(problem.support_at_least, len(problem.need_ids) + 1)
        running = self._running(least[self.opened], len(problem.support_ids))[kept]
        return _Block(rows - running, np.zeros(len(kept)), np.full(len(kept), np.inf), kept)

    def _providers(self) -> _Block:
        """A provider's supports together give no more places than it has."""
        of_pair = self.problem.support_provider[self.support]
        kept = np.flatnonzero(self.problem.provider_places < NO_LIMIT)
        rows = self._sum(of_pair, self.problem.pair_places[self.pair], kept)
        return _at_most(rows, self.problem.provider_places, kept)

    def _families(self) -> _Block:
        """A family has no more matches than it may."""
        kept = np.flatnonzero(self.problem.family_at_most < NO_LIMIT)
        of_pair = self.problem.need_family[self.need]
        rows = self._sum(of_pair, np.ones_like(self.need), kept)
        return _at_most(rows, self.problem.family_at_most, kept)

    def _funds(self) -> _Block:
        """A fund spends no more than its budget."""
        of_pair = self.problem.support_fund[self.support]
        kept = np.flatnonzero(self.problem.fund_budget < NO_LIMIT)
        rows = self._sum(of_pair, self.problem.pair_price[self.pair], kept)
        return _at_most(rows, self.problem.fund_budget, kept)

    def _floors(self) -> _Block:
        """A group has at least so many needs met."""
        kept = np.flatnonzero(self.problem.group_at_least > 0)
        rows = self._sum(self.problem.need_group[self.need], np.ones_like(self.need), kept)
        low = self.problem.group_at_least[kept].astype(np.float64)
        return _Block(rows, low, np.full(len(kept), np.inf), kept)

    def _surcharges(self) -> _Block:
        """A family with nothing pays its surcharge."""
        rows = self._sum(self.problem.need_family[self.need], np.ones_like(self.need), self.charged)
        at = np.arange(len(self.charged))
        column = len(self.pair) + len(self.opened) + at
        paid = sparse.csr_array((np.ones(len(at)), (at, column)), rows.shape)
        return _Block(rows + paid, np.ones(len(at)), np.full(len(at), np.inf), self.charged)

    def _links(self) -> _Block:
        """No need is met by a support that does not run."""
        place = np.full(len(self.problem.support_ids), -1, dtype=np.int64)
        place[self.opened] = np.arange(len(self.opened))
        linked = np.flatnonzero(place[self.support] >= 0)
        if self.linked is not None:
            linked = linked[np.isin(self.pair[linked], self.linked)]
        at = np.arange(len(linked))
        column = len(self.pair) + place[self.support[linked]]
        rows = sparse.csr_array(
            (
                np.concatenate([np.ones(len(at)), -np.ones(len(at))]),
                (np.concatenate([at, at]), np.concatenate([linked, column])),
            ),
            (len(at), self.columns),
        )
        of = self.pair[linked]
        return _Block(rows, np.full(len(at), -np.inf), np.zeros(len(at)), of)

    def _cover(self) -> _Block:
        """What runs has places for all that must be met: implied, but it sharpens the bound."""
        problem = self.problem
        must = must_be_met(problem)
        least = np.full(len(must), NO_LIMIT, dtype=np.int64)
        np.minimum.at(least, self.need, problem.pair_places[self.pair])
        always = np.setdiff1d(self.support, self.opened)
        wanted = int(least[must].sum()) - int(problem.support_places[always].sum())
        if not len(self.opened) or not 0 < wanted < NO_LIMIT:
            return _Block(
                sparse.csr_array((0, self.columns)), np.zeros(0), np.zeros(0), np.zeros(0, int)
            )
        column = len(self.pair) + np.arange(len(self.opened))
        places = np.minimum(problem.support_places[self.opened], wanted).astype(np.float64)
        row = sparse.csr_array((places, (np.zeros_like(column), column)), (1, self.columns))
        return _Block(row, np.array([float(wanted)]), np.array([np.inf]), np.zeros(1, int))

    def _sum(self, of_pair: Ints, amount: Ints, kept: Ints) -> sparse.csr_array:
        """Add an amount a pair up over whatever each pair belongs to."""
        size = max(int(of_pair.max(initial=-1)), int(kept.max(initial=-1))) + 1
        place = np.full(size + 1, -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        row = place[of_pair]
        at = np.flatnonzero(row >= 0)
        return sparse.csr_array(
            (amount[at].astype(np.float64), (row[at], at)), (len(kept), self.columns)
        )

    def _running(self, amount: Ints, supports: int) -> sparse.csr_array:
        column = len(self.pair) + np.arange(len(self.opened))
        return sparse.csr_array(
            (amount.astype(np.float64), (self.opened, column)), (supports, self.columns)
        )


def _low(must: Bools) -> Floats:
    return np.where(must, 1.0, -np.inf)


def _at_most(rows: sparse.csr_array, limit: Ints, kept: Ints) -> _Block:
    return _Block(rows, np.full(len(kept), -np.inf), limit[kept].astype(np.float64), kept)


def names_of(problem: Problem, kind: str) -> Ids:
    """Give the ids that the rows of a kind speak of."""
    return {
        "needs": problem.need_ids,
        "supports": problem.support_ids,
        "at_least": problem.support_ids,
        "providers": problem.provider_ids,
        "families": problem.family_ids,
        "funds": problem.fund_ids,
        "floors": problem.group_ids,
    }[kind]
