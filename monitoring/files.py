"""Writing a file whole or not at all."""

import errno
import os
import tempfile
from pathlib import Path
from typing import Final

_ASIDE_LETTERS: Final = 8
"""Letters that `tempfile` puts behind a name."""


def write_atomically(path: Path, text: str) -> None:
    """Write a text file aside and put it in place of the old one, which stays until then.

    Raises:
        OSError: the folder or the file cannot be written.
    """
    write_bytes_atomically(path, text.encode())


def write_bytes_atomically(path: Path, content: bytes | memoryview) -> None:
    """Write a file aside and put it in place of the old one, which stays until then.

    Raises:
        OSError: the folder or the file cannot be written; it names the folder or `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _write_aside(path, content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def remove_asides(folder: Path, name: str) -> None:
    """Remove what killed processes left of files that they wrote aside; nobody may be writing them.

    Args:
        folder: where the files are; it may be missing.
        name: their own name, or a pattern of it.
    """
    for aside in list(folder.glob(f".{name}.{'?' * _ASIDE_LETTERS}")):
        aside.unlink(missing_ok=True)


def require_writable(path: Path) -> None:
    """Tell before a long work that its file cannot be written; nothing is left of the trial.

    Raises:
        OSError: the file cannot be written; it names `path`.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write_aside(path: Path, content: bytes | memoryview) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(0o644)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
