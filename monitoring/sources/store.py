"""Small files of one folder, local or in Azure Data Lake Storage, each written whole."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pyarrow import fs

from monitoring.files import write_bytes_atomically
from monitoring.sources.storage import ARROW_ERRORS, Storage

_PIECE_BYTES: Final = 4 << 20


class Store:
    """A folder that may not be there yet."""

    def __init__(self, uri: str, options: Mapping[str, str] | None = None) -> None:
        """Take an address as `open_table` does.

        Raises:
            SourceError: the address has another form.
        """
        self.uri = uri.rstrip("/")
        self._storage = Storage(uri, options)

    def read(self, name: str) -> bytes | None:
        """Read a file; None if there is none.

        Raises:
            SourceError: storage does not answer, or refuses the credentials.
        """
        try:
            files = self._storage.filesystem()
            if files.get_file_info([name])[0].type is not fs.FileType.File:
                return None
            with files.open_input_file(name) as file:
                return bytes(file.read())
        except ARROW_ERRORS as error:
            raise self._storage.failure(error, name) from error

    def size(self, name: str) -> int | None:
        """Tell how many bytes a file has; None if there is none.

        Raises:
            SourceError: storage does not answer, or refuses the credentials.
        """
        try:
            [info] = self._storage.filesystem().get_file_info([name])
        except ARROW_ERRORS as error:
            raise self._storage.failure(error, name) from error
        return info.size if info.type is fs.FileType.File else None

    def write(self, name: str, content: bytes | memoryview) -> None:
        """Write a file whole or not at all; of Azure's, this is so up to 4 MB.

        Larger ones are data, which nothing names before they are whole.

        Raises:
            SourceError: storage does not answer, or refuses the credentials.
        """
        try:
            if not self._storage.remote:
                write_bytes_atomically(Path(self._storage.root) / name, content)
                return
            # The stream below takes bytes, which it gets of Arrow only through a buffer.
            files = self._storage.filesystem()
            with files.open_output_stream(name, buffer_size=2 * _PIECE_BYTES) as stream:
                for start in range(0, len(content), _PIECE_BYTES):
                    stream.write(content[start : start + _PIECE_BYTES])
        except ARROW_ERRORS as error:
            raise self._storage.failure(error, name, writing=True) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time change a local folder; Azure has no such lock here.

        Raises:
            SourceError: the folder cannot be made.
        """
        if self._storage.remote:
            yield
            return
        path = Path(self._storage.root)
        try:
            path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise self._storage.failure(error, writing=True) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
