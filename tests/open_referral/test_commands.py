"""`marketplace directory import` and `export`, as somebody types them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner, Result
from fake_feed import serve, tell
from listings_of_others import add_postcodes, save, service
from sqlalchemy import select

from directory.models import Service
from marketplace.cli import main
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import make_engine, make_sessions, transaction
from marketplace.settings import Settings, as_environment

T = TypeVar("T")
Run = Callable[..., Result]
SHEET = (
    "provider_ref,provider_name,kind,service_ref,service_name,needs,places,postcode,contact_email\n"
    "C1,Tern Advice,charity,C1-1,Money talks,debt-advice,4,IP1 2DE,tern@example.org\n"
)


def _in_database(settings: Settings, work: Callable[[Any], Any]) -> Any:
    async def run() -> Any:
        engine = make_engine(settings.database_url)
        try:
            async with transaction(make_sessions(engine, settings), EXCHANGE) as session:
                return await work(session)
        finally:
            await engine.dispose()

    return asyncio.run(run())


@pytest.fixture
def run(settings: Settings) -> Run:
    _in_database(settings, add_postcodes)

    def run(*words: str, answer: str = "") -> Result:
        environment = as_environment(replace(settings, base_url="https://example.org"))
        return CliRunner().invoke(main, ["directory", *words], env=environment, input=answer)

    return run


@pytest.fixture
def names(settings: Settings) -> Callable[[], list[str]]:
    async def find(session: Any) -> list[str]:
        return list(await session.scalars(select(Service.name)))

    return lambda: _in_database(settings, find)


def test_the_report_comes_before_the_change(
    run: Run, names: Callable[[], list[str]], tmp_path: Path
) -> None:
    source = save(tmp_path, service())
    asked = run("import", source, answer="n\n")
    assert "Services added: 1\n  Money talks 1" in asked.output
    assert "Falconry (1)" in asked.output
    assert (asked.exit_code, names()) == (1, [])
    assert run("import", source, "--dry-run").exit_code == 0
    assert names() == []
    taken = run("import", source, answer="y\n")
    assert (taken.exit_code, names()) == (0, ["Money talks 1"])
    assert "Services as they were: 1" in run("import", source, "--yes").output


def test_a_feed_is_read_on_from_where_it_was(run: Run) -> None:
    with serve(tell(service(1), service(2))) as (address, paths):
        refused = run("import", address, "--yes")
        assert refused.exit_code == 1
        assert "--allow-host 127.0.0.1" in refused.output
        allowed = ("import", address, "--yes", "--allow-host", "127.0.0.1")
        assert run(*allowed).exit_code == 0
        assert "modified_after" not in "".join(paths)
        assert run(*allowed).exit_code == 0
        assert "modified_after=2026-06-01T10%3A00%3A00.250000Z" in "".join(paths)
        paths.clear()
        assert run(*allowed, "--all").exit_code == 0
        assert "modified_after" not in "".join(paths)
        assert run(*allowed, "--modified-after", "2026-01-31").exit_code == 0
        assert "modified_after=2026-01-31T00%3A00%3A00Z" in "".join(paths)


def test_a_spreadsheet_is_shown_first_too(
    run: Run, names: Callable[[], list[str]], tmp_path: Path
) -> None:
    file = tmp_path / "services.csv"
    file.write_text(SHEET)
    assert "Rows: 1;" in run("import", str(file), "--dry-run").output
    assert names() == []
    assert run("import", str(file), "--yes").exit_code == 0
    assert names() == ["Money talks"]
    file.write_text(SHEET.replace("IP1 2DE", "IP9 9ZZ"))
    refused = run("import", str(file), "--yes")
    assert refused.exit_code == 1
    assert "we do not know this postcode" in refused.output


@pytest.mark.parametrize("name", ["missing.csv", "missing.json", "missing"])
def test_what_is_not_there_is_said(run: Run, name: str) -> None:
    refused = run("import", name, "--yes")
    assert refused.exit_code == 1
    assert name in refused.output


def test_out_and_in(run: Run, names: Callable[[], list[str]], tmp_path: Path) -> None:
    assert run("import", save(tmp_path, service()), "--yes", "--approve").exit_code == 0
    target = tmp_path / "feed.json"
    assert "1 services written" in run("export", str(target)).output
    assert "Choose a name that is free" in run("export", str(target)).output
    # Our own listing, told by another source, is left as it is.
    again = run("import", str(target), "--yes")
    assert "Left, since they are not this source's: 1" in again.output
