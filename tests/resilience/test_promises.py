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


def test_an_audit_that_looks_nothing_up_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.shutil.which", lambda _: "/bin/true")
    word, told = audit()
    assert word == "not run"
    assert CANARY in told[0]
