"""One pass over the row groups of a table: in memory, or through scratch files."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from monitoring.sources.errors import Issue
from monitoring.sources.flaws import Flaw, flaw_issues
from monitoring.sources.footers import Footer, RowGroup, require_delivery, unreadable
from monitoring.sources.keys import CircuitKey
from monitoring.sources.layout import Layout
from monitoring.sources.plan import Batch
from monitoring.sources.rows import Piece, RowsOfGroup, read_row_group
from monitoring.sources.scratch import Scratch
from monitoring.sources.storage import ARROW_ERRORS
from monitoring.sources.tables import StoredTable
from monitoring.windows import Window

Pieces = dict[CircuitKey, list[Piece]]
_Work = tuple[int, Sequence[RowGroup]]


class Pass:
    """Reads row groups on several threads and remembers what was wrong or not asked for."""

    def __init__(
        self,
        table: StoredTable,
        layout: Layout,
        window: Window,
        footers: Sequence[Footer],
        wanted: Collection[CircuitKey],
        pool: Executor,
    ) -> None:
        """Take what `read_footers` found; `wanted` are the circuits that were asked for."""
        self.unknown: set[CircuitKey] = set()
        self._table, self._layout, self._window = table, layout, window
        self._footers, self._wanted, self._pool = footers, wanted, pool
        self._unreadable: dict[int, Issue] = {}
        self._flaws: dict[tuple[int, int], tuple[Flaw, ...]] = {}

    @property
    def issues(self) -> list[Issue]:
        """What was wrong so far: one issue a file, then one a kind of rows."""
        found = [self._unreadable[position] for position in sorted(self._unreadable)]
        files = [footer.file for footer in self._footers]
        flaws = [(position, flaw) for (position, _), group in self._flaws.items() for flaw in group]
        return [*found, *flaw_issues(self._table, self._layout, files, flaws)]

    def batch(self, batch: Batch) -> Pieces:
        """Read the circuits of a batch: their pieces, in the order of the table.

        Raises:
            SourceError: storage fails, or delivers no file any more.
        """
        work = [
            (position, groups)
            for position, footer in enumerate(self._footers)
            if (groups := [g for g in footer.groups if g.keys.overlaps(batch.range)])
        ]
        found: Pieces = {}
        for (position, _), outcomes in zip(work, self._pool.map(self._file, work), strict=True):
            for group, outcome in outcomes:
                for key, piece in self._met(position, group, outcome):
                    if key in batch.range and self._asked(key):
                        found.setdefault(key, []).append(piece)
        self._require_delivery(position for position, _ in work)
        return found

    def sort_into(self, scratch: Scratch, batches: Sequence[Batch]) -> None:
        """Read every row group once and append its rows to the files of their batches.

        Raises:
            SourceError: as `batch`.
        """
        batch_of = {key: n for n, batch in enumerate(batches) for key in batch.keys}

        def file(position: int) -> list[tuple[RowGroup, RowsOfGroup | Issue]]:
            outcomes: list[tuple[RowGroup, RowsOfGroup | Issue]] = []
            for group in self._footers[position].groups:
                [(_, outcome)] = self._file((position, [group]))
                if isinstance(outcome, RowsOfGroup):
                    shares: dict[int, list[tuple[CircuitKey, Piece]]] = {}
                    for key, piece in outcome.pieces:
                        if key in batch_of:
                            shares.setdefault(batch_of[key], []).append((key, piece))
                    for number, share in shares.items():
                        scratch.add(number, (position, group.index), share)
                    strangers = {key for key, _ in outcome.pieces} - batch_of.keys()
                    self.unknown.update(strangers)
                    outcome = replace(outcome, pieces=())
                outcomes.append((group, outcome))
            return outcomes

        for position, outcomes in enumerate(self._pool.map(file, range(len(self._footers)))):
            for group, outcome in outcomes:
                self._met(position, group, outcome)
        self._require_delivery(range(len(self._footers)))

    def _require_delivery(self, read: Iterable[int]) -> None:
        others = (f.file for n, f in enumerate(self._footers) if n not in self._unreadable)
        issues = [self._unreadable[n] for n in read if n in self._unreadable]
        require_delivery(self._table, issues, others)

    def _asked(self, key: CircuitKey) -> bool:
        if key in self._wanted:
            return True
        self.unknown.add(key)
        return False

    def _met(
        self, position: int, group: RowGroup, outcome: RowsOfGroup | Issue
    ) -> Sequence[tuple[CircuitKey, Piece]]:
        if isinstance(outcome, RowsOfGroup):
            # A group that is read for several batches has the same flaws each time.
            self._flaws[position, group.index] = tuple(
                flaw for flaw in outcome.flaws if flaw.key is None or flaw.key in self._wanted
            )
            return outcome.pieces
        before = self._unreadable.get(position, outcome)
        concerned = {key for key in self._wanted if key in group.keys}
        circuits = tuple(sorted(concerned.union(before.circuits)))
        self._unreadable[position] = replace(before, circuits=circuits)
        return ()

    def _file(self, work: _Work) -> list[tuple[RowGroup, RowsOfGroup | Issue]]:
        position, groups = work
        footer = self._footers[position]
        ids = (self._layout.plant, self._layout.circuit)
        try:
            with self._table.storage.filesystem().open_input_file(footer.file.path) as source:
                file = pq.ParquetFile(
                    source,
                    metadata=footer.metadata,
                    read_dictionary=[c for c in ids if c in footer.columns],
                    pre_buffer=self._table.storage.remote,
                    coerce_int96_timestamp_unit="us",
                    page_checksum_verification=True,
                )
                outcomes = [(group, self._group(file, group, footer)) for group in groups]
        except ARROW_ERRORS as error:
            issue = unreadable(self._table, footer.file, error)
            return [(group, issue) for group in groups]
        # Rows were copied out: what Arrow keeps for later would count on top of the batch.
        pa.default_memory_pool().release_unused()
        return outcomes

    def _group(self, file: pq.ParquetFile, group: RowGroup, footer: Footer) -> RowsOfGroup | Issue:
        try:
            return read_row_group(file, group.index, footer, self._layout, self._window)
        except ARROW_ERRORS as error:
            return unreadable(self._table, footer.file, error)


def missing_columns(
    table: StoredTable,
    layout: Layout,
    footers: Sequence[Footer],
    features: Mapping[CircuitKey, tuple[str, ...]],
) -> Iterator[Issue]:
    """Yield an issue for each feature that some file has not: its values there are NaN."""
    known = {name for names in features.values() for name in names}
    for feature in sorted(known - layout.optional):
        without = [footer.file for footer in footers if feature not in footer.columns]
        if without:
            days = {file.day for file in without if file.day is not None}
            yield Issue(
                "missing-column",
                f"the column `{feature}` is missing in {len(without)} of {len(footers)} files; "
                "its values there are NaN",
                f"{table.uri}, file {without[0].path}",
                "write the column; sensors are named by `features` of the circuits",
                tuple(sorted(days)),
                tuple(
                    key
                    for key, names in features.items()
                    if feature in names and any(layout.may_hold(f.partitions, key) for f in without)
                ),
            )
