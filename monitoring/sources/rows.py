"""The rows of one row group, as arrays, divided by circuit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from monitoring.sensors import CircuitReadings, FloatArray, MicrosecondArray
from monitoring.sources.columns import (
    NO_DAY,
    NO_TIMESTAMP,
    ArrowArray,
    Mask,
    codes,
    days,
    instants,
    microseconds,
    numbers,
    texts,
    whole,
)
from monitoring.sources.errors import RowFlaw
from monitoring.sources.flaws import Flaw
from monitoring.sources.footers import Footer
from monitoring.sources.keys import CircuitKey
from monitoring.sources.layout import Layout
from monitoring.sources.tables import DATE, StoredFile
from monitoring.windows import Window

DAY_US: Final = 86_400_000_000
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_Names = tuple[Sequence[str | None], Sequence[str | None]]
"""Plants and circuits, which a row has the positions of."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of one circuit, in stored order."""

    timestamps: MicrosecondArray
    values: tuple[FloatArray, ...]
    """One array a number column."""
    errors: tuple[int, ...]
    """Cells that are no number, one count a number column."""
    late: int
    texts: tuple[tuple[str, ...], ...]
    """What the values are the positions in, one list a number column; empty of other columns."""


@dataclass(frozen=True, slots=True)
class _Columns:
    timestamps: MicrosecondArray
    values: tuple[FloatArray, ...]
    wrong: tuple[Mask | None, ...]
    late: Mask | None
    texts: tuple[tuple[str, ...], ...]

    def take(self, rows: NDArray[np.int64] | Mask) -> "_Columns":
        return _Columns(
            self.timestamps[rows],
            tuple(column[rows] for column in self.values),
            tuple(None if mask is None else mask[rows] for mask in self.wrong),
            None if self.late is None else self.late[rows],
            self.texts,
        )

    def piece(self, rows: slice) -> Piece:
        own = [_own(v[rows], found) for v, found in zip(self.values, self.texts, strict=True)]
        return Piece(
            self.timestamps[rows],
            tuple(values for values, _ in own),
            tuple(0 if mask is None else int(mask[rows].sum()) for mask in self.wrong),
            0 if self.late is None else int(self.late[rows].sum()),
            tuple(found for _, found in own),
        )


@dataclass(frozen=True, slots=True)
class RowsOfGroup:
    """One row group, divided by circuit."""

    pieces: tuple[tuple[CircuitKey, Piece], ...]
    flaws: tuple[Flaw, ...]


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
    if there is one, else by timestamp; so is a row whose `date` is null, or no day, which is a
    flaw. A row without a timestamp is left out, which is a flaw unless its `date` is not of the
    window.

    Args:
        arrays: what the file has of the columns of the layout; it is emptied on the way, to free
            memory. A column of numbers that is not in it is all NaN.
        file: the file that the rows are of.
        layout: the columns.
        window: rows to keep.
    """
    # Copies: views would keep Arrow's larger buffers for as long as the batch.
    timestamps = microseconds(arrays.pop(layout.timestamp)).copy()
    values, wrong, found = _numbers(arrays, layout, timestamps.size)
    plants = _ids(arrays, file, layout.plant)
    circuits = _ids(arrays, file, layout.circuit)
    names = (plants[1], circuits[1])
    groups = plants[0].astype(np.int64) * len(circuits[1]) + circuits[0]
    groups = np.broadcast_to(groups, timestamps.shape)
    stored_days, dayless = _stored_days(arrays, file, timestamps)
    columns = _Columns(timestamps, values, wrong, _late(file, timestamps, stored_days), found)
    timed = timestamps != NO_TIMESTAMP
    inside = _in_window(timestamps, stored_days, window) if file.day is None else np.True_
    kept = timed & inside
    flaws = list(_flaws("rows-without-time", groups[~timed & inside], names))
    if dayless is not None:
        flaws += _flaws("rows-without-day", groups[dayless & kept], names)
    if not kept.all():
        columns, groups = columns.take(kept), groups[kept]
    pieces, nameless = _divided(columns, groups, names)
    if nameless:
        flaws.append(Flaw("rows-without-circuit", nameless))
    return RowsOfGroup(pieces, tuple(flaws))


def join(
    key: CircuitKey, pieces: Sequence[Piece], features: Sequence[str], layout: Layout
) -> CircuitReadings:
    """Put the pieces of a circuit together, in the order in which they are given."""
    positions = {name: layout.numbers.index(name) for name in features}
    named = {n: _named(pieces, i) for n, i in positions.items() if n in layout.texts}
    plain = {
        n: np.concatenate([p.values[i] for p in pieces])
        for n, i in positions.items()
        if n not in named
    }
    return CircuitReadings(
        key.plant_id,
        key.circuit_id,
        np.concatenate([piece.timestamps for piece in pieces]),
        plain | {name: values for name, (values, _) in named.items()},
        {n: sum(p.errors[i] for p in pieces) for n, i in positions.items()},
        sum(piece.late for piece in pieces),
        {name: found for name, (_, found) in named.items()},
    )


def _own(values: FloatArray, found: tuple[str, ...]) -> tuple[FloatArray, tuple[str, ...]]:
    """Keep the texts that some rows have, with the positions in these."""
    if len(found) <= 1:
        return values, found
    known = ~np.isnan(values)
    used, of_row = np.unique(values[known], return_inverse=True)
    own = np.full(values.size, np.nan)
    own[known] = of_row
    return own, tuple(found[int(place)] for place in used)


def _named(pieces: Sequence[Piece], position: int) -> tuple[FloatArray, tuple[str, ...]]:
    """Put a column of texts together, with the positions in one list."""
    places: dict[str, int] = {}
    parts = []
    for piece in pieces:
        own = [places.setdefault(text, len(places)) for text in piece.texts[position]]
        values = piece.values[position]
        rows = np.where(np.isnan(values), len(own), values).astype(np.int64)
        parts.append(np.array([*own, np.nan])[rows])
    return np.concatenate(parts), tuple(places)


def _numbers(
    arrays: dict[str, ArrowArray], layout: Layout, rows: int
) -> tuple[tuple[FloatArray, ...], tuple[Mask | None, ...], tuple[tuple[str, ...], ...]]:
    """Take the columns of numbers out of arrays, copied, and where they hold something else."""
    values, wrong, found = [], [], []
    for column in layout.numbers:
        own: tuple[str, ...] = ()
        if column not in arrays:
            value, mask = np.full(rows, np.nan), None
        elif column in layout.texts:
            value, own, mask = texts(arrays.pop(column))
        else:
            convert = instants if column in layout.instants else numbers
            value, mask = convert(arrays.pop(column))
        values.append(value.copy())
        wrong.append(mask)
        found.append(own)
    return tuple(values), tuple(wrong), tuple(found)


def _stored_days(
    arrays: Mapping[str, ArrowArray], file: StoredFile, timestamps: MicrosecondArray
) -> tuple[NDArray[np.int64] | None, Mask | None]:
    """Return the days that rows are stored under, and which of them say a day that is none.

    A row without a day is of that of its timestamp. None without a column of days.
    """
    if file.day is not None or DATE not in arrays:
        return None, None
    stored, wrong = days(arrays[DATE])
    return np.where(stored == NO_DAY, timestamps // DAY_US, stored), wrong


def _late(
    file: StoredFile, timestamps: MicrosecondArray, stored_days: NDArray[np.int64] | None
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
    timestamps: MicrosecondArray, stored_days: NDArray[np.int64] | None, window: Window
) -> Mask:
    """Return which rows are of the window, or of no time at all."""
    inside: Mask
    if stored_days is None:
        inside = (timestamps >= window.start_us) & (timestamps < window.end_us)
        inside |= timestamps == NO_TIMESTAMP
    else:
        first, last = window.start_us // DAY_US, (window.end_us - 1) // DAY_US
        inside = (stored_days >= first) & (stored_days <= last)
        inside |= stored_days == NO_TIMESTAMP // DAY_US
    return inside


def _ids(
    arrays: Mapping[str, ArrowArray], file: StoredFile, column: str
) -> tuple[NDArray[np.int32], Sequence[str | None]]:
    if column in arrays:
        return codes(arrays[column])
    return np.zeros(1, np.int32), [file.partitions[column]]


def _flaws(kind: RowFlaw, groups: NDArray[np.int64], names: _Names) -> Iterator[Flaw]:
    for group, rows in zip(*np.unique(groups, return_counts=True), strict=True):
        yield Flaw(kind, int(rows), _key(int(group), names))


def _divided(
    columns: _Columns, groups: NDArray[np.int64], names: _Names
) -> tuple[tuple[tuple[CircuitKey, Piece], ...], int]:
    """Divide rows by circuit, and count those without one."""
    starts = _starts(groups)
    if np.unique(groups[starts]).size != starts.size:
        # A circuit's rows do not lie side by side: bring them together, their order kept.
        order = np.argsort(groups, kind="stable")
        columns, groups = columns.take(order), groups[order]
        starts = _starts(groups)
    pieces, nameless = [], 0
    for start, end in pairwise([*starts.tolist(), groups.size]):
        key = _key(int(groups[start]), names)
        if key is None:
            nameless += end - start
        else:
            pieces.append((key, columns.piece(slice(start, end))))
    return tuple(pieces), nameless


def _key(group: int, names: _Names) -> CircuitKey | None:
    plants, circuits = names
    plant, circuit = plants[group // len(circuits)], circuits[group % len(circuits)]
    return None if plant is None or circuit is None else CircuitKey(plant, circuit)


def _starts(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where a run of equal numbers begins."""
    if not groups.size:
        return np.zeros(0, np.int64)
    return np.concatenate([[0], np.flatnonzero(groups[1:] != groups[:-1]) + 1])
