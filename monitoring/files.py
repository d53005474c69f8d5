"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path


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
