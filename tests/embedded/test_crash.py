"""Whatever is killed, the data is there at the next start and nothing runs on for ever."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from watching import Starter, ask, home_of, postmaster_of, processes_on, read_url, wait_until

from marketplace.db.embedded import create, launch, processes, start_cluster
from marketplace.db.embedded.errors import ClusterError

pytestmark = pytest.mark.database

KEEP = "CREATE TABLE kept AS SELECT 42 AS answer"
FIND = "SELECT answer FROM kept"


def data_of(data_dir: Path) -> Path:
    return home_of(data_dir) / "data"


def test_killing_the_application_ends_the_server(data_dir: Path, start_elsewhere: Starter) -> None:
    application = start_elsewhere(data_dir)
    ask(read_url(application), KEEP)
    assert processes_on(data_of(data_dir))
    application.kill()
    application.wait(timeout=30)
    assert wait_until(lambda: not processes_on(data_of(data_dir)))


def test_a_start_right_after_the_kill_has_the_data(
    data_dir: Path, start_elsewhere: Starter
) -> None:
    application = start_elsewhere(data_dir)
    ask(read_url(application), KEEP)
    application.kill()
    application.wait(timeout=30)
    cluster = start_cluster(data_dir, durable=False)
    assert not cluster.is_shared
    assert ask(cluster.owner_url, FIND) == 42


def test_killing_the_server_loses_nothing(data_dir: Path) -> None:
    first = start_cluster(data_dir)
    ask(first.owner_url, KEEP)
    os.kill(postmaster_of(data_of(data_dir)), signal.SIGKILL)
    first._process.wait(timeout=30)
    second = start_cluster(data_dir)
    assert ask(second.owner_url, FIND) == 42


def test_killing_everything_at_once_loses_nothing(data_dir: Path, start_elsewhere: Starter) -> None:
    application = start_elsewhere(data_dir)
    ask(read_url(application), KEEP)
    application.send_signal(signal.SIGSTOP)
    for number in processes_on(data_of(data_dir)):
        os.kill(number, signal.SIGKILL)
    application.kill()
    application.wait(timeout=30)
    assert (data_of(data_dir) / "postmaster.pid").exists()
    assert ask(start_cluster(data_dir).owner_url, FIND) == 42


def test_a_stale_file_whose_number_is_now_anothers(data_dir: Path) -> None:
    first = start_cluster(data_dir, durable=False)
    ask(first.owner_url, KEEP)
    old = (data_of(data_dir) / "postmaster.pid").read_text().splitlines()
    first.stop()
    # PostgreSQL itself would believe a living process of its own account.
    account = (data_of(data_dir) / "PG_VERSION").stat().st_uid
    bystander = subprocess.Popen(["/bin/sleep", "300"], user=account)
    try:
        lines = [str(bystander.pid), *old[1:]]
        (data_of(data_dir) / "postmaster.pid").write_text("\n".join(lines))
        assert ask(start_cluster(data_dir, durable=False).owner_url, FIND) == 42
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait(timeout=30)


def test_a_server_that_neither_answers_nor_ends_is_ended(
    data_dir: Path, start_elsewhere: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = start_elsewhere(data_dir)
    ask(read_url(application), KEEP)
    orphan = postmaster_of(data_of(data_dir))
    os.kill(orphan, signal.SIGSTOP)
    application.kill()
    application.wait(timeout=30)
    ways = ((signal.SIGINT, 0.2), (signal.SIGQUIT, 0.2), (signal.SIGKILL, 30.0))
    monkeypatch.setattr(processes, "WAYS_TO_END", ways)
    cluster = start_cluster(data_dir, durable=False)
    assert postmaster_of(data_of(data_dir)) != orphan
    assert ask(cluster.owner_url, FIND) == 42


def test_a_half_made_cluster_is_made_again(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ClusterError("killed in the middle")

    with monkeypatch.context() as broken:
        broken.setattr(create, "_roles_and_database", fail)
        with pytest.raises(ClusterError, match="in the middle"):
            start_cluster(data_dir, durable=False)
    assert (data_of(data_dir) / "PG_VERSION").exists()
    assert ask(start_cluster(data_dir, durable=False).application_url, "SELECT 1") == 1


def test_a_making_that_still_runs_is_ended_and_nobody_else_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    initdb = Path(shutil.copy("/bin/sleep", tmp_path / "initdb"))
    making = subprocess.Popen([initdb, "300"], cwd=data)  # our own copy
    visitor = subprocess.Popen(["/bin/sleep", "300"], cwd=data)
    try:
        processes.end_processes(data)
        # On a busy machine the kind way takes too long, and the other follows.
        assert making.wait(timeout=30) in {-signal.SIGQUIT, -signal.SIGKILL}
        assert visitor.poll() is None
    finally:
        for process in (making, visitor):
            process.kill()
            process.wait(timeout=30)


def test_an_application_killed_while_it_makes_the_cluster(
    data_dir: Path, start_elsewhere: Starter
) -> None:
    application = start_elsewhere(data_dir)
    assert wait_until(lambda: any(data_dir.glob("postgres/cluster.json")))
    assert wait_until(lambda: any(data_of(data_dir).glob("*")))
    application.kill()
    application.wait(timeout=30)
    assert ask(start_cluster(data_dir, durable=False).owner_url, "SELECT 1") == 1


def test_a_server_whose_starter_died_first_never_starts(tmp_path: Path) -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait(timeout=30)
    program = [sys.executable, launch.__file__, str(gone.pid), "", str(tmp_path), "/bin/echo", "up"]
    done = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "has gone" in done.stderr
    assert "up" not in done.stdout
