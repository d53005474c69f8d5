"""What the ends of Parquet files tell: columns, row groups, and which circuits they can hold."""

from collections.abc import Collection, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from monitoring.sources.errors import Issue, IssueKind, SourceError
from monitoring.sources.keys import CircuitKey, KeyRange
from monitoring.sources.layout import Layout
from monitoring.sources.storage import ARROW_ERRORS
from monitoring.sources.tables import DATE, StoredFile, StoredTable
from monitoring.windows import Window

ANY = KeyRange(None, None)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


@dataclass(frozen=True, slots=True)
class RowGroup:
    """One row group that may hold rows of the window."""

    index: int
    rows: int
    keys: KeyRange


@dataclass(frozen=True, slots=True)
class Footer:
    """A file whose end could be read."""

    file: StoredFile
    metadata: pq.FileMetaData
    columns: frozenset[str]
    """Columns that are stored in the file."""
    groups: tuple[RowGroup, ...]
    first: float
    """Microseconds of the first timestamp, by the statistics; -inf if unknown."""


def read_footers(
    table: StoredTable,
    layout: Layout,
    window: Window,
    wanted: Collection[CircuitKey],
    pool: Executor,
) -> tuple[list[Footer], list[Issue]]:
    """Read the footers of the files that can hold rows of the window, ordered in time.

    Files are ordered by partition and first timestamp: Delta gives them no order of their own.
    Issues are about those of the wanted circuits that a file can hold.

    Raises:
        SourceError: no file is readable, or a column that tells rows apart is missing.
    """
    days = set(window.days)
    undated = [f for f in table.files if table.dated and f.day is None]
    chosen = [f for f in table.files if not table.dated or f.day in days]
    results = list(pool.map(lambda file: _footer(table, layout, window, file), chosen))
    footers = [result for result in results if isinstance(result, Footer)]
    found = [(file, _undated(table, file)) for file in undated]
    found += [(f, r) for f, r in zip(chosen, results, strict=True) if isinstance(r, Issue)]
    issues = [
        replace(issue, circuits=tuple(key for key in wanted if layout.may_hold(f.partitions, key)))
        for f, issue in found
    ]
    if issues and not footers:
        raise SourceError(issues[0].what, issues[0].where, issues[0].fix)
    require_delivery(table, issues, (footer.file for footer in footers))
    footers.sort(key=lambda f: (f.file.day or date.min, f.first, f.file.path))
    return footers, issues


def unreadable(table: StoredTable, file: StoredFile, error: Exception) -> Issue:
    """Say that a file is corrupt, or that storage does not deliver it.

    Raises:
        SourceError: storage delivers none: then all other files are in doubt, too.
    """
    try:
        with table.storage.filesystem().open_input_stream(file.path) as stream:
            while stream.read(1 << 24):
                pass
    except ARROW_ERRORS as failure:
        told = table.storage.failure(failure, file.path)
        if not table.storage.is_about_path(failure):
            raise told from failure
        return _issue(table, file, "withheld-file", f"{told.what}; its rows are missing", told.fix)
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return _issue(
        table,
        file,
        "unreadable-file",
        f"the Parquet file cannot be read ({reason}); its rows are missing",
        "write the file anew, or restore it from an older version of the table",
    )


def require_delivery(
    table: StoredTable, issues: Iterable[Issue], others: Iterable[StoredFile]
) -> None:
    """Make sure that files are withheld one by one: another file is still delivered.

    Raises:
        SourceError: no other file is, so that what is wrong is wrong with all of the table.
    """
    withheld = next((issue for issue in issues if issue.kind == "withheld-file"), None)
    if withheld is not None and not any(_is_delivered(table, file) for file in others):
        raise SourceError(withheld.what, withheld.where, withheld.fix)


def _is_delivered(table: StoredTable, file: StoredFile) -> bool:
    try:
        with table.storage.filesystem().open_input_stream(file.path) as stream:
            stream.read(1)
    except ARROW_ERRORS as error:
        if not table.storage.is_about_path(error):
            raise table.storage.failure(error, file.path) from error
        return False
    return True


def _issue(table: StoredTable, file: StoredFile, kind: IssueKind, what: str, fix: str) -> Issue:
    days = () if file.day is None else (file.day,)
    return Issue(kind, what, f"{table.uri}, file {file.path}", fix, days)


def _undated(table: StoredTable, file: StoredFile) -> Issue:
    return _issue(
        table,
        file,
        "undated-file",
        f"the partition `{DATE}` is {file.partitions.get(DATE)!r}, which is no day; "
        "the file is left out",
        "write its rows with a date such as 2026-12-31",
    )


def _footer(table: StoredTable, layout: Layout, window: Window, file: StoredFile) -> Footer | Issue:
    try:
        with table.storage.filesystem().open_input_file(file.path) as source:
            metadata = pq.read_metadata(source)
        schema = metadata.schema.to_arrow_schema()
    except ARROW_ERRORS as error:
        return unreadable(table, file, error)
    wrong = layout.problem(schema, file.partitions.keys())
    if wrong is not None:
        return _issue(table, file, "missing-column", *wrong)
    positions = {metadata.schema.column(i).path: i for i in range(metadata.num_columns)}
    groups, first = [], float("inf")
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        moments = _bounds(group, positions.get(layout.timestamp))
        if not group.num_rows or (not table.dated and _outside(group, positions, layout, window)):
            continue
        first = min(first, -float("inf") if moments is None else _microseconds(moments[0]))
        groups.append(RowGroup(index, group.num_rows, _keys(group, positions, layout, file)))
    return Footer(file, metadata, frozenset(schema.names), tuple(groups), first)


def _outside(
    group: pq.RowGroupMetaData, positions: dict[str, int], layout: Layout, window: Window
) -> bool:
    """Tell whether statistics prove that an undated file's rows are not of the window."""
    if DATE in positions:
        days = _bounds(group, positions[DATE])
        if days is None or not all(type(day) is date for day in days):
            return False
        outside = bool(days[1] < window.start.date() or days[0] >= window.end.date())
        return outside and not _may_have_nulls(group, positions[DATE])
    moments = _bounds(group, positions.get(layout.timestamp))
    if moments is None or _may_have_nulls(group, positions[layout.timestamp]):
        return False
    return _microseconds(moments[1]) < window.start_us or _microseconds(moments[0]) >= window.end_us


def _may_have_nulls(group: pq.RowGroupMetaData, position: int) -> bool:
    statistics = group.column(position).statistics
    return statistics is None or statistics.null_count != 0


def _bounds(group: pq.RowGroupMetaData, position: int | None) -> tuple[Any, Any] | None:
    if position is None:
        return None
    statistics = group.column(position).statistics
    if statistics is None or not statistics.has_min_max:
        return None
    try:
        return statistics.min, statistics.max
    except (pa.ArrowException, UnicodeDecodeError, ValueError, OverflowError):
        return None  # a bound that cannot be decoded bounds nothing


def _microseconds(moment: Any) -> float:
    if not isinstance(moment, datetime):
        return -float("inf")
    return (moment.replace(tzinfo=None) - _EPOCH) / timedelta(microseconds=1)


def _keys(
    group: pq.RowGroupMetaData, positions: dict[str, int], layout: Layout, file: StoredFile
) -> KeyRange:
    plants = _texts(group, positions, layout.plant, file)
    if plants is None:
        return ANY
    circuits = _texts(group, positions, layout.circuit, file) if plants[0] == plants[1] else None
    if circuits:
        return KeyRange.between(
            CircuitKey(plants[0], circuits[0]), CircuitKey(plants[1], circuits[1])
        )
    return KeyRange.of_plants(*plants)


def _texts(
    group: pq.RowGroupMetaData, positions: dict[str, int], column: str, file: StoredFile
) -> tuple[str, str] | None:
    if column in file.partitions:
        value = file.partitions[column]
        return None if value is None else (value, value)
    bounds = _bounds(group, positions.get(column))
    if bounds is None or not all(isinstance(bound, str) for bound in bounds):
        return None
    return bounds
