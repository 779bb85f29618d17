"""Runs one linear or integer programme in a process of its own, which can be ended on time.

HiGHS may overrun its time limit inside a step. This file is run by path and imports nothing of
the package, so that it starts quickly.
"""

import os
import pickle
import sys
from typing import Any

import numpy as np
from scipy import optimize


def main() -> None:
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # HiGHS prints, whatever it is told
    job = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    with answer:
        pickle.dump(run(job), answer)


def run(job: dict[str, Any]) -> dict[str, Any]:
    if not job["whole"]:
        found = optimize.linprog(
            job["cost"],
            A_ub=job["rows"],
            b_ub=job["high"],
            bounds=np.stack([job["least"], np.ones(len(job["cost"]))], axis=1),
            method="highs",
        )
        marginals = None if found.x is None else found.ineqlin.marginals
        return {"status": found.status, "x": found.x, "fun": found.fun, "duals": marginals}
    found = optimize.milp(
        job["cost"],
        constraints=optimize.LinearConstraint(job["rows"], job["low"], job["high"]),
        bounds=optimize.Bounds(job["least"], np.ones(len(job["cost"]))),
        integrality=np.ones(len(job["cost"])),
        options=job["options"],
    )
    return {"status": found.status, "x": found.x, "bound": found.mip_dual_bound}


if __name__ == "__main__":
    main()
