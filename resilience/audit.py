"""Whether a pinned package is known to be vulnerable: asked of pip-audit, with a canary.

An audit that cannot look anything up finds nothing and ends well. So a version that is known to be
vulnerable is asked about too, by the same call: only if that one is flagged, the silence about the
others means something, and only about those that were not passed over.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CANARY = "jinja2==2.11.2"  # CVE-2020-28493
PIN = re.compile(r"^([\w.\[\]-]+==[\w.+!-]+)", re.MULTILINE)
NOT_AUDITED = "not audited"


def audit() -> tuple[str, list[str]]:
    """`clean`, `flagged` with the packages, or `not audited` with the reason."""
    # `make security` puts it into a folder of its own: its packages are none of ours.
    program = shutil.which("pip-audit", path=str(ROOT / ".venv/audit/bin")) or shutil.which(
        "pip-audit"
    )
    if program is None:
        return NOT_AUDITED, ["pip-audit is not installed"]
    if not _flagged(_ask(program, [CANARY])):
        return NOT_AUDITED, [f"the canary {CANARY} was not flagged: nothing could be looked up"]
    pins = PIN.findall((ROOT / "requirements-dev.lock").read_text(encoding="utf-8"))
    told = _ask(program, pins)
    if passed_over := [one["name"] for one in told if "vulns" not in one]:
        return NOT_AUDITED, ["could not be looked up:", *passed_over]
    if len(told) < len(pins):
        return NOT_AUDITED, [f"{len(told)} of {len(pins)} packages were looked up"]
    flagged = _flagged(told)
    return ("flagged", flagged) if flagged else ("clean", [f"{len(pins)} packages"])


def _ask(program: str, pins: list[str]) -> list[dict[str, Any]]:
    """What is told of each: its `vulns`, or a `skip_reason`; nothing where nothing came back."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        words = ["--no-deps", "--disable-pip", "--desc", "off", "--format", "json"]
        try:
            done = subprocess.run(  # noqa: S603 - the program that was found
                [program, "--requirement", file.name, *words],
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
        except subprocess.TimeoutExpired:
            return []
    try:
        told: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return []
    return told


def _flagged(told: list[dict[str, Any]]) -> list[str]:
    return sorted(one["name"] for one in told if one.get("vulns"))
