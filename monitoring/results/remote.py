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

    It is copied back also where the work ends by an error: what was finished is kept.

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
            _copy(storage.filesystem(), Path(), here, folder, is_wanted)
        except ARROW_ERRORS as error:
            raise storage.failure(error) from error
        try:
            yield folder
        finally:
            try:
                _copy(here, folder, storage.filesystem(), Path())
            except ARROW_ERRORS as error:
                raise storage.failure(error) from error


def _copy(
    source: fs.FileSystem,
    root: Path,
    target: fs.FileSystem,
    into: Path,
    is_wanted: Callable[[str], bool] = lambda path: True,
) -> None:
    base = "" if root == Path() else root.as_posix()
    selector = fs.FileSelector(base, recursive=True, allow_not_found=True)
    for info in source.get_file_info(selector):
        if info.type is not fs.FileType.File:
            continue
        name = Path(info.path).relative_to(root)
        if not is_wanted(name.as_posix()):
            continue
        path = into / name
        with source.open_input_stream(info.path) as stream:
            content = stream.read()
        target.create_dir(path.parent.as_posix(), recursive=True)
        with target.open_output_stream(path.as_posix()) as stream:
            stream.write(content)
