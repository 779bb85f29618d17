"""Who is kept out, and how we know: mutants, headers, promises, dependencies."""

from __future__ import annotations

import subprocess
import sys

from audit import audit
from mutants import MUTANTS
from mutants import main as run_mutants
from promises import ROOT, lines_without_test, missing_tests, named_tests
from verdict import Verdict

# By value, on every answer of every route, and what a page may do by itself.
HEADERS = (
    "tests/web/test_headers.py",
    "tests/web/test_nothing_decides_by_itself.py",
    "tests/web/test_looking_changes_nothing.py",
    "tests/web/test_links_stay_out_of_logs.py",
    "tests/web/test_forged_posts.py",
    "tests/exchange/test_row_security.py",
)


def tell_promises(verdict: Verdict) -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    wrong = [*missing_tests(text), *lines_without_test(text)]
    for one in wrong:
        verdict.say("names no test that is there", one)
    count = len(named_tests(text))
    verdict.fact(
        "promises by tests", is_so=not wrong, seen=f"{count}, {len(wrong)} wrong", asked="0 wrong"
    )


def tell_headers(verdict: Verdict) -> None:
    done = subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", "-q", *HEADERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    last = (done.stdout.strip().splitlines() or ["nothing was said"])[-1]
    verdict.fact(
        "headers, policies, forged posts", is_so=not done.returncode, seen=last, asked="green"
    )


def tell_mutants(verdict: Verdict) -> None:
    alive = run_mutants([])
    seen = f"{len(MUTANTS) - len(alive)} of {len(MUTANTS)} red"
    verdict.fact("mutants", is_so=not alive, seen=seen, asked="all red")


def tell_audit(verdict: Verdict) -> None:
    """What could not be run is said, and is no success."""
    word, told = audit()
    seen = f"{word}: {', '.join(told)}"
    verdict.fact("dependencies", is_so=word == "clean", seen=seen, asked="clean, canary flagged")


def main() -> None:
    verdict = Verdict("security")
    for part in (tell_promises, tell_headers, tell_mutants, tell_audit):
        part(verdict)
    verdict.close()


if __name__ == "__main__":
    main()
