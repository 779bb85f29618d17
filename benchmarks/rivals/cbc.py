"""PuLP with CBC, in an environment and a process of its own: it is no part of the project."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from matching import Problem

PULP = "pulp==3.3.2"
ENVIRONMENT = Path(__file__).parent.parent / ".rivals"
INSTALL_SECONDS = 90


@dataclass(frozen=True)
class CbcRun:
    """Seconds of build + solve, and the optimum."""

    seconds: float
    objective: int


def solve_by_cbc(problem: Problem, seconds: float) -> CbcRun | str:
    """Solve by CBC; a sentence where it cannot be tried or does not end in time."""
    python = _find_pulp()
    if python is None:
        return f"not tried: {PULP} could not be installed"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "world.json")
        path.write_text(json.dumps(_as_lists(problem)))
        model = Path(__file__).with_name("cbc_model.py")
        try:
            ended = _run(python, str(model), str(path), str(seconds), limit=seconds + 20)
        except subprocess.SubprocessError:
            return f"no plan after {seconds:.0f} s"
    answer = json.loads(ended.splitlines()[-1])
    if not answer["proved"]:
        return f"no optimum after {seconds:.0f} s"
    return CbcRun(answer["seconds"], int(problem.unmet_cost.sum()) - answer["saved"])


def _as_lists(problem: Problem) -> dict[str, list[int]]:
    saving = problem.unmet_cost[problem.pair_need] - problem.pair_cost
    return {
        "need": problem.pair_need.tolist(),
        "support": problem.pair_support.tolist(),
        "saving": saving.tolist(),
        "places": problem.support_places.tolist(),
    }


def _find_pulp() -> Path | None:
    python = ENVIRONMENT / "bin" / "python"
    try:
        if not python.exists():
            _run(Path(sys.executable), "-m", "venv", str(ENVIRONMENT), limit=INSTALL_SECONDS)
        if _has_pulp(python):
            return python
        _run(python, "-m", "pip", "install", "--quiet", PULP, limit=INSTALL_SECONDS)
    except subprocess.SubprocessError:
        return None
    return python


def _has_pulp(python: Path) -> bool:
    try:
        _run(python, "-c", "import pulp", limit=INSTALL_SECONDS)
    except subprocess.CalledProcessError:
        return False
    return True


def _run(python: Path, *words: str, limit: float) -> str:
    ended = subprocess.run(  # noqa: S603  # our own script, on our own files
        [python, *words], check=True, capture_output=True, text=True, timeout=limit
    )
    return ended.stdout
