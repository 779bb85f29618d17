import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from watching import Starter, ask, home_of, postmaster_of, read_url

from marketplace.db.embedded import ClusterError, remove_cluster, server, start_cluster

pytestmark = pytest.mark.database


def test_owner_owns_the_database_and_the_application_nothing(data_dir: Path) -> None:
    cluster = start_cluster(data_dir)
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = current_user::regrole"
    may = (
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    )
    assert ask(cluster.application_url, owner) == "marketplace_owner"
    assert ask(cluster.application_url, owned) == 0
    assert ask(cluster.application_url, may) is False
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(cluster.application_url, "CREATE TABLE mine (id int)")


def test_owner_can_do_what_migrations_and_tests_need(data_dir: Path) -> None:
    cluster = start_cluster(data_dir, durable=False)
    extensions = ("cube", "pg_trgm", "unaccent", "btree_gist", "citext")
    ask(cluster.owner_url, *(f"CREATE EXTENSION {name}" for name in extensions))
    ask(
        cluster.owner_url,
        "CREATE ROLE a_group",
        "GRANT a_group TO marketplace_login",
        "CREATE DATABASE a_clone TEMPLATE template1",
    )
    assert ask(cluster.application_url, "SELECT pg_has_role('a_group', 'member')") is True


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
def test_settings_are_the_same_everywhere(data_dir: Path, *, durable: bool, fsync: str) -> None:
    url = start_cluster(data_dir, durable=durable).owner_url
    expected = {
        "fsync": fsync,
        "synchronous_commit": fsync,
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "listen_addresses": "127.0.0.1",
    }
    seen = {name: ask(url, f"SELECT current_setting('{name}')") for name in expected}
    assert seen == expected
    assert ask(url, "SELECT upper('é')") == "É"


def test_a_restart_keeps_the_data(data_dir: Path) -> None:
    first = start_cluster(data_dir)
    ask(first.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    first.stop()
    first.stop()
    second = start_cluster(data_dir)
    assert second is not first
    assert ask(second.owner_url, "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("role", ["postgres", "marketplace_owner", "marketplace_login"])
def test_a_wrong_password_is_refused(data_dir: Path, role: str) -> None:
    cluster = start_cluster(data_dir, durable=False)
    for database in ("marketplace", "postgres"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(f"postgresql://{role}:wrong@127.0.0.1:{cluster.port}/{database}", "SELECT 1")


def test_passwords_are_kept_scrambled_and_for_the_owner_alone(data_dir: Path) -> None:
    cluster = start_cluster(data_dir, durable=False)
    password = urlsplit(cluster.owner_url).password
    assert password
    assert password not in repr(cluster)
    pointer = data_dir / "postgres" / "cluster.json"
    assert stat.S_IMODE(pointer.stat().st_mode) == 0o600
    logs = [path.read_text() for path in home_of(data_dir).glob("server.log*")]
    assert logs
    assert not any(password in log for log in logs)
    assert not (home_of(data_dir) / "superuser-password").exists()
    assert stat.S_IMODE((home_of(data_dir) / "data").stat().st_mode) == 0o700
    assert all(
        stat.S_IMODE(path.stat().st_mode) == 0o600 for path in home_of(data_dir).glob("*.log")
    )


def test_it_listens_on_one_address_of_this_machine_only(data_dir: Path) -> None:
    cluster = start_cluster(data_dir, durable=False)
    lines = (home_of(data_dir) / "data" / "postmaster.pid").read_text().splitlines()
    assert lines[3:6] == [str(cluster.port), "", "127.0.0.1"]  # port, socket folder, address


def test_a_second_start_here_gives_the_same_cluster(data_dir: Path) -> None:
    first = start_cluster(data_dir, durable=False)
    assert start_cluster(data_dir.parent / "." / "data", durable=False) is first


def test_a_second_process_shares_and_cannot_end_it(
    data_dir: Path, start_elsewhere: Starter
) -> None:
    first = start_elsewhere(data_dir)
    url = read_url(first)
    ours = start_cluster(data_dir, durable=False)
    assert ours.is_shared
    assert ours.owner_url == url
    ours.stop()
    assert ask(ours.owner_url, "SELECT 1") == 1
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert not start_cluster(data_dir, durable=False).is_shared


def test_two_processes_that_start_at_once_have_one_server(
    data_dir: Path, start_elsewhere: Starter
) -> None:
    one, two = start_elsewhere(data_dir), start_elsewhere(data_dir)
    assert read_url(one) == read_url(two)
    # Whoever shares leaves first, so that each leaves in peace.
    parent = int(
        Path(f"/proc/{postmaster_of(home_of(data_dir) / 'data')}/stat").read_text().split()[3]
    )
    for process in sorted((one, two), key=lambda process: process.pid == parent):
        process.communicate(timeout=60)
        assert process.returncode == 0


def test_an_odd_place_and_environment(tmp_path: Path, start_elsewhere: Starter) -> None:
    folder = tmp_path / "a folder with spaces & ünïcode" / ("long" * 40) / "x"
    environment = {
        name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH")
    } | {
        "TMPDIR": "/nowhere",
        "PGPORT": "1",
        "PGDATA": "/nowhere",
        "LC_ALL": "xx_XX",
        "TZ": "Asia/Tokyo",
    }
    process = start_elsewhere(folder, env=environment, cwd="/", umask=0o077)
    assert ask(read_url(process), "SELECT current_setting('TimeZone')") == "UTC"
    process.communicate(timeout=60)
    remove_cluster(folder)


def test_a_port_taken_in_between_is_tried_again(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = server._free_port()
        ports: Iterator[int] = iter([taken.getsockname()[1], free])
        monkeypatch.setattr(server, "_free_port", lambda: next(ports))
        cluster = start_cluster(data_dir, durable=False)
        assert cluster.port == free
        assert ask(cluster.owner_url, "SELECT 1") == 1


def test_only_the_main_thread_may_start_it(data_dir: Path) -> None:
    errors: list[Exception] = []

    def start() -> None:
        try:
            start_cluster(data_dir)
        except ClusterError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join(timeout=60)
    assert ["main thread" in str(error) for error in errors] == [True]


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(data_dir: Path) -> None:
    start_cluster(data_dir, durable=False)
    assert os.getpgid(postmaster_of(home_of(data_dir) / "data")) != os.getpgid(0)
