from pathlib import Path

import pytest

from monitoring.files import remove_asides, require_writable, write_atomically


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.json"

    for text in ("1", "22"):
        write_atomically(path, text)

    assert path.read_text() == "22"
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_is_told_by_its_own_name(tmp_path: Path) -> None:
    """Where it is written aside, and where it is put in place."""
    for name, kind in (("x" * 250, OSError), ("folder", IsADirectoryError)):
        path = tmp_path / name
        if name == "folder":
            path.mkdir()

        with pytest.raises(kind) as caught:
            write_atomically(path, "1")

        assert caught.value.filename == str(path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_only_what_was_left_aside_of_the_named_files_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "replace", lambda *_: None)  # as if killed before it
    for name in ("a.json", "b.json", "c.html"):
        write_atomically(tmp_path / name, "1")
    (tmp_path / ".a.json.bak").touch()
    (tmp_path / "a.json").touch()
    assert len(list(tmp_path.iterdir())) == 5

    remove_asides(tmp_path, "*.json")
    remove_asides(tmp_path / "missing", "*.json")

    left = sorted(path.name for path in tmp_path.iterdir())
    assert (left[0], left[2]) == (".a.json.bak", "a.json")
    assert left[1].startswith(".c.html.")


def test_whether_a_file_can_be_written_is_known_before(tmp_path: Path) -> None:
    require_writable(tmp_path / "new" / "x.json")
    assert list(tmp_path.iterdir()) == []

    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "x.json", Path("/proc/x.json")):
        with pytest.raises(OSError, match=r"a directory|No such file") as caught:
            require_writable(path)
        assert caught.value.filename == str(path)
