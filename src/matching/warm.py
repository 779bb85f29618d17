"""Compiles everything once, so that nobody waits for it later: `python -m matching.warm`."""

from __future__ import annotations

import logging

import numpy as np

from matching.bids import Bids
from matching.errors import ProofFailed
from matching.forcing import price_forced_pairs
from matching.problem import Problem
from matching.shortlist import LONG
from matching.sides.knapsack import cost_of_forcing
from matching.sides.packing import Packer
from matching.solve import solve
from matching.state import Standing
from matching.suitability import (
    Families,
    Intakes,
    Needs,
    Policy,
    Refusals,
    Setting,
    Transport,
    find_pairs,
)


def warm() -> None:
    """Suit, solve and repair for two needs, which compiles whatever is not in a file yet.

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
        standing.add_support(1, np.array([0]), np.array([5]))
    standing.withdraw(0)
    standing.decline(1)
    standing.prove()
    price_forced_pairs(problem, np.array([True, False]))
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
    _warm_short_list()
    _warm_suitability()


def _warm_short_list() -> None:
    many = [f"s{number:02}" for number in range(LONG + 1)]
    problem = Problem.from_tables(
        {
            "needs": {"id": ["a"], "unmet_cost": [900]},
            "supports": {"id": many, "places": [1] * len(many)},
            "candidates": {"need": ["a"] * len(many), "support": many, "cost": range(len(many))},
        }
    )
    if solve(problem).objective != 0:
        raise ProofFailed("what was compiled does not find the cheapest of many pairs")


def _warm_suitability() -> None:
    zero, yes, place = np.zeros(1, dtype=np.int64), np.ones(1, dtype=bool), np.zeros(1)
    here = (place, place)
    pairs = find_pairs(
        Families(*here, yes, zero + Transport.WALK, zero, zero, zero, zero, zero + 1),
        Needs(zero, zero, zero + 1, zero + 5_000, yes, zero),
        Intakes(
            zero[:, None] + 4_000, zero, zero + Setting.VENUE, *here, place + 1, zero + 3,
            zero + 10, zero, zero, zero, zero, yes, ~yes, yes, ~yes,
        ),
        Policy(np.array([1_000] * 3), np.array([100] * 3), np.array([1.0] * 3), 20, ~yes),
        Refusals(zero, zero + 1, zero, zero + 1),
    )  # fmt: skip
    if pairs.cost_pence.tolist() != [250]:  # 10 and 60 % of half of 1,000, less 60 for asking
        raise ProofFailed("what was compiled does not find the smallest of pairs")


if __name__ == "__main__":
    logging.getLogger("matching").setLevel(
        logging.ERROR
    )  # whoever runs this knows that it compiles
    warm()
