"""A results folder that is kept in storage: worked on here, and copied back."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pyarrow import fs

from monitoring.sources.storage import ARROW_ERRORS, Storage


@contextmanager
def copied(
    storage: Storage, is_wanted: Callable[[str], bool] = lambda path: True
) -> Iterator[Path]:
    """Give a folder of this machine with what is in storage, and copy it back at the end.

    It is copied back also where the work ends by an error: what was finished is kept. What was
    fetched and is no longer there is removed in storage, after all else was copied.

    Args:
        storage: the folder there.
        is_wanted: tells of a path in the folder whether it is fetched.

    Raises:
        SourceError: storage does not answer or refuses the credentials.
    """
    here = fs.LocalFileSystem()
    with tempfile.TemporaryDirectory(prefix="mlmon-") as temporary:
        folder = Path(temporary) / "results"
        folder.mkdir()
        try:
            fetched = _copy(storage.filesystem(), Path(), here, folder, is_wanted)
        except ARROW_ERRORS as error:
            raise storage.failure(error) from error
        try:
            yield folder
        finally:
            try:
                kept = _copy(here, folder, storage.filesystem(), Path())
                for name in sorted(fetched - kept):
                    storage.filesystem().delete_file(name)
            except ARROW_ERRORS as error:
                raise storage.failure(error) from error


def _copy(
    source: fs.FileSystem,
    root: Path,
    target: fs.FileSystem,
    into: Path,
    is_wanted: Callable[[str], bool] = lambda path: True,
) -> set[str]:
    """Copy files, and return their names."""
    names = set()
    base = "" if root == Path() else root.as_posix()
    selector = fs.FileSelector(base, recursive=True, allow_not_found=True)
    for info in source.get_file_info(selector):
        if info.type is not fs.FileType.File:
            continue
        name = Path(info.path).relative_to(root).as_posix()
        if not is_wanted(name):
            continue
        names.add(name)
        path = into / name
        with source.open_input_stream(info.path) as stream:
            content = stream.read()
        target.create_dir(path.parent.as_posix(), recursive=True)
        with target.open_output_stream(path.as_posix()) as stream:
            stream.write(content)
    return names
