"""Finds recorded files, and which table each is of."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from evaluator.recorded.problems import RecordedDataError, did_you_mean, problem
from evaluator.tables import Table
from generator.diagnostics import Problem

FileFormat = Literal["csv", "json", "parquet"]

_FORMATS: Final[dict[str, FileFormat]] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
}
FORMATS_HINT: Final = (
    "files end in .parquet, .ndjson, .jsonl, .json or .csv, the last four also .gz"
)

_CONTAINER_PREFIX: Final = "am-"
"""Data export writes a table into the container `am-TABLE`,
https://learn.microsoft.com/azure/azure-monitor/logs/logs-data-export#storage-account."""


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A file with rows of one table."""

    table: str
    path: Path
    format: FileFormat
    is_compressed: bool = False
    """Whether it is compressed with gzip."""


def find_files(arguments: Iterable[str], tables: Mapping[str, Table]) -> list[RecordedFile]:
    """Find the files that some paths name; of a folder all, at any depth.

    An argument is a file, a folder, or either behind `TABLE=`. Without it the table is the one
    that begins the file's name (`AppMetrics_2026.csv`), else that which names a folder above it
    (`AppMetrics/...`, or `am-AppMetrics/...` as data export writes it). Of a folder, files of other
    formats are left out.

    Raises:
        RecordedDataError: a path leads to no file, or the table of a file cannot be told.
    """
    problems: list[Problem] = []
    found: dict[Path, RecordedFile] = {}
    for argument in arguments:
        stated, path = _stated_table(argument)
        try:
            paths = _paths(path)
            for each in paths:
                found[each] = _recorded_file(each, stated, tables)
        except RecordedDataError as error:
            problems += error.problems
    if problems:
        raise RecordedDataError(problems)
    return [found[path] for path in sorted(found)]


def recorded_file(path: Path, table: str) -> RecordedFile:
    """Take a file whose table is known.

    Raises:
        RecordedDataError: there is no such file, or its name ends in no format that is read.
    """
    if not path.is_file():
        raise RecordedDataError([_not_found(path)])
    kind, is_compressed = _format(path)
    if kind is None:
        raise RecordedDataError([_not_a_format(path)])
    return RecordedFile(table, path, kind, is_compressed)


def _stated_table(argument: str) -> tuple[str | None, Path]:
    """Split `TABLE=PATH`; folders of data export have `=` in their names."""
    table, separator, rest = argument.partition("=")
    if separator and "/" not in table and not Path(argument).exists():
        return table, Path(rest)
    return None, Path(argument)


def _paths(path: Path) -> Sequence[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise RecordedDataError([_not_found(path)])
    paths = sorted(_below(path))
    if not paths:
        raise RecordedDataError(
            [problem("data/empty", path, f"{path} has no recorded file", FORMATS_HINT)]
        )
    return paths


def _below(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if not name.startswith(".") and _format(path)[0] and path.is_file():
                yield path


def _recorded_file(path: Path, stated: str | None, tables: Mapping[str, Table]) -> RecordedFile:
    kind, is_compressed = _format(path)
    if kind is None:
        raise RecordedDataError([_not_a_format(path)])
    if stated is not None:
        table = stated if stated in tables else None
    else:
        table = _table_of_name(path, tables) or _table_of_folder(path, tables)
    if table is None:
        raise RecordedDataError([_unknown_table(path, stated, tables)])
    return RecordedFile(table, path, kind, is_compressed)


def _format(path: Path) -> tuple[FileFormat | None, bool]:
    suffix = path.suffix.lower()
    if suffix != ".gz":
        return _FORMATS.get(suffix), False
    kind = _FORMATS.get(Path(path.stem).suffix.lower())
    return (None if kind == "parquet" else kind), True  # Parquet compresses by itself


def _table_of_name(path: Path, tables: Mapping[str, Table]) -> str | None:
    """Find the longest table that begins the name and is not part of a longer word."""
    name = path.name.partition(".")[0].casefold()
    return max(
        (
            table
            for table in tables
            if name.startswith(table.casefold()) and not name[len(table) : len(table) + 1].isalpha()
        ),
        key=len,
        default=None,
    )


def _table_of_folder(path: Path, tables: Mapping[str, Table]) -> str | None:
    by_name = {table.casefold(): table for table in tables}
    folders = (part.casefold().removeprefix(_CONTAINER_PREFIX) for part in path.parent.parts[::-1])
    return next((by_name[folder] for folder in folders if folder in by_name), None)


def _not_found(path: Path) -> Problem:
    return problem(
        "data/not-found", path, f"there is no file or folder {path}", "name an export of a table"
    )


def _not_a_format(path: Path) -> Problem:
    message = f"{path} is in no format that is read"
    return problem("data/unreadable", path, message, FORMATS_HINT)


def _unknown_table(path: Path, stated: str | None, tables: Mapping[str, Table]) -> Problem:
    name = stated if stated is not None else path.name.partition(".")[0]
    close = did_you_mean(name, tables)
    what = f"there is no table `{name}`" if stated is not None else "its name is that of no table"
    fix = (
        f"did you mean `{close}`?"
        if close and stated is not None
        else f"write TABLE={path}; tables are {', '.join(sorted(tables))}"
    )
    return problem("data/unknown-table", path, f"{path}: {what}", fix)
