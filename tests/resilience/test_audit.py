"""An audit that cannot look anything up says so: silence about a known fault is no good news."""

import json
import stat
import sys
from pathlib import Path

import audit
import pytest

CANARY = audit.CANARY.partition("==")[0]
LOCK = "alpha==1.0 \\\n    --hash=sha256:0\nbeta==2.0 \\\n    --hash=sha256:0\n"
PROGRAM = """#!{python}
import json, sys
told = json.loads({told!r})
asked = [line.partition("==")[0] for line in open(sys.argv[2])]
print(json.dumps({{"dependencies": [one for one in told if one["name"] in asked]}}))
"""


def told_of(name: str, *, faults: int = 0) -> dict[str, object]:
    return {"name": name, "vulns": [{"id": f"INVENTED-{number}"} for number in range(faults)]}


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What the list of known faults holds; a test adds to it before it asks."""
    (tmp_path / "requirements-dev.lock").write_text(LOCK)
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    return [told_of(CANARY, faults=1), told_of("alpha"), told_of("beta")]


def ask(found: list[dict[str, object]]) -> tuple[str, list[str]]:
    program = audit.ROOT / ".venv/audit/bin/pip-audit"
    program.parent.mkdir(parents=True)
    program.write_text(PROGRAM.format(python=sys.executable, told=json.dumps(found)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return audit.audit()


def test_the_canary_is_flagged_and_nothing_else(found: list[dict[str, object]]) -> None:
    assert ask(found) == ("clean", ["2 packages"])


def test_a_fault_is_told(found: list[dict[str, object]]) -> None:
    found[2] = told_of("beta", faults=2)
    assert ask(found) == ("flagged", ["beta"])


def test_a_canary_that_lives_says_that_nothing_was_looked_up(
    found: list[dict[str, object]],
) -> None:
    found[0] = told_of(CANARY)
    assert ask(found)[0] == audit.NOT_AUDITED


@pytest.mark.parametrize("told", [{"name": "beta", "skip_reason": "unknown"}, None])
def test_a_package_that_was_passed_over_is_no_clean_one(
    found: list[dict[str, object]], told: dict[str, object] | None
) -> None:
    found[2:] = [told] if told else []
    assert ask(found)[0] == audit.NOT_AUDITED


def test_without_the_program_nothing_is_audited(
    found: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(audit.ROOT))
    assert found
    assert audit.audit() == (audit.NOT_AUDITED, ["pip-audit is not installed"])
