"""Root never runs the server; an ordinary user runs it as himself."""

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from watching import Starter, ask, home_of, postmaster_of, read_url

from marketplace.db.embedded import home, remove_cluster, start_cluster

pytestmark = [
    pytest.mark.database,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account"),
]


def user_of(number: int) -> int:
    return Path(f"/proc/{number}").stat().st_uid


def test_below_a_folder_of_root_alone_the_cluster_lies_elsewhere(data_dir: Path) -> None:
    data_dir.parent.chmod(0o700)
    cluster = start_cluster(data_dir, durable=False)
    outside = home_of(data_dir)
    assert outside.parent in home.OUTSIDE
    assert user_of(postmaster_of(outside / "data")) != 0
    assert ask(cluster.owner_url, "SELECT 1") == 1
    remove_cluster(data_dir)
    assert not outside.exists()


def test_below_an_open_folder_the_cluster_stays_with_the_data(open_folder: Path) -> None:
    cluster = start_cluster(open_folder, durable=False)
    assert home_of(open_folder).is_relative_to(open_folder)
    assert user_of(postmaster_of(home_of(open_folder) / "data")) != 0
    assert ask(cluster.owner_url, "SELECT 1") == 1


def test_the_account_can_change_nothing_but_the_data(open_folder: Path) -> None:
    start_cluster(open_folder, durable=False)
    top = home_of(open_folder)
    for path in [top, *top.rglob("*")]:
        if not path.is_relative_to(top / "data"):
            assert path.stat().st_uid == 0
            assert not path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def test_without_an_account_postgres_it_runs_as_nobody(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "ACCOUNTS", ("no-such-account", "nobody"))
    start_cluster(data_dir, durable=False).stop()
    monkeypatch.undo()
    # Also later, when an account postgres has come: the data is nobody's.
    start_cluster(data_dir, durable=False)
    nobody = pwd.getpwnam("nobody").pw_uid
    assert user_of(postmaster_of(home_of(data_dir) / "data")) == nobody


def find_python(**options: Any) -> str:
    """Find one that the other account may run; root's own often lies below a closed folder."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        program = [python, "-c", "import marketplace.db.embedded"]
        try:
            subprocess.run(  # our own program
                program, check=True, capture_output=True, cwd="/", **options
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip("an ordinary user cannot read this installation")


def test_an_ordinary_user_runs_it_as_himself(open_folder: Path, start_elsewhere: Starter) -> None:
    nobody = pwd.getpwnam("nobody")
    account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    python = find_python(env=environment, **account)
    os.chown(open_folder, nobody.pw_uid, nobody.pw_gid)
    application = start_elsewhere(open_folder, python=python, env=environment, cwd="/", **account)
    url = read_url(application)
    assert home_of(open_folder) == open_folder / "postgres" / "server"
    assert user_of(postmaster_of(home_of(open_folder) / "data")) == nobody.pw_uid
    assert not (home_of(open_folder) / "programs").exists()
    assert ask(url, "SELECT 1") == 1
    application.communicate(timeout=60)
    assert application.returncode == 0
