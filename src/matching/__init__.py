"""The optimiser: a problem in, a proved plan out. It knows no web, no database and no clock."""

from matching.errors import BadInput, MatchingError, NotYet, ProofFailed
from matching.problem import Problem
from matching.result import Plan, Status
from matching.solve import solve

__all__ = [
    "BadInput",
    "MatchingError",
    "NotYet",
    "Plan",
    "Problem",
    "ProofFailed",
    "Status",
    "solve",
]
