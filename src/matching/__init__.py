"""The optimiser: a problem in, a proved plan out. It knows no web, no database and no clock."""

from matching.alternatives import Alternatives, find_alternatives
from matching.check import check
from matching.errors import BadInput, MatchingError, NoPlanLeft, NotYet, ProofFailed
from matching.explain import MatchReason, UnmetReason
from matching.files import hash_problem, read_problem
from matching.plan_files import read_plan, write_plan
from matching.problem import Problem
from matching.progress import Progress
from matching.result import NO_PRICE, BoundBy, Plan, Status
from matching.solve import solve
from matching.state import Standing

__all__ = [
    "NO_PRICE",
    "Alternatives",
    "BadInput",
    "BoundBy",
    "MatchReason",
    "MatchingError",
    "NoPlanLeft",
    "NotYet",
    "Plan",
    "Problem",
    "Progress",
    "ProofFailed",
    "Standing",
    "Status",
    "UnmetReason",
    "check",
    "find_alternatives",
    "hash_problem",
    "read_plan",
    "read_problem",
    "solve",
    "write_plan",
]
