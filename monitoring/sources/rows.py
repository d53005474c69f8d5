"""The rows of one row group, as arrays, divided by circuit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from monitoring.sensors import CircuitReadings, FloatArray, MicrosecondArray
from monitoring.sources.columns import (
    ArrowArray,
    Mask,
    codes,
    days,
    instants,
    microseconds,
    numbers,
    whole,
)
from monitoring.sources.footers import Footer
from monitoring.sources.keys import CircuitKey
from monitoring.sources.layout import Layout
from monitoring.sources.tables import DATE, StoredFile
from monitoring.windows import Window

DAY_US: Final = 86_400_000_000
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of one circuit, in stored order."""

    timestamps: MicrosecondArray
    values: tuple[FloatArray, ...]
    """One array a number column."""
    errors: tuple[int, ...]
    """Cells that are no number, one count a number column."""
    late: int


@dataclass(frozen=True, slots=True)
class _Columns:
    timestamps: MicrosecondArray
    values: tuple[FloatArray, ...]
    wrong: tuple[Mask | None, ...]
    late: Mask | None

    def take(self, rows: NDArray[np.int64] | Mask) -> "_Columns":
        return _Columns(
            self.timestamps[rows],
            tuple(column[rows] for column in self.values),
            tuple(None if mask is None else mask[rows] for mask in self.wrong),
            None if self.late is None else self.late[rows],
        )

    def piece(self, rows: slice) -> Piece:
        return Piece(
            self.timestamps[rows],
            tuple(column[rows] for column in self.values),
            tuple(0 if mask is None else int(mask[rows].sum()) for mask in self.wrong),
            0 if self.late is None else int(self.late[rows].sum()),
        )


@dataclass(frozen=True, slots=True)
class RowsOfGroup:
    """One row group, divided by circuit."""

    pieces: tuple[tuple[CircuitKey, Piece], ...]
    nameless: int
    """Rows without plant or circuit."""


def read_row_group(
    source: pq.ParquetFile, index: int, footer: Footer, layout: Layout, window: Window
) -> RowsOfGroup:
    """Read one row group; a column that the file lacks is all NaN.

    Raises:
        pyarrow.ArrowException, OSError, UnicodeDecodeError: the file is corrupt.
    """
    stored = [column for column in layout.wanted if column in footer.columns]
    table = source.read_row_group(index, columns=stored, use_threads=False)
    arrays = {name: whole(table[name]) for name in stored}
    del table
    return divide(arrays, footer.file, layout, window)


def divide(
    arrays: dict[str, ArrowArray], file: StoredFile, layout: Layout, window: Window
) -> RowsOfGroup:
    """Make numbers of some rows of a file and divide them by circuit, their order kept.

    Of a file without a partition `date`, only rows of the window are kept: by the column `date`
    if there is one, else by timestamp.

    Args:
        arrays: what the file has of the columns of the layout; it is emptied on the way, to free
            memory. A column of numbers that is not in it is all NaN.
        file: the file that the rows are of.
        layout: the columns.
        window: rows to keep.
    """
    # Copies: views would keep Arrow's larger buffers for as long as the batch.
    timestamps = microseconds(arrays.pop(layout.timestamp)).copy()
    values, wrong = [], []
    for column in layout.numbers:
        convert = instants if column in layout.instants else numbers
        value, mask = (
            convert(arrays.pop(column))
            if column in arrays
            else (np.full(timestamps.shape, np.nan), None)
        )
        values.append(value.copy())
        wrong.append(mask)
    stored_days = days(arrays[DATE]) if file.day is None and DATE in arrays else None
    columns = _Columns(
        timestamps, tuple(values), tuple(wrong), _late(file, timestamps, stored_days)
    )
    plants = _ids(arrays, file, layout.plant)
    circuits = _ids(arrays, file, layout.circuit)
    names = (plants[1], circuits[1])
    groups = plants[0].astype(np.int64) * len(circuits[1]) + circuits[0]
    groups = np.broadcast_to(groups, timestamps.shape)
    if file.day is None:
        kept = _in_window(timestamps, stored_days, window)
        if not kept.all():
            columns, groups = columns.take(kept), groups[kept]
    return _divided(columns, groups, names)


def join(
    key: CircuitKey, pieces: Sequence[Piece], features: Sequence[str], layout: Layout
) -> CircuitReadings:
    """Put the pieces of a circuit together, in the order in which they are given."""
    positions = {name: layout.numbers.index(name) for name in features}
    return CircuitReadings(
        key.plant_id,
        key.circuit_id,
        np.concatenate([piece.timestamps for piece in pieces]),
        {n: np.concatenate([p.values[i] for p in pieces]) for n, i in positions.items()},
        {n: sum(p.errors[i] for p in pieces) for n, i in positions.items()},
        sum(piece.late for piece in pieces),
    )


def _late(
    file: StoredFile, timestamps: MicrosecondArray, stored_days: NDArray[np.int32] | None
) -> Mask | None:
    """Return which rows are stored under another day than that of their timestamp."""
    if file.day is not None:
        stored = file.day.toordinal() - _EPOCH_ORDINAL
        late = (timestamps < stored * DAY_US) | (timestamps >= (stored + 1) * DAY_US)
    elif stored_days is not None:
        late = timestamps // DAY_US != stored_days
    else:
        return None
    return late if late.any() else None


def _in_window(
    timestamps: MicrosecondArray, stored_days: NDArray[np.int32] | None, window: Window
) -> Mask:
    if stored_days is None:
        return (timestamps >= window.start_us) & (timestamps < window.end_us)
    first, last = window.start_us // DAY_US, (window.end_us - 1) // DAY_US
    return (stored_days >= first) & (stored_days <= last)


def _ids(
    arrays: Mapping[str, ArrowArray], file: StoredFile, column: str
) -> tuple[NDArray[np.int32], Sequence[str | None]]:
    if column in arrays:
        return codes(arrays[column])
    return np.zeros(1, np.int32), [file.partitions[column]]


def _divided(
    columns: _Columns, groups: NDArray[np.int64], names: tuple[Sequence[str | None], ...]
) -> RowsOfGroup:
    starts = _starts(groups)
    if np.unique(groups[starts]).size != starts.size:
        # A circuit's rows do not lie side by side: bring them together, their order kept.
        order = np.argsort(groups, kind="stable")
        columns, groups = columns.take(order), groups[order]
        starts = _starts(groups)
    plants, circuits = names
    pieces, nameless = [], 0
    for start, end in pairwise([*starts.tolist(), groups.size]):
        plant_code, circuit_code = divmod(int(groups[start]), len(circuits))
        plant, circuit = plants[plant_code], circuits[circuit_code]
        if plant is None or circuit is None:
            nameless += end - start
        else:
            pieces.append((CircuitKey(plant, circuit), columns.piece(slice(start, end))))
    return RowsOfGroup(tuple(pieces), nameless)


def _starts(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where a run of equal numbers begins."""
    if not groups.size:
        return np.zeros(0, np.int64)
    return np.concatenate([[0], np.flatnonzero(groups[1:] != groups[:-1]) + 1])
