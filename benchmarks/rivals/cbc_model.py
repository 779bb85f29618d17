"""Run by a Python that has PuLP: `cbc_model.py PROBLEM.npz SECONDS` prints seconds and optimum.

It knows nothing of this project, so it needs none of its packages but numpy's file format, which
it is spared: the arrays come as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

import pulp


def main(path: Path, seconds: float) -> None:
    """Read, then build and solve under the clock."""
    world = json.loads(path.read_bytes())
    begin = perf_counter()
    model = pulp.LpProblem("plan", pulp.LpMinimize)
    pairs = list(zip(world["need"], world["support"], world["saving"], strict=True))
    take = [pulp.LpVariable(f"x{pair}", cat="Binary") for pair in range(len(pairs))]
    of_need: dict[int, list[pulp.LpVariable]] = {}
    of_support: dict[int, list[pulp.LpVariable]] = {}
    for variable, (need, support, _) in zip(take, pairs, strict=True):
        of_need.setdefault(need, []).append(variable)
        of_support.setdefault(support, []).append(variable)
    model += pulp.LpAffineExpression((v, -pair[2]) for v, pair in zip(take, pairs, strict=True))
    for chosen in of_need.values():
        model += pulp.lpSum(chosen) <= 1
    for support, chosen in of_support.items():
        model += pulp.lpSum(chosen) <= world["places"][support]
    model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=seconds))
    took = perf_counter() - begin
    saved = sum(pair[2] for v, pair in zip(take, pairs, strict=True) if (v.value() or 0) > 0.5)
    proved = model.sol_status == pulp.LpSolutionOptimal
    print(json.dumps({"seconds": took, "saved": saved, "proved": proved}))


main(Path(sys.argv[1]), float(sys.argv[2]))
