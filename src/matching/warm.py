"""Compiles everything once, so that nobody waits for it later: `python -m matching.warm`."""

from __future__ import annotations

import logging

import numpy as np

from matching.bids import Bids
from matching.errors import ProofFailed
from matching.problem import Problem
from matching.sides.knapsack import cost_of_forcing
from matching.sides.packing import Packer
from matching.solve import solve
from matching.state import Standing


def warm() -> None:
    """Solve and repair a plan of two needs, which compiles whatever is not in a file yet.

    Raises
    ------
    ProofFailed
        If what was compiled does not find the plan known by hand.
    """
    problem = Problem.from_tables(
        {
            "needs": {"id": ["a", "b"], "unmet_cost": [900, 500]},
            "supports": {"id": ["s"], "places": [1]},
            "candidates": {"need": ["a", "b"], "support": ["s", "s"], "cost": [200, 100]},
        }
    )
    if solve(problem).objective != 700:  # noqa: PLR2004 - 200 for a, 500 for b left unmet
        raise ProofFailed("what was compiled does not solve the smallest of problems")
    standing = Standing(problem)
    with standing.what_if():
        standing.set_places(0, 2)
        standing.arrive(10, np.array([0]), np.array([5]))
    standing.withdraw(0)
    standing.decline(1)
    standing.prove()
    nothing = np.zeros(0, dtype=np.int64)
    no_bids = Bids(np.zeros(2, dtype=np.int64), nothing, nothing, nothing)
    forcing = cost_of_forcing(problem, no_bids)
    if forcing.tolist() != [0, 300]:
        raise ProofFailed("what was compiled does not fill the smallest of supports")
    packer = Packer(problem, no_bids, forcing, nothing, seed=0)
    for _ in range(2):
        packer.step(1.0)
    if packer.pairs is None or packer.pairs.tolist() != [0]:
        raise ProofFailed("what was compiled does not place the smallest of needs")


if __name__ == "__main__":
    logging.getLogger("matching").setLevel(
        logging.ERROR
    )  # whoever runs this knows that it compiles
    warm()
