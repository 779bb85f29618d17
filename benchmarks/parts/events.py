"""Events on a standing plan: each exact, held against the same world solved from scratch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
from report import Part, Report, write_seconds
from rivals.flows import solve_bare_flow
from timing import take_rounds
from worlds.towns import make_tables, name_rows, pick

from matching import Problem, Standing

ASKED_MEDIAN_SECONDS = 0.001
ASKED_WORST_SECONDS = 0.010
ASKED_SHARE_OF_BARE = 0.08
EVENTS = 1_000
DECLINING = 0.01


def measure(report: Report, seconds: float, *, needs: int, supports: int) -> None:
    """Time single events of every kind, then one of a hundred families declining at once."""
    small = Problem.from_tables(make_tables("near", 300, 60))
    for event in World(small, Standing(small)).kinds().values():
        event()()  # what is compiled is compiled before a clock runs
    problem = Problem.from_tables(make_tables("near", needs, supports))
    timed = take_rounds(
        {"stand": lambda: Standing(problem), "bare": lambda: solve_bare_flow(problem)},
        seconds=seconds / 2,
    )
    bare = timed["bare"].median
    report.say("bare flow", write_seconds(bare))
    report.ratio("to set the plan up, once", timed["stand"].median, bare)
    report.same("against the bare flow", timed["stand"].result.objective, timed["bare"].result)
    _time_single(report, World(problem, timed["stand"].result))
    _time_many(report, World(problem, Standing(problem)), bare)


class World:
    """A standing plan, and beside it what a solver from scratch would be given now."""

    def __init__(self, problem: Problem, standing: Standing) -> None:
        self.standing, self.problem = standing, problem
        self._rng = np.random.default_rng(1)
        self._gone = np.zeros(len(problem.pair_need), dtype=bool)
        self._unmet = problem.unmet_cost.tolist()
        self._places = problem.support_places.copy()
        self._arrived: list[tuple[int, int, int]] = []
        self._here = np.ones(len(problem.need_ids), dtype=bool)
        self.moves: list[int] = []

    def kinds(self) -> dict[str, Callable[[], Callable[[], None]]]:
        """Every kind of event: each prepares one, and gives what is to be timed."""
        return {
            "decline": self.decline,
            "withdrawal": self.withdraw,
            "arrival": self.arrive,
            "a place more": self.one_more,
            "a place less": self.one_less,
            "a support closed": self.close,
            "a support opened": self.open,
            "what if: three more places": self.try_three_more,
        }

    def placed_pairs(self, count: int) -> np.ndarray:
        """Draw pairs that stand in the plan now."""
        problem = self.problem
        support = self.standing.supports[: len(problem.need_ids)]
        stands = np.flatnonzero((support[problem.pair_need] == problem.pair_support) & ~self._gone)
        return self._rng.choice(stands, size=count, replace=False)

    def decline(self) -> Callable[[], None]:
        """A family says no to its place."""
        return self.decline_many(1)

    def decline_many(self, count: int) -> Callable[[], None]:
        """Many say no at once."""
        pairs = self.placed_pairs(count)
        self._gone[pairs] = True
        return lambda: self.standing.decline(pairs)

    def withdraw(self) -> Callable[[], None]:
        """A need goes."""
        need = int(self._rng.choice(np.flatnonzero(self._here)))
        self._here[need], self._unmet[need] = False, 0
        self._gone[self.problem.pair_need == need] = True
        return lambda: self.standing.withdraw(need)

    def arrive(self) -> Callable[[], None]:
        """A need comes that is like one there is, 10 % dearer."""
        like = int(self._rng.integers(len(self._here)))
        pairs = np.flatnonzero(self.problem.pair_need == like)
        supports = self.problem.pair_support[pairs]
        costs = self.problem.pair_cost[pairs] * 11 // 10
        unmet = int(self.problem.unmet_cost[like]) * 11 // 10
        number = len(self._unmet)
        self._unmet.append(unmet)
        rows = zip(supports.tolist(), costs.tolist(), strict=True)
        self._arrived += [(number, support, cost) for support, cost in rows]
        return lambda: self.standing.arrive(unmet, supports, costs)

    def one_more(self) -> Callable[[], None]:
        """A support gets a place."""
        return self._set_places(lambda places: places + 1)

    def one_less(self) -> Callable[[], None]:
        """A support loses a place."""
        return self._set_places(lambda places: max(0, places - 1))

    def close(self) -> Callable[[], None]:
        """A support closes."""
        return self._set_places(lambda _: 0)

    def open(self) -> Callable[[], None]:
        """A support opens beside one there is, 10 % dearer, for thirty whom that could help."""
        like = int(self._rng.integers(len(self.problem.support_ids)))
        pairs = np.flatnonzero((self.problem.pair_support == like) & ~self._gone)[:30]
        needs = self.problem.pair_need[pairs]
        costs = self.problem.pair_cost[pairs] * 11 // 10
        number = len(self._places)
        self._places = np.append(self._places, 3)
        rows = zip(needs.tolist(), costs.tolist(), strict=True)
        self._arrived += [(need, number, cost) for need, cost in rows]
        return lambda: self.standing.add_support(3, needs, costs)

    def try_three_more(self) -> Callable[[], None]:
        """Ask what three more places here would change, for how many, and what they save."""
        support = int(self._rng.integers(len(self._places)))

        def ask() -> None:
            with self.standing.what_if():
                self.standing.set_places(support, int(self._places[support]) + 3)
                self.moves.append(len(self.standing.moved[0]))

        return ask

    def close_largest(self) -> tuple[int, Callable[[], None]]:
        """The support that gives the most places closes."""
        given = self.standing.supports
        support = int(np.bincount(given[given >= 0]).argmax())
        places = int((given == support).sum())
        self._places[support] = 0
        return places, lambda: self.standing.set_places(support, 0)

    def _set_places(self, change: Callable[[int], int]) -> Callable[[], None]:
        support = int(self._rng.integers(len(self.problem.support_ids)))
        places = change(int(self._places[support]))
        self._places[support] = places
        return lambda: self.standing.set_places(support, places)

    def solve_anew(self) -> int:
        """Solve what there is now by the bare flow."""
        problem, kept = self.problem, ~self._gone
        need_ids = name_rows("n", len(self._unmet))
        support_ids = name_rows("s", len(self._places))
        added = np.array(self._arrived, dtype=np.int64).reshape(-1, 3).T
        need = np.concatenate([problem.pair_need[kept], added[0]])
        support = np.concatenate([problem.pair_support[kept], added[1]])
        cost = np.concatenate([problem.pair_cost[kept], added[2]])
        tables = {
            "needs": {"id": need_ids, "unmet_cost": self._unmet},
            "supports": {"id": support_ids, "places": self._places},
            "candidates": {
                "need": pick(need_ids, need),
                "support": pick(support_ids, support),
                "cost": cost,
            },
        }
        return solve_bare_flow(Problem.from_tables(tables))


def _time_single(report: Report, world: World) -> None:
    kinds = world.kinds()
    took: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(EVENTS):
        name = list(kinds)[number % len(kinds)]
        event = kinds[name]()
        took[name].append(_time(event))
    for name, times in took.items():
        seen = f"{write_seconds(median(times))} median, {write_seconds(max(times))} worst"
        report.say(f"{name}, {len(times)} of them", seen)
    every = [time for times in took.values() for time in times]
    report.limit("one event, median", median(every), ASKED_MEDIAN_SECONDS, write_seconds)
    report.limit("one event, worst", max(every), ASKED_WORST_SECONDS, write_seconds)
    moved = f"{median(world.moves):.0f} median, {max(world.moves)} most"
    report.say("whom three more places would move", moved)
    _hold(report, f"after {EVENTS:,} events, against a solve from scratch", world)
    places, close = world.close_largest()
    seconds = _time(close)
    seen = f"{write_seconds(seconds)}, {write_seconds(seconds / places)} each"
    report.say(f"the largest support closed: {places} places to find anew", seen)


def _time_many(report: Report, world: World, bare: float) -> None:
    many = round(DECLINING * len(world.problem.need_ids))
    took = _time(world.decline_many(many))
    label = f"{many:,} families decline at once"
    report.ratio(label, took, bare, asked=ASKED_SHARE_OF_BARE)
    _hold(report, "after that, against a solve from scratch", world)


def _time(event: Callable[[], None]) -> float:
    begin = perf_counter()
    event()
    return perf_counter() - begin


def _hold(report: Report, label: str, world: World) -> None:
    proved = world.standing.prove()
    if proved != world.standing.objective:
        report.wrong(f"the duals prove {proved}, the plan costs {world.standing.objective}")
    report.same(label, world.standing.objective, world.solve_anew())


PARTS = [
    Part(
        "events",
        f"on a standing plan, {needs:,} × {supports:,}",
        partial(measure, needs=needs, supports=supports),
        seconds,
        in_quick=in_quick,
    )
    for needs, supports, seconds, in_quick in [
        (20_000, 4_000, 10, True),
        (200_000, 20_000, 70, False),
    ]
]
