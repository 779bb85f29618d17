"""Why there is no plan: a smallest set of facts that cannot stand together."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from scipy import optimize, sparse

from matching.problem import Problem
from matching.sides.model import Floats, Model, build_model, names_of
from matching.tables import Bools, Ints

#: Kinds of rows that state a fact somebody entered, and the table it stands in.
_TABLES = {
    "needs": "needs",
    "supports": "supports",
    "at_least": "supports",
    "providers": "providers",
    "families": "families",
    "funds": "funds",
    "floors": "floors",
}
#: Below this a rule counts as kept.
_NOTHING = 1e-6

Fact = tuple[str, str]


@dataclass(frozen=True, eq=False)
class _Facts:
    """The facts, and which one each row needs to hold; -1 where a row always holds."""

    names: tuple[Fact, ...]
    of_row: Ints
    model: Model


def find_conflict(problem: Problem, *, seconds: float | None = None) -> tuple[Fact, ...]:
    """Find facts that cannot stand together, none of which could be spared.

    A linear relaxation that may break rules at a price names the rules it must break; where it
    need not, all facts are suspects. Then a deletion filter (Chinneck 2008, chapter 6) drops
    them in chunks, for as long as what is left still has no plan.

    Parameters
    ----------
    problem : Problem
        Without a plan.
    seconds : float, optional
        When they are over, what is left is returned, though some of it may be spared.

    Returns
    -------
    tuple of (table, id)
        Sorted. A fixed pair is named by its need.
    """
    end = perf_counter() + seconds if seconds is not None else float("inf")
    facts = _state_facts(problem)
    suspects = _suspects(facts)
    chunk = max(1, len(suspects) // 2)
    while chunk and perf_counter() < end:
        begin = 0
        while begin < len(suspects) and perf_counter() < end:
            rest = np.delete(suspects, slice(begin, begin + chunk))
            if _has_plan(facts, rest, end - perf_counter()):
                begin += chunk
            else:
                suspects = rest
        chunk = chunk // 2
    return tuple(sorted(facts.names[fact] for fact in suspects))


def _state_facts(problem: Problem) -> _Facts:
    model = _with_fixed_rows(problem, build_model(problem, np.arange(len(problem.pair_need))))
    names: dict[Fact, int] = {}
    of_row = np.full(len(model.low), -1, dtype=np.int64)
    for kind, table in _TABLES.items():
        ids = names_of(problem, kind)
        for row, place in zip(_rows_of(model, kind), model.row_of[kind], strict=True):
            if kind != "needs" or problem.must_meet[place]:
                of_row[row] = names.setdefault((table, ids[place]), len(names))
    for row, pair in zip(_rows_of(model, "fixed"), model.row_of["fixed"], strict=True):
        need = problem.need_ids[problem.pair_need[pair]]
        of_row[row] = names.setdefault(("fixed", need), len(names))
    return _Facts(tuple(names), of_row, model)


def _rows_of(model: Model, kind: str) -> range:
    return range(model.sections[kind].start, model.sections[kind].stop)


def _with_fixed_rows(problem: Problem, model: Model) -> Model:
    """State fixed pairs as rows of their own, and need rows by the rule alone."""
    low = model.low.copy()
    low[model.sections["needs"]] = np.where(problem.must_meet, 1.0, -np.inf)
    low[model.sections["cover"]] = -np.inf  # follows from several facts, so it states none
    count, rows = len(problem.fixed_pairs), len(low)
    stand = sparse.csr_array(
        (np.ones(count), (np.arange(count), problem.fixed_pairs)), (count, len(model.cost))
    )
    return Model(
        cost=model.cost,
        least=np.zeros_like(model.least),
        rows=sparse.vstack([model.rows, stand], format="csr"),
        low=np.concatenate([low, np.ones(count)]),
        high=np.concatenate([model.high, np.full(count, np.inf)]),
        base=0,
        pair=model.pair,
        opened=model.opened,
        charged=model.charged,
        sections={**model.sections, "fixed": slice(rows, rows + count)},
        row_of={**model.row_of, "fixed": problem.fixed_pairs},
    )


def _limits(facts: _Facts, kept: Bools) -> tuple[Floats, Floats]:
    """Lift the limits of what is not kept; that a need goes to one place at most always holds."""
    low = np.where(kept, facts.model.low, -np.inf)
    return low, np.where(kept | _need_rows(facts.model), facts.model.high, np.inf)


def _need_rows(model: Model) -> Bools:
    rows = np.zeros(len(model.low), dtype=bool)
    rows[model.sections["needs"]] = True
    return rows


def _suspects(facts: _Facts) -> Ints:
    """Let rules be broken at a price, and see which of them the cheapest way out leans on."""
    model, everything = facts.model, np.arange(len(facts.names))
    above, below = np.isfinite(model.high), np.isfinite(model.low)
    matrix = sparse.vstack([model.rows[above], -model.rows[below]], format="csr")
    # of a need's row only the lower limit is a fact
    of_high = np.where(_need_rows(model), -1, facts.of_row)
    of_row = np.concatenate([of_high[above], facts.of_row[below]])
    breakable = np.flatnonzero(of_row >= 0)
    size = len(breakable)
    way_out = sparse.csr_array((-np.ones(size), (breakable, np.arange(size))), (len(of_row), size))
    if not len(model.cost) + size:
        return everything
    bounds = np.array([[0, 1]] * len(model.cost) + [[0, np.inf]] * size, dtype=float)
    found = optimize.linprog(
        np.concatenate([np.zeros(len(model.cost)), np.ones(size)]),
        A_ub=sparse.hstack([matrix, way_out], format="csr"),
        b_ub=np.concatenate([model.high[above], -model.low[below]]),
        bounds=bounds,
        method="highs",
    )
    if found.x is None or found.fun < _NOTHING:
        return everything
    leaned_on = np.abs(found.ineqlin.marginals) > _NOTHING
    named: Ints = np.unique(of_row[leaned_on & (of_row >= 0)])
    return everything if _has_plan(facts, named, float("inf")) else named


def _has_plan(facts: _Facts, kept: Ints, seconds: float) -> bool:
    """Say whether some plan keeps these facts; where the time is up, assume so."""
    of_row = facts.of_row
    low, high = _limits(facts, (of_row < 0) | np.isin(of_row, kept))
    if (low > high).any():
        return False
    columns = len(facts.model.cost)
    if not columns:
        return bool((low <= 0).all() and (high >= 0).all())
    found = optimize.milp(
        np.zeros(columns),
        constraints=optimize.LinearConstraint(facts.model.rows, low, high),
        bounds=optimize.Bounds(np.zeros(columns), np.ones(columns)),
        integrality=np.ones(columns),
        options={} if seconds == float("inf") else {"time_limit": max(0.0, seconds)},
    )
    return bool(found.status != 2)  # noqa: PLR2004 - scipy's number for infeasible
