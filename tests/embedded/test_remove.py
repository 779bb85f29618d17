import shutil
from pathlib import Path

import pytest
from watching import Starter, ask, home_of, processes_on, read_url

from marketplace.db.embedded import ClusterError, lock, remove_cluster, start_cluster

pytestmark = pytest.mark.database


def test_remove_stops_and_deletes_all_of_it(data_dir: Path) -> None:
    start_cluster(data_dir, durable=False)
    home = home_of(data_dir)
    (data_dir / "outbox.txt").write_text("not ours")
    assert processes_on(home / "data")
    remove_cluster(data_dir)
    assert not processes_on(home / "data")
    assert not home.exists()
    assert [path.name for path in data_dir.iterdir()] == ["outbox.txt"]
    remove_cluster(data_dir)


def test_a_start_after_a_remove_is_a_new_cluster(data_dir: Path) -> None:
    ask(start_cluster(data_dir, durable=False).owner_url, "CREATE TABLE old (id int)")
    remove_cluster(data_dir)
    url = start_cluster(data_dir, durable=False).owner_url
    assert ask(url, "SELECT to_regclass('old') IS NULL") is True


def test_what_another_process_uses_is_not_removed(
    data_dir: Path, start_elsewhere: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = start_elsewhere(data_dir)
    url = read_url(application)
    monkeypatch.setattr(lock, "TAKE_PATIENCE_SECONDS", 0.1)
    with pytest.raises(ClusterError, match="Another program uses"):
        remove_cluster(data_dir)
    assert ask(url, "SELECT 1") == 1
    application.communicate(timeout=60)


def test_a_moved_data_folder_keeps_its_data(data_dir: Path, tmp_path: Path) -> None:
    cluster = start_cluster(data_dir, durable=False)
    ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    cluster.stop()
    moved = data_dir.rename(tmp_path / "moved")
    try:
        url = start_cluster(moved, durable=False).owner_url
        assert ask(url, "SELECT answer FROM kept") == 42
    finally:
        remove_cluster(moved)


def test_a_copied_data_folder_never_shares_the_original(data_dir: Path, tmp_path: Path) -> None:
    start_cluster(data_dir, durable=False).stop()
    copy = tmp_path / "copy"
    shutil.copytree(data_dir, copy)
    if home_of(data_dir).is_relative_to(data_dir):
        assert home_of(copy) != home_of(data_dir)
        return
    for verb in (start_cluster, remove_cluster):
        with pytest.raises(ClusterError, match="is a copy of"):
            verb(copy)
    assert home_of(data_dir).exists()


def test_a_pointer_to_anything_else_is_not_followed(data_dir: Path, tmp_path: Path) -> None:
    keep = data_dir / "postgres"
    keep.mkdir(parents=True)
    precious = tmp_path / "precious"
    precious.mkdir()
    (keep / "cluster.json").write_text(f'{{"folder": "{precious}", "complete": true}}')
    for verb in (start_cluster, remove_cluster):
        with pytest.raises(ClusterError, match="no database of ours"):
            verb(data_dir)
    assert precious.exists()
    shutil.rmtree(keep)
