from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from marketplace import templating


@pytest.mark.parametrize(
    ("pence", "text"),
    [
        (0, "£0"),
        (5, "£0.05"),
        (1250, "£12.50"),
        (123400, "£1,234"),
        (-1250, "\N{MINUS SIGN}£12.50"),
    ],
)
def test_pounds(pence: int, text: str) -> None:
    assert templating.pounds(pence) == text


def test_a_day() -> None:
    assert templating.uk_date(date(2026, 11, 2)) == "2 November 2026"


def test_a_moment_is_told_in_london() -> None:
    late = datetime(2026, 6, 30, 23, 5, tzinfo=UTC)
    assert templating.uk_date(late) == "1 July 2026"
    assert templating.uk_time(late) == "1 July 2026, 12:05am"


@pytest.mark.parametrize(
    ("metres", "text"),
    [
        (0, "under a mile"),
        (1609, "under a mile"),
        (1610, "about 1 mile"),
        (5000, "about 3 miles"),
    ],
)
def test_distance(metres: float, text: str) -> None:
    assert templating.distance(metres) == text


def test_plural() -> None:
    assert templating.plural(1, "family", "families") == "1 family"
    assert templating.plural(2104, "family", "families") == "2,104 families"
    assert templating.plural(0, "place") == "0 places"


def test_an_asset_changes_its_address_with_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    templating.asset.cache_clear()
    monkeypatch.setattr(templating, "static_dir", lambda: tmp_path)
    addresses = []
    for content in ("one", "two"):
        (tmp_path / "a.css").write_text(content)
        addresses.append(templating.asset("a.css"))
        templating.asset.cache_clear()
    assert addresses[0].startswith("/static/a.css?v=")
    assert addresses[0] != addresses[1]
