"""Finds every column with cells that are not what their column's type says.

One scan counts them; only where there are some, a second one finds the first.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from evaluator.recorded.conversion import EXPECTED, states_no_zone
from evaluator.recorded.problems import RecordedDataError, problem
from evaluator.recorded.reading import ReadColumn, Reading, csv_source
from evaluator.recorded.shapes import opened
from evaluator.recorded.sql import FILE, sentence
from generator.diagnostics import Problem

_MAX_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Extent:
    """How many rows there are, and when."""

    rows: int
    first: datetime | None
    last: datetime | None


def check(connection: duckdb.DuckDBPyConnection, reading: Reading) -> Extent:
    """Look at every cell of some files.

    Raises:
        RecordedDataError: cells cannot be read or converted; the first of each column.
    """
    counted = [c for c in reading.columns if c.conversion.value != c.conversion.text]
    counts = "".join(f", count(*) FILTER (WHERE {c.conversion.is_wrong})" for c in counted)
    time = reading.time.conversion
    select = (
        f"SELECT {FILE}, count(*), min({time.value}), max({time.value}), "  # noqa: S608
        f"count(*) FILTER (WHERE {time.text} IS NULL){counts} "
        f"FROM {reading.source()} GROUP BY {FILE} ORDER BY {FILE}"
    )
    try:
        files = connection.execute(select).fetchall()
    except duckdb.Error as error:
        raise RecordedDataError(list(_unreadable(connection, reading, error))) from None
    problems = list(_problems(connection, reading, counted, files))
    if problems:
        raise RecordedDataError(problems)
    return Extent(
        sum(row[1] for row in files),
        min((row[2].replace(tzinfo=UTC) for row in files if row[2]), default=None),
        max((row[3].replace(tzinfo=UTC) for row in files if row[3]), default=None),
    )


def _problems(
    connection: duckdb.DuckDBPyConnection,
    reading: Reading,
    counted: Sequence[ReadColumn],
    files: Sequence[tuple[Any, ...]],
) -> Iterator[Problem]:
    without_time = [row for row in files if row[4]]
    if without_time:
        path = Path(without_time[0][0])
        is_missing = f"{reading.time.conversion.text} IS NULL"
        row, _ = _first(connection, reading, path, is_missing, "''")
        yield _problem(
            reading,
            path,
            row,
            "data/no-time",
            f"{_place(path, row)} has no `{reading.time.source.written}`",
            "leave the row out; Azure gives every row a time",
        )
    for index, column in enumerate(counted, 5):
        wrong = [row for row in files if row[index]]
        if not wrong:
            continue
        path = Path(wrong[0][0])
        conversion = column.conversion
        number, cell = _first(connection, reading, path, conversion.is_wrong, conversion.text)
        more = sum(row[index] for row in wrong) - 1
        yield _wrong_cell(reading, column, path, (number, cell), more)


def _wrong_cell(
    reading: Reading, column: ReadColumn, path: Path, first: tuple[int, str], more: int
) -> Problem:
    row, cell = first
    shown = cell if len(cell) <= _MAX_SHOWN_CHARACTERS else cell[: _MAX_SHOWN_CHARACTERS - 1] + "…"
    others = f", as in {more:,} more" if more else ""
    place = f"{_place(path, row)}, column `{column.source.written}`"
    if column.kind == "datetime" and (
        states_no_zone(cell) or column.source.type.startswith("TIMESTAMP")
    ):
        fix = (
            f"if it is UTC, say so: write `Z` behind it, name the column `{column.name} [UTC]`, "
            "or, in a back-test, pass --assume-utc"
        )
        message = f"{place}: the time `{shown}` states no time zone{others}"
        return _problem(reading, path, row, "data/no-time-zone", message, fix)
    message = f"{place}: `{shown}` is not {EXPECTED[column.kind]}{others}"
    fix = f"write {EXPECTED[column.kind]}, or leave the cell empty"
    return _problem(reading, path, row, "data/wrong-type", message, fix)


def _first(
    connection: duckdb.DuckDBPyConnection, reading: Reading, path: Path, condition: str, text: str
) -> tuple[int, str]:
    """Find the first row of a file for which a condition holds: its number from 1, and a text."""
    row = connection.execute(
        f"SELECT n, cell FROM (SELECT row_number() OVER () AS n, {condition} AS found, "  # noqa: S608
        f"{text} AS cell FROM {reading.source([path])}) WHERE found ORDER BY n LIMIT 1"
    ).fetchone()
    assert row is not None  # noqa: S101 - it was counted
    return int(row[0]), str(row[1])


def _place(path: Path, row: int) -> str:
    return f"{path}, row {row:,}"


def _problem(
    reading: Reading, path: Path, row: int, identifier: str, message: str, fix: str
) -> Problem:
    line, source = _line(reading, path, row)
    return problem(identifier, path, message, fix, line=line, text=source)


def _line(reading: Reading, path: Path, row: int) -> tuple[int, str]:
    """Find the line of a row and what it says; the first where rows are not lines."""
    shape = reading.shape
    if shape.format == "parquet" or shape.is_array:
        return 1, ""
    with opened(path, is_compressed=shape.is_compressed) as content:
        if shape.format == "json":
            lines = (item for item in enumerate(content, 1) if item[1].strip())
            for number, (line, text) in enumerate(lines, 1):
                if number == row:
                    return line, text.decode("utf-8", "replace").rstrip("\r\n")
            return 1, ""
        reader = csv.reader(io.TextIOWrapper(content, "utf-8-sig", newline=""))
        begins = 1
        rows = -1  # the header is none
        for cells in reader:
            rows += bool(cells)
            if rows == row:
                return begins, ",".join(cells).partition("\n")[0]
            begins = reader.line_num + 1
    return 1, ""


def _unreadable(
    connection: duckdb.DuckDBPyConnection, reading: Reading, error: duckdb.Error
) -> Iterator[Problem]:
    """Tell which files cannot be read to their end."""
    found = False
    for path in reading.paths:
        try:
            connection.execute(f"SELECT count(*) FROM {reading.source([path])}").fetchone()  # noqa: S608
        except duckdb.Error as own:
            found = True
            yield _unreadable_file(connection, reading, path, own)
    if not found:
        fix = "check the file with another program, or export it anew"
        message = f"the rows of `{reading.table.name}` cannot be read: {sentence(error)}"
        yield problem("data/unreadable", reading.paths[0], message, fix)


def _unreadable_file(
    connection: duckdb.DuckDBPyConnection, reading: Reading, path: Path, error: duckdb.Error
) -> Problem:
    rejected = _rejected(connection, reading, path) if reading.shape.format == "csv" else None
    if rejected is None:
        message = f"{path} cannot be read to its end: {sentence(error)}"
        return problem("data/unreadable", path, message, "export it anew")
    line, text, kind = rejected
    kinds = {
        "MISSING COLUMNS": "the line has fewer columns than the header",
        "TOO MANY COLUMNS": "the line has more columns than the header",
        "UNQUOTED VALUE": "a quote does not end",
        "INVALID ENCODING": "the line is not UTF-8",
        "LINE SIZE OVER MAXIMUM": "the line is longer than a row can be",
    }
    fix = "write commas and line breaks inside of quotes, and a quote as two"
    message = f"{path}, line {line:,}: {kinds.get(kind, 'the line is no CSV')}"
    return problem("data/unreadable", path, message, fix, line=line, text=text)


def _rejected(
    connection: duckdb.DuckDBPyConnection, reading: Reading, path: Path
) -> tuple[int, str, str] | None:
    """Find the first line of CSV that is refused."""
    source = csv_source(reading.shape, [path], ", store_rejects = true")
    try:
        connection.execute(f"SELECT count(*) FROM {source}").fetchall()  # noqa: S608
        row = connection.execute(
            "SELECT line, coalesce(csv_line, ''), CAST(error_type AS VARCHAR) FROM reject_errors "
            "ORDER BY scan_id DESC, line LIMIT 1"
        ).fetchone()
    except duckdb.Error:
        return None
    return None if row is None else (int(row[0]), str(row[1]).partition("\n")[0], str(row[2]))
