from pathlib import Path

import pytest

from monitoring.files import write_atomically


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
