"""Whether a pinned package is known to be vulnerable: asked of pip-audit, with a canary.

An audit that cannot look anything up finds nothing and looks like a clean one. So a version that is
known to be vulnerable is asked about too: only if that one is flagged, the silence means something.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CANARY = "jinja2==2.4.1"
PIN = re.compile(r"^([\w.\[\]-]+==[\w.+!-]+)", re.MULTILINE)


def audit() -> tuple[str, list[str]]:
    """`clean`, `flagged` with the packages, or `not run` with the reason."""
    program = shutil.which("pip-audit")
    if program is None:
        return "not run", ["pip-audit is not installed"]
    if "jinja2" not in _flagged(program, [CANARY]):
        return "not run", [f"the canary {CANARY} was not flagged: nothing could be looked up"]
    pins = PIN.findall((ROOT / "requirements-dev.lock").read_text(encoding="utf-8"))
    flagged = _flagged(program, pins)
    return ("flagged", flagged) if flagged else ("clean", [f"{len(pins)} packages"])


def _flagged(program: str, pins: list[str]) -> list[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        done = subprocess.run(  # noqa: S603 - the program that was found
            [program, "--requirement", file.name, "--no-deps", "--disable-pip", "--desc", "off"],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    names = {pin.partition("==")[0].lower() for pin in pins}
    return sorted(names & {line.partition(" ")[0].lower() for line in done.stdout.splitlines()})
