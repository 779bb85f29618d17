"""The optimum over all suitable pairs, against the solve on each need's 30 nearest."""

from __future__ import annotations

from functools import partial

import numpy as np
from parts.flow import warm_up
from report import Part, Report, write_seconds, write_share
from rivals.flows import solve_bare_flow
from timing import take_rounds
from worlds.households import POLICY, World, make_world
from worlds.towns import NEAREST, Ints, Tables, name_rows, pick

from matching import Problem, check, solve
from matching.suitability import Pairs, find_pairs, stakes

ASKED = 2.5
#: Far, so that many intakes compete for each need.
FAR_METRES = 20_000.0


def measure(
    report: Report, seconds: float, *, needs: int, intakes: int, reach_metres: float
) -> None:
    """Solve on the nearest, and on all.

    Both are timed from checked arrays to the plan with proof, prices and reasons. On all pairs that
    is: the auction over all, the short list, the finish, every round that prices all pairs, the
    proof and the reasons over all.
    """
    warm_up()
    world = make_world(needs, intakes, reach_metres=reach_metres)
    found = find_pairs(world.families, world.needs, world.intakes, POLICY, world.refusals)
    everything = Problem.from_tables(_tables(world, found, np.arange(len(found.need))))
    nearest = Problem.from_tables(_tables(world, found, _nearest(found)))
    timed = take_rounds(
        {"nearest": lambda: solve(nearest), "all": lambda: solve(everything)}, seconds=seconds
    )
    few, every = timed["nearest"], timed["all"]
    report.say(f"solve on the 30 nearest, {len(nearest.pair_need):,}", write_seconds(few.median))
    label = f"solve on all {len(found.need):,} suitable pairs"
    report.ratio(label, every.median, few.median, asked=ASKED)
    stages = every.result.seconds
    report.say("of it", ", ".join(f"{n} {write_seconds(s)}" for n, s in stages.items()))
    report.same("against the bare flow", every.result.objective, solve_bare_flow(everything))
    report.valid(check(everything, every.result))
    best, nothing = every.result.objective, int(everything.unmet_cost.sum())
    lost = (few.result.objective - best) / (nothing - best)
    report.say("of the saving the 30 nearest lose", write_share(lost))


def _nearest(found: Pairs) -> Ints:
    """Positions of each need's nearest; what needs no way there is nearest of all."""
    order = np.lexsort((np.nan_to_num(found.metres, nan=0.0), found.need))
    need = found.need[order]
    begins = np.searchsorted(need, np.arange(need.max(initial=0) + 1))
    kept: Ints = np.sort(order[np.arange(len(need)) - begins[need] < NEAREST])
    return kept


def _tables(world: World, found: Pairs, kept: Ints) -> Tables:
    need_ids = name_rows("n", len(world.needs.family))
    intake_ids = name_rows("s", len(world.places))
    return {
        "needs": {"id": need_ids, "unmet_cost": stakes(world.needs, POLICY)},
        "supports": {"id": intake_ids, "places": world.places},
        "candidates": {
            "need": pick(need_ids, found.need[kept]),
            "support": pick(intake_ids, found.intake[kept]),
            "cost": found.cost_pence[kept],
        },
    }


PARTS = [
    Part(
        name,
        f"the optimum over all suitable pairs, {needs:,} × {intakes:,}",
        partial(measure, needs=needs, intakes=intakes, reach_metres=reach_metres),
        seconds,
        in_quick=in_quick,
        only_by_name=name != "all_pairs",
    )
    for name, needs, intakes, reach_metres, seconds, in_quick in [
        ("all_pairs", 2_000, 400, FAR_METRES, 5, True),
        ("all_pairs", 20_000, 4_000, FAR_METRES, 30, False),
        ("all_pairs-200k", 200_000, 20_000, FAR_METRES, 90, False),
    ]
]
