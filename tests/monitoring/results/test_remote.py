from pathlib import Path

import pytest

from monitoring.results.remote import copied
from monitoring.sources.storage import Storage
from tests.conftest import read_tree, write_tree
from tests.monitoring.sources.azurite import ACCOUNT, KEY, running


def test_a_folder_in_storage_is_fetched_and_copied_back(tmp_path: Path) -> None:
    write_tree(tmp_path / "there", {"manifest.json": "1", "circuits/P1/C1.json": "2"})

    with copied(Storage(str(tmp_path / "there"))) as folder:
        assert read_tree(folder) == read_tree(tmp_path / "there")
        write_tree(folder, {"circuits/P1/C2.json": "3", "manifest.json": "4"})

    assert read_tree(tmp_path / "there") == {
        "circuits/P1/C1.json": b"2",
        "circuits/P1/C2.json": b"3",
        "manifest.json": b"4",
    }


def test_what_was_finished_is_copied_back_where_the_work_breaks(tmp_path: Path) -> None:
    def work() -> None:
        with copied(Storage(str(tmp_path / "new"))) as folder:
            write_tree(folder, {"circuits/P1/C1.json": "2"})
            raise SystemExit(3)

    with pytest.raises(SystemExit):
        work()

    assert read_tree(tmp_path / "new") == {"circuits/P1/C1.json": b"2"}


@pytest.mark.slow
def test_a_folder_in_azure_is_fetched_and_copied_back(tmp_path: Path) -> None:
    with running(tmp_path) as azurite:
        uri = f"abfss://{azurite.new_container()}@{ACCOUNT}.dfs.core.windows.net/runs/2026-11-20/"
        storage = Storage(uri, azurite.storage() | {"account_key": KEY})

        with copied(storage) as folder:
            assert read_tree(folder) == {}
            write_tree(folder, {"manifest.json": "1", "circuits/P 1/Ü%41.json": "2", "old": "3"})
        with copied(storage) as folder:
            (folder / "old").unlink()
        with copied(storage) as folder:
            found = read_tree(folder)

    assert found == {"circuits/P 1/Ü%41.json": b"2", "manifest.json": b"1"}


def test_what_is_not_wanted_stays_where_it_is(tmp_path: Path) -> None:
    there = {"2026-11-19/circuits/P1/C1.json": "1", "2026-11-19/decisions.json": "2"}
    write_tree(tmp_path / "there", there)

    with copied(Storage(str(tmp_path / "there")), lambda path: "circuits" not in path) as folder:
        assert list(read_tree(folder)) == ["2026-11-19/decisions.json"]

    assert read_tree(tmp_path / "there") == {k: v.encode() for k, v in there.items()}


def test_what_was_moved_here_is_moved_there(tmp_path: Path) -> None:
    """A message that was sent must not wait again."""
    write_tree(tmp_path / "there", {"outbox/1.json": "a", "outbox/2.json": "b"})

    with copied(Storage(str(tmp_path / "there"))) as folder:
        (folder / "sent").mkdir()
        (folder / "outbox/1.json").rename(folder / "sent/1.json")

    assert read_tree(tmp_path / "there") == {"outbox/2.json": b"b", "sent/1.json": b"a"}
