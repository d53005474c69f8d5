"""Scratch files: rows of a table that is not sorted by circuit, brought together by batch.

Files are numbered; nothing of the data is in their names.
"""

import tempfile
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from monitoring.sources.errors import SourceError
from monitoring.sources.keys import CircuitKey
from monitoring.sources.rows import Piece


class _Entry(NamedTuple):
    order: tuple[int, int]
    key: CircuitKey
    offset: int
    rows: int
    errors: tuple[int, ...]
    late: int
    texts: tuple[tuple[str, ...], ...]


class Scratch:
    """One growing file a batch, in a temporary folder that is removed at the end."""

    def __init__(self, batches: int, columns: int, folder: Path | None = None) -> None:
        """Make the folder, below `folder` or where the system keeps temporary files."""
        self._columns = columns + 1
        self._folder = tempfile.TemporaryDirectory(prefix="mlmon-", dir=folder)
        self._locks = [Lock() for _ in range(batches)]
        self._entries: list[list[_Entry]] = [[] for _ in range(batches)]
        self._files: list[BinaryIO] = []
        for number in range(batches):
            path = Path(self._folder.name) / str(number)
            self._files.append(path.open("w+b", buffering=0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for file in self._files:
            file.close()
        self._folder.cleanup()

    def add(
        self, batch: int, order: tuple[int, int], pieces: list[tuple[CircuitKey, Piece]]
    ) -> None:
        """Append pieces to the file of a batch; `order` says where they stand in the table.

        Raises:
            SourceError: the disk is full, or not writable.
        """
        arrays: list[NDArray[np.float64] | NDArray[np.int64]] = []
        for _, piece in pieces:
            arrays += [piece.timestamps, *piece.values]
        data = b"".join(array.tobytes() for array in arrays)
        with self._locks[batch]:
            file = self._files[batch]
            offset = file.seek(0, 2)
            try:
                written = 0
                while written < len(data):
                    written += file.write(memoryview(data)[written:])
            except OSError as error:
                raise SourceError(
                    f"scratch space ran out ({error.strerror})",
                    self._folder.name,
                    "set TMPDIR to a folder with more space, or sort the table by plant_id "
                    "and circuit_id, which needs none",
                ) from error
            for key, piece in pieces:
                rows = piece.timestamps.size
                self._entries[batch].append(
                    _Entry(order, key, offset, rows, piece.errors, piece.late, piece.texts)
                )
                offset += rows * self._columns * 8

    def pieces(self, batch: int) -> dict[CircuitKey, list[Piece]]:
        """Read a batch back, in the order of the table, and free its file."""
        file = self._files[batch]
        file.seek(0)
        words = np.fromfile(file, np.int64)
        file.truncate(0)
        found: dict[CircuitKey, list[Piece]] = {}
        for entry in sorted(self._entries[batch], key=lambda e: e.order):
            start = entry.offset // 8
            table = words[start : start + entry.rows * self._columns]
            table = table.reshape(self._columns, entry.rows)
            values = tuple(table[1:].view(np.float64))
            found.setdefault(entry.key, []).append(
                Piece(table[0], values, entry.errors, entry.late, entry.texts)
            )
        self._entries[batch] = []
        return found
