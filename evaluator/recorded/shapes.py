"""What columns recorded files have; files of one shape are read together."""

import csv
import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import duckdb

from evaluator.recorded.files import FileFormat, RecordedFile
from evaluator.recorded.problems import RecordedDataError, problem
from evaluator.recorded.sql import JSON_TEXT, file_list, json_objects, sentence
from generator.diagnostics import Problem

_UTC_SUFFIX: Final = " [UTC]"
"""Behind the names of times in what the Azure portal exports as CSV, when its zone is UTC."""
_MAX_HEADER_CHARACTERS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column of a file."""

    written: str
    """Its name in the file."""
    type: str
    """Type in DuckDB: VARCHAR in CSV, JSON in JSON, any in Parquet."""

    @property
    def name(self) -> str:
        """Its name in the table."""
        return self.written.removesuffix(_UTC_SUFFIX)

    @property
    def is_utc(self) -> bool:
        """Whether its name says that its times are in UTC."""
        return self.written.endswith(_UTC_SUFFIX)


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides how a file is read."""

    table: str
    format: FileFormat
    is_compressed: bool = False
    is_array: bool = False
    """Whether it is one JSON array, not an object a line."""
    columns: tuple[SourceColumn, ...] = ()
    """In the file's order; of JSON, all that occur in some row."""


def group_by_shape(
    connection: duckdb.DuckDBPyConnection, files: Sequence[RecordedFile]
) -> dict[Shape, list[Path]]:
    """Read headers and schemas, and put files of one shape together.

    Raises:
        RecordedDataError: a file is empty or not what its name says.
    """
    problems: list[Problem] = []
    groups: dict[Shape, list[Path]] = {}
    for file in files:
        try:
            groups.setdefault(_shape(connection, file), []).append(file.path)
        except RecordedDataError as error:
            problems += error.problems
    shaped: dict[Shape, list[Path]] = {}
    for shape, paths in groups.items():
        try:
            shaped[_with_keys(connection, shape, paths)] = paths
        except RecordedDataError as error:
            problems += error.problems
    if problems:
        raise RecordedDataError(problems)
    return shaped


def opened(file: Path, *, is_compressed: bool) -> IO[bytes]:
    """Open a file as the bytes that it stands for."""
    return cast("IO[bytes]", gzip.open(file, "rb")) if is_compressed else file.open("rb")


def _shape(connection: duckdb.DuckDBPyConnection, file: RecordedFile) -> Shape:
    path = file.path
    try:
        if path.stat().st_size == 0:
            raise RecordedDataError([_is_empty(path)])
        if file.format == "parquet":
            return Shape(file.table, "parquet", columns=_parquet_columns(connection, path))
        with opened(path, is_compressed=file.is_compressed) as content:
            if file.format == "csv":
                columns = _csv_columns(path, content)
                return Shape(file.table, "csv", file.is_compressed, columns=columns)
            return Shape(file.table, "json", file.is_compressed, _is_array(path, content))
    except (OSError, EOFError, zlib.error) as error:
        message = f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
        fix = "export it anew" if file.is_compressed else "check that it is a file you may read"
        raise RecordedDataError([problem("data/unreadable", path, message, fix)]) from None


def _parquet_columns(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[SourceColumn, ...]:
    try:
        rows = connection.execute(
            f"DESCRIBE SELECT * FROM read_parquet({file_list([path])}, hive_partitioning = false)"  # noqa: S608
        ).fetchall()
    except duckdb.Error as error:
        message = f"{path} is no Parquet file: {sentence(error)}"
        fix = "export it anew, or name it by its format"
        raise RecordedDataError([problem("data/unreadable", path, message, fix)]) from None
    return tuple(SourceColumn(row[0], row[1]) for row in rows)


def _csv_columns(path: Path, content: IO[bytes]) -> tuple[SourceColumn, ...]:
    line = content.readline(_MAX_HEADER_CHARACTERS)
    try:
        text = line.decode("utf-8-sig")
        names = next(csv.reader([text], strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        message = f"{path}: its first line is no header of CSV in UTF-8: {error}"
        fix = "save it as UTF-8 with commas between columns"
        raise RecordedDataError([problem("data/unreadable", path, message, fix)]) from None
    if not names:
        raise RecordedDataError([_is_empty(path)])
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        message = f"the column `{repeated}` stands twice in the header"
        fix = "keep one of them"
        raise RecordedDataError(
            [problem("data/duplicate-column", path, message, fix, text=text.rstrip("\r\n"))]
        )
    if len(names) == 1 and (";" in text or "\t" in text):
        message = f"{path}: its columns are not separated by commas"
        fix = "export it anew, or save it with commas between columns"
        raise RecordedDataError(
            [problem("data/unreadable", path, message, fix, text=text.rstrip("\r\n"))]
        )
    return tuple(SourceColumn(name, "VARCHAR") for name in names)


def _is_array(path: Path, content: IO[bytes]) -> bool:
    while block := content.read(4096):
        begin = block.removeprefix(b"\xef\xbb\xbf").lstrip()
        if begin:
            return begin.startswith(b"[")
    raise RecordedDataError([_is_empty(path)])


def _with_keys(connection: duckdb.DuckDBPyConnection, shape: Shape, paths: Sequence[Path]) -> Shape:
    """Add the keys that occur in rows of JSON."""
    if shape.format != "json":
        return shape
    objects = json_objects(paths, is_array=shape.is_array, is_compressed=shape.is_compressed)
    keys = f"CASE json_type({JSON_TEXT}) WHEN 'OBJECT' THEN json_keys({JSON_TEXT}) END"
    try:
        found = connection.execute(
            "SELECT list_sort(list_distinct(flatten(list(k)))), "  # noqa: S608
            "any_value(k) FILTER (WHERE len(list_distinct(k)) < len(k)), bool_or(k IS NULL) "
            f"FROM (SELECT DISTINCT {keys} AS k FROM {objects})"
        ).fetchone()
    except duckdb.Error as error:
        raise RecordedDataError([_not_json(shape, paths, sentence(error))]) from None
    names, repeated, has_others = found or ([], None, False)
    if has_others:
        raise RecordedDataError([_not_json(shape, paths, "a row is no object")])
    if repeated is not None:
        name = next(n for n in repeated if repeated.count(n) > 1)
        message = f"the key `{name}` stands twice in a row"
        raise RecordedDataError(
            [problem("data/duplicate-column", paths[0], message, "keep one of them")]
        )
    columns = tuple(SourceColumn(name, "JSON") for name in names or ())
    return Shape(shape.table, "json", shape.is_compressed, shape.is_array, columns)


def _not_json(shape: Shape, paths: Sequence[Path], reason: str) -> Problem:
    """Find the first line that is no JSON object."""
    fix = "write one JSON object a line, or one array of objects"
    for path in [] if shape.is_array else paths:
        with opened(path, is_compressed=shape.is_compressed) as content:
            for number, line in enumerate(content, 1):
                try:
                    is_row = not line.strip() or isinstance(json.loads(line), dict)
                except ValueError:
                    is_row = False
                if not is_row:
                    text = line.decode("utf-8", "replace").rstrip("\r\n")
                    message = f"line {number} is no JSON object"
                    return problem("data/unreadable", path, message, fix, line=number, text=text)
    message = f"{paths[0]} is no JSON: {reason}"
    return problem("data/unreadable", paths[0], message, fix)


def _is_empty(path: Path) -> Problem:
    return problem("data/empty", path, f"{path} is empty", "export it anew, or leave it out")
