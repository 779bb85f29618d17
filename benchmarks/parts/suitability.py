"""Who could help whom, with every filter, exact over all pairs."""

from __future__ import annotations

from functools import partial

import numpy as np
from report import Part, Report, write_gigabytes, write_seconds
from timing import take_rounds
from worlds.households import POLICY, World, make_world
from worlds.towns import Ints

from matching.suitability import Pairs, RuleCounts, count_rules, find_pairs

#: Needs whose pairs are counted a second way, rule by rule: as many as a county leaves unmet.
RECOUNTED = 3_000


def measure(report: Report, seconds: float, *, needs: int, intakes: int, asked: float) -> None:
    """Time `find_pairs`, and recount some needs' pairs by `count_rules`."""
    small = make_world(200, 40)
    find_pairs(small.families, small.needs, small.intakes, POLICY, small.refusals)
    world = make_world(needs, intakes)
    timed = take_rounds({"find": lambda: _find(world)}, seconds=seconds)["find"]
    rounds = len(timed.seconds)
    report.limit(f"find_pairs, median of {rounds}", timed.median, asked, write_seconds)
    found = timed.result
    report.say("suitable pairs", f"{len(found.need):,}, {len(found.need) / needs:.1f} a need")
    report.say("the most memory held", write_gigabytes(timed.first_peak_bytes))
    some = np.random.default_rng(1).integers(0, needs, RECOUNTED)
    recounted = take_rounds({"count": lambda: _count(world, some)}, seconds=seconds)["count"]
    report.say(f"count_rules on {RECOUNTED:,} needs", write_seconds(recounted.median))
    counted = np.bincount(found.need, minlength=needs)[some]
    if (recounted.result.suitable == counted).all():
        report.say("it finds as many pairs, rule by rule", "the same")
    else:
        report.wrong("find_pairs and count_rules disagree")


def _count(world: World, some: Ints) -> RuleCounts:
    return count_rules(
        world.families, world.needs, world.intakes, POLICY, world.refusals, asked=some
    )


def _find(world: World) -> Pairs:
    return find_pairs(world.families, world.needs, world.intakes, POLICY, world.refusals)


PARTS = [
    Part(
        "suitability",
        f"who could help whom, {needs:,} needs × {intakes:,} intakes",
        partial(measure, needs=needs, intakes=intakes, asked=asked),
        seconds,
        in_quick=in_quick,
    )
    for needs, intakes, asked, seconds, in_quick in [
        (20_000, 4_000, 0.4, 10, True),
        (200_000, 20_000, 4.0, 60, False),
    ]
]
