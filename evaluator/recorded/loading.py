"""Puts recorded rows where queries run, or into Python for a test."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import duckdb

from evaluator.evaluation.measure import EVENT_TIME
from evaluator.recorded.checking import Extent, check
from evaluator.recorded.files import RecordedFile
from evaluator.recorded.problems import RecordedDataError, problem
from evaluator.recorded.reading import Reading, plan_reading
from evaluator.recorded.shapes import group_by_shape
from evaluator.recorded.sql import quoted
from evaluator.tables import Table
from generator.diagnostics import Problem

_MICROSECOND: Final = timedelta(microseconds=1)


class RowStore(Protocol):
    """What takes rows as a SELECT: the engine, before its first query."""

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The database that reads the files."""
        ...

    def add_relation(
        self,
        table: str,
        select: str,
        columns: Sequence[str],
        *,
        dataset: int = 0,
        latency: timedelta = timedelta(0),
    ) -> None:
        """Add what a SELECT yields, its columns under their real names."""
        ...


@dataclass(frozen=True, slots=True)
class RecordedTable:
    """The recorded rows of a table."""

    name: str
    files: int
    rows: int
    first: datetime | None
    """Earliest `TimeGenerated`; none without rows."""
    last: datetime | None
    missing_columns: tuple[str, ...]
    """Columns that no file has: null in every row, or empty text."""


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """Files of a table, each cell of which can be read."""

    recorded: RecordedTable
    readings: tuple[Reading, ...]

    def select(self, shift: timedelta = timedelta(0)) -> tuple[str, list[str]]:
        """Write the SELECT of all rows by time, and the columns it has.

        Columns that some files lack are null in their rows. `shift` moves every time.
        """
        names = list(dict.fromkeys(c.name for r in self.readings for c in r.columns))
        parts = [_select(reading, names, shift) for reading in self.readings]
        # By time, so that an evaluation finds what it sees close together.
        return f"{' UNION ALL '.join(parts)} ORDER BY {quoted(EVENT_TIME)}", names


def check_files(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[RecordedFile],
    tables: Mapping[str, Table],
    *,
    assume_utc: bool = False,
) -> list[CheckedTable]:
    """Look at every cell of recorded files; nothing is kept.

    Raises:
        RecordedDataError: files cannot be read, columns are unknown, cells are wrong: every
            problem, of a column its first.
    """
    problems: list[Problem] = []
    checked: dict[str, list[tuple[Reading, Extent]]] = {}
    for shape, paths in group_by_shape(connection, files).items():
        try:
            reading = plan_reading(tables[shape.table], shape, paths, assume_utc=assume_utc)
            checked.setdefault(shape.table, []).append((reading, check(connection, reading)))
        except RecordedDataError as error:
            problems += error.problems
    if not any(extent.rows for parts in checked.values() for _, extent in parts) and not problems:
        first = files[0].path if files else "."
        fix = "export a time range with rows"
        problems.append(problem("data/empty", first, "the recorded files have no rows", fix))
    if problems:
        raise RecordedDataError(problems)
    return [_checked_table(tables[name], parts) for name, parts in sorted(checked.items())]


def load_files(
    engine: RowStore,
    files: Sequence[RecordedFile],
    tables: Mapping[str, Table],
    *,
    assume_utc: bool = False,
    latency: timedelta = timedelta(0),
) -> list[RecordedTable]:
    """Check recorded files and put their rows into an engine before its first query.

    Raises:
        RecordedDataError: as `check_files`.
    """
    checked = check_files(engine.connection, files, tables, assume_utc=assume_utc)
    for table in checked:
        select, columns = table.select()
        engine.add_relation(table.recorded.name, select, columns, latency=latency)
    return [table.recorded for table in checked]


def read_rows(
    file: RecordedFile, table: Table, *, shift_to: datetime | None = None
) -> list[dict[str, object]]:
    """Read a small file into Python's values, as an engine's `add_rows` takes them.

    `shift_to` moves all times by as much as brings the first `TimeGenerated` there.

    Raises:
        RecordedDataError: as `check_files`.
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        (checked,) = check_files(connection, [file], {table.name: table})
        first = checked.recorded.first
        shift = shift_to - first if shift_to and first else timedelta(0)
        select, names = checked.select(shift)
        rows = connection.execute(select).fetchall()
    kinds = [table.columns[name] for name in names]
    return [
        {n: _python(k, cell) for n, k, cell in zip(names, kinds, row, strict=True)} for row in rows
    ]


def _python(kind: str, cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC)
    if kind == "dynamic" and isinstance(cell, str):
        return json.loads(cell)
    return cell


def _checked_table(table: Table, parts: Sequence[tuple[Reading, Extent]]) -> CheckedTable:
    extents = [extent for _, extent in parts]
    there = {column.name for reading, _ in parts for column in reading.columns}
    recorded = RecordedTable(
        table.name,
        files=sum(len(reading.paths) for reading, _ in parts),
        rows=sum(extent.rows for extent in extents),
        first=min((e.first for e in extents if e.first), default=None),
        last=max((e.last for e in extents if e.last), default=None),
        missing_columns=tuple(name for name in table.columns if name not in there),
    )
    return CheckedTable(recorded, tuple(reading for reading, _ in parts))


def _select(reading: Reading, names: Sequence[str], shift: timedelta) -> str:
    by_name = {column.name: column for column in reading.columns}
    cells = []
    for name in names:
        column = by_name.get(name)
        kind = reading.table.columns[name]
        value = column.conversion.value if column else "NULL"
        if kind == "string":
            value = f"coalesce({value}, '')"  # Kusto has no null string
        if column and kind == "datetime" and shift:
            value = f"{value} + to_microseconds({shift // _MICROSECOND})"
        cells.append(f"{value} AS {quoted(name)}")
    return f"SELECT {', '.join(cells)} FROM {reading.source()}"  # noqa: S608 - names are quoted
