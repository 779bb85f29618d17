"""docs/security.md promises by tests: each is there, and what is missing would be seen."""

import pytest
from audit import CANARY, audit
from promises import ROOT, lines_without_test, missing_tests, named_tests


def test_every_promise_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert len(named_tests(text)) > 20
    assert missing_tests(text) == []
    assert lines_without_test(text) == []


def test_a_promise_without_a_test_is_seen() -> None:
    assert missing_tests("`tests/web/test_nothing_here.py`") == ["tests/web/test_nothing_here.py"]
    wrong = "`tests/guards/test_tokens.py::test_nobody_wrote_this`"
    assert missing_tests(wrong) == [wrong.strip("`")]
    row = "| V1 | words | met | our word |"
    assert lines_without_test(row) == [row]


@pytest.mark.parametrize(
    ("canary", "others", "word"),
    [
        ([], [], "not audited"),
        ([{"name": "jinja2", "skip_reason": "not found"}], [], "not audited"),
        (["flagged"], [{"name": "httpx", "skip_reason": "not found"}], "not audited"),
        (["flagged"], ["clean"], "not audited"),
        (["flagged"], "all clean", "clean"),
        (["flagged"], "one flagged", "flagged"),
    ],
)
def test_only_an_audit_that_flags_its_canary_and_passes_nothing_over_counts(
    canary: list[object], others: list[object] | str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(_: str, pins: list[str]) -> list[object]:
        if pins == [CANARY]:
            return [_told("jinja2", one) for one in canary]
        if isinstance(others, str):
            rest = [_told(pin, "clean") for pin in pins[1:]]
            return [_told(pins[0], others.removeprefix("all ").removeprefix("one ")), *rest]
        return [_told("httpx", one) for one in others]

    monkeypatch.setattr("audit.shutil.which", lambda *_, **__: "/bin/true")
    monkeypatch.setattr("audit._ask", ask)
    assert audit()[0] == word


def _told(name: str, how: object) -> object:
    flagged = {"clean": [], "flagged": [{"id": "CVE"}]}
    return {"name": name, "vulns": flagged[how]} if isinstance(how, str) else how
