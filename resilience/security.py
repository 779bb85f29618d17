"""Who is kept out, and how we know: mutants, who sees what, headers, promises, dependencies.

security.py [PART …]        promises, matrix, audit, mutants
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

from audit import audit
from mutants import run_all
from promises import ROOT, lines_without_test, missing_tests, named_tests
from verdict import Verdict

# By value, on every answer of every route; what a page may do by itself; who sees what.
MATRIX = (
    "tests/web/test_who_sees_what_in_every_state.py",
    "tests/web/test_who_sees_what.py",
    "tests/web/test_headers.py",
    "tests/web/test_nothing_decides_by_itself.py",
    "tests/web/test_looking_changes_nothing.py",
    "tests/web/test_links_stay_out_of_logs.py",
    "tests/web/test_forged_posts.py",
    "tests/exchange/test_row_security.py",
)
MATRIX_SECONDS, MUTANT_SECONDS = 480, 1_080


def tell_promises(verdict: Verdict) -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    wrong = [*missing_tests(text), *lines_without_test(text)]
    for one in wrong:
        verdict.say("names no test that is there", one)
    count = len(named_tests(text))
    verdict.fact(
        "promises by tests", is_so=not wrong, seen=f"{count}, {len(wrong)} wrong", asked="0 wrong"
    )


def tell_matrix(verdict: Verdict) -> None:
    """Every page × everybody × every state, and what stands around every page."""
    try:
        done = subprocess.run(  # noqa: S603 - our own tests
            [sys.executable, "-m", "pytest", *MATRIX],
            cwd=ROOT,
            env=os.environ | {"STATES": "all"},
            capture_output=True,
            text=True,
            check=False,
            timeout=MATRIX_SECONDS,
        )
    except subprocess.TimeoutExpired:
        told, is_green = f"not done after {MATRIX_SECONDS} s", False
    else:
        told = (done.stdout.strip().splitlines() or ["nothing was said"])[-1]
        is_green = not done.returncode
    verdict.fact("pages × people × states, headers, rows", is_so=is_green, seen=told, asked="green")


def tell_mutants(verdict: Verdict) -> None:
    found = run_all([], seconds=MUTANT_SECONDS)
    counts = Counter(found.values())
    seen = f"{counts['red']} of {len(found)} red, {counts['late']} not run for want of time"
    verdict.fact("mutants", is_so=counts["red"] == len(found), seen=seen, asked="all red")
    for name, word in found.items():
        if word == "GREEN":
            verdict.say("stayed green", name)


def tell_audit(verdict: Verdict) -> None:
    """What could not be looked up is said, and is no success."""
    word, told = audit()
    seen = f"{word}: {', '.join(told)}"
    verdict.fact("dependencies", is_so=word == "clean", seen=seen, asked="clean, canary flagged")


PARTS = {
    "promises": tell_promises,
    "audit": tell_audit,
    "matrix": tell_matrix,
    "mutants": tell_mutants,
}


def main() -> None:
    verdict = Verdict("security")
    for name in sys.argv[1:] or PARTS:
        print(name, flush=True)
        PARTS[name](verdict)
    verdict.close()


if __name__ == "__main__":
    main()
