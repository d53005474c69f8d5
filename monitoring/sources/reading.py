"""Reads a fleet in one pass: circuit by circuit, in batches of plants, in bounded memory."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Final

from monitoring.model_predictions import COLUMNS, TEXTS
from monitoring.sensors import CircuitReadings
from monitoring.sources.errors import Issue
from monitoring.sources.finding import TARGET_TIME, FleetFiles, find_files
from monitoring.sources.keys import CircuitKey
from monitoring.sources.passes import Pass, Pieces
from monitoring.sources.plan import Batch, plan
from monitoring.sources.rows import Piece, join
from monitoring.sources.scratch import Scratch
from monitoring.sources.tables import StoredTable
from monitoring.windows import Window

BATCH_BYTES: Final = 160 << 20
_TOGETHER: Final = 16
"""Circuits that are handed over together, at most."""


class FleetReading:
    """The circuits of one pass, and what it met beside them. It can be gone through once.

    `unknown` and `absent` are complete only when the last circuit was taken.
    """

    def __init__(self, files: FleetFiles, pool: ThreadPoolExecutor) -> None:
        """Take what `find_files` found; `read_fleet` is the way to make one."""
        self.version = files.table.version
        """Version of the Delta table; None for a folder of Parquet files."""
        self.absent: set[CircuitKey] = set()
        """Circuits that were asked for and have no row in the window."""
        self._files, self._pool = files, pool
        self._pass = Pass(
            files.table, files.layout, files.window, files.footers, files.features.keys(), pool
        )
        self._circuits: Iterator[list[CircuitReadings]] = iter(())

    @property
    def issues(self) -> list[Issue]:
        """Parts that could not be read so far; the rest is served."""
        return [*self._files.issues, *self._pass.issues]

    @property
    def unknown(self) -> set[CircuitKey]:
        """Circuits that are in the data and were not asked for."""
        return self._pass.unknown

    def __iter__(self) -> Iterator[list[CircuitReadings]]:
        """Yield the circuits of a plant, at most 16 at once, sorted by plant and circuit.

        Raises:
            SourceError: storage fails, or delivers no file of the pinned version any more.
        """
        return self._circuits

    def start(self, batch_bytes: int, scratch_folder: Path | None) -> None:
        """Decide how to read; reading begins with the first circuit that is taken."""
        row_bytes = 8 * (1 + len(self._files.layout.numbers))
        keys = sorted(self._files.features)
        chosen = plan(self._files.footers, keys, row_bytes, batch_bytes)
        if chosen.through_scratch:
            parts = self._through_scratch(chosen.batches, scratch_folder)
        else:
            parts = map(self._pass.batch, chosen.batches)
        batches = zip((batch.keys for batch in chosen.batches), parts, strict=True)
        self._circuits = self._served(batches)

    def _through_scratch(self, batches: Sequence[Batch], folder: Path | None) -> Iterator[Pieces]:
        with Scratch(len(batches), len(self._files.layout.numbers), folder) as scratch:
            self._pass.sort_into(scratch, batches)
            for number in range(len(batches)):
                yield scratch.pieces(number)

    def _served(
        self, batches: Iterable[tuple[Sequence[CircuitKey], Pieces]]
    ) -> Iterator[list[CircuitReadings]]:
        try:
            for keys, pieces in batches:
                self.absent.update(key for key in keys if key not in pieces)
                present = [key for key in keys if key in pieces]
                for _, members in groupby(present, lambda key: key.plant_id):
                    for chosen in _portions(list(members)):
                        yield list(
                            self._pool.map(lambda k: self._joined(k, pieces.pop(k)), chosen)  # noqa: B023
                        )
        finally:
            self._pool.shutdown()

    def _joined(self, key: CircuitKey, pieces: Sequence[Piece]) -> CircuitReadings:
        return join(key, pieces, self._files.features[key], self._files.layout)


def read_fleet(
    table: StoredTable,
    features: Mapping[CircuitKey, Sequence[str]],
    window: Window,
    *,
    timestamp: str = "timestamp",
    instants: frozenset[str] = frozenset(),
    texts: frozenset[str] = frozenset(),
    optional: frozenset[str] = frozenset(),
    batch_bytes: int = BATCH_BYTES,
    threads: int | None = None,
    scratch_folder: Path | None = None,
) -> FleetReading:
    """Read the rows of a window, of every circuit that is asked for, once.

    A table with the partition `date` gives all rows of the window's days as they are stored,
    duplicates, disorder and foreign timestamps included; `late` counts the latter. Other tables
    are cut by their column `date`, or else by timestamp, as are rows whose `date` is null. Rows
    without a timestamp are an issue and left out. Rows keep their order within a file; files follow
    each other by partition, then by first timestamp, then by name.

    Memory holds one batch. Where row groups are sorted by plant and circuit, a batch reads only
    its own; where they are not, the fleet is kept together up to four times `batch_bytes`, and
    above that sorted once into scratch files. Either way a row is decoded about once.

    Args:
        table: What `open_table` pinned.
        features: Columns of numbers, by circuit. A column that a file lacks is NaN there and an
            issue.
        window: Rows to read.
        timestamp: The column of time, `target_time` for predictions.
        instants: Those of the columns that are times: read as microseconds since 1970.
        texts: Those that are short texts: read as positions in the `texts` of the readings.
        optional: Those that a file may do without: NaN there and no issue.
        batch_bytes: Bytes of decoded rows that are kept at once.
        threads: Files that are read at once; all cores unless given.
        scratch_folder: Where scratch files are made; the system's place unless given.

    Raises:
        SourceError: columns are missing or of a wrong type, no file can be read, or storage fails.
    """
    pool = ThreadPoolExecutor(threads or _cores(), thread_name_prefix="mlmon-read")
    files = find_files(
        table,
        features,
        window,
        pool,
        timestamp=timestamp,
        instants=instants,
        texts=texts,
        optional=optional,
    )
    reading = FleetReading(files, pool)
    reading.start(batch_bytes, scratch_folder)
    return reading


def read_predictions(
    table: StoredTable, circuits: Iterable[CircuitKey], window: Window
) -> FleetReading:
    """Read `predicted_value` by `target_time`: every horizon, model and version of the window.

    Which model made each is in `model_name`, where the table says it.

    Raises:
        SourceError: as `read_fleet`.
    """
    features = dict.fromkeys(circuits, COLUMNS)
    return read_fleet(table, features, window, timestamp=TARGET_TIME, texts=TEXTS, optional=TEXTS)


def _portions(keys: Sequence[CircuitKey]) -> Iterator[Sequence[CircuitKey]]:
    return (keys[first : first + _TOGETHER] for first in range(0, len(keys), _TOGETHER))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
