"""How the files of one shape are read: each column of the table from a column of the files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evaluator.evaluation.measure import EVENT_TIME
from evaluator.recorded.conversion import EXPECTED, Conversion, convert
from evaluator.recorded.problems import RecordedDataError, did_you_mean, problem
from evaluator.recorded.shapes import Shape, SourceColumn
from evaluator.recorded.sql import FILE, JSON_TEXT, file_list, json_objects, json_path, quoted
from evaluator.tables import ColumnType, Table
from generator.diagnostics import Problem

AZURE_EXTRAS: Final = frozenset(
    (
        # https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns
        *("TenantId", "Type", "_ItemId", "_TimeReceived", "_ResourceId", "_SubscriptionId"),
        *("_IsBillable", "_BilledSize"),
        # Seen in exports, documented nowhere (inferred).
        *("_Internal_WorkspaceResourceId", "ManagementGroupName", "MG", "SourceSystem"),
        "TableName",  # from `az monitor log-analytics query`
    )
)
"""Columns that Azure adds to rows of any table; left out where the table's columns lack them."""


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column of the table that the files have."""

    name: str
    kind: ColumnType
    source: SourceColumn
    conversion: Conversion


@dataclass(frozen=True, slots=True)
class Reading:
    """Files of one shape and how they are read."""

    table: Table
    shape: Shape
    paths: tuple[Path, ...]
    columns: tuple[ReadColumn, ...]

    def source(self, paths: Sequence[Path] | None = None) -> str:
        """Write what the files, or some of them, are in a FROM."""
        return _source(self.table, self.shape, paths or self.paths)

    @property
    def time(self) -> ReadColumn:
        """The column by which Azure clips what a rule sees."""
        return next(c for c in self.columns if c.name == EVENT_TIME)


def plan_reading(
    table: Table, shape: Shape, paths: Sequence[Path], *, assume_utc: bool = False
) -> Reading:
    """Match the columns of files with those of their table.

    Raises:
        RecordedDataError: a column is unknown, or of a type that its cells can never have, or no
            column has times.
    """
    problems: list[Problem] = []
    columns: dict[str, ReadColumn] = {}
    for index, source in enumerate(shape.columns):
        kind = table.columns.get(source.name)
        if kind is None:
            if source.name not in AZURE_EXTRAS:
                problems.append(_unknown(source, table, paths[0]))
            continue
        cell, source_type = _cell(table, shape, index, kind)
        is_utc = source.is_utc or assume_utc
        conversion = convert(kind, cell, source_type, is_utc=is_utc)
        if conversion is None:
            problems.append(_never(source, kind, paths[0]))
        elif source.name in columns:
            problems.append(_twice(source, paths[0]))
        else:
            columns[source.name] = ReadColumn(source.name, kind, source, conversion)
    if EVENT_TIME not in columns and not problems:
        message = f"{paths[0]} has no column `{EVENT_TIME}`"
        fix = "export whole rows: rules look at rows by this time"
        problems.append(problem("data/no-time", paths[0], message, fix))
    if problems:
        raise RecordedDataError(problems)
    return Reading(table, shape, tuple(paths), tuple(columns.values()))


def _cell(table: Table, shape: Shape, index: int, kind: ColumnType) -> tuple[str, str]:
    """Write the cell of a column in what `_source` yields, and tell its type."""
    column = shape.columns[index]
    if shape.format == "csv":
        return f"c{index}", "VARCHAR"
    if shape.format == "parquet":
        return quoted(column.written), column.type
    texts, cells = _json_keys(table, shape)
    if kind in _AS_JSON:
        return f"cells[{cells.index(column.written) + 1}]", "JSON"
    # `az monitor log-analytics query` writes null as None.
    text = f"texts[{texts.index(column.written) + 1}]"
    return f"nullif({text}, 'None')", "VARCHAR"


_AS_JSON: Final = ("dynamic", "string")
"""Types whose cells are read as JSON; the Azure CLI writes cells of the others as text."""


def _json_keys(table: Table, shape: Shape) -> tuple[list[str], list[str]]:
    """List the keys that are read as text, and those that are read as JSON."""
    kinds = [(column.written, table.columns.get(column.name)) for column in shape.columns]
    texts = [written for written, kind in kinds if kind is not None and kind not in _AS_JSON]
    return texts, [written for written, kind in kinds if kind in _AS_JSON]


def _source(table: Table, shape: Shape, paths: Sequence[Path]) -> str:
    if shape.format == "parquet":
        options = f"hive_partitioning = false, filename = '{FILE}'"
        return f"read_parquet({file_list(paths)}, {options})"
    if shape.format == "csv":
        return csv_source(shape, paths)
    objects = json_objects(paths, is_array=shape.is_array, is_compressed=shape.is_compressed)
    texts, cells = (", ".join(map(json_path, keys)) for keys in _json_keys(table, shape))
    return (
        f"(SELECT {FILE}, json_extract_string({JSON_TEXT}, [{texts}]) AS texts, "  # noqa: S608
        f"json_extract({JSON_TEXT}, CAST([{cells}] AS VARCHAR[])) AS cells FROM {objects})"
    )


def csv_source(shape: Shape, paths: Sequence[Path], more: str = "") -> str:
    """Write what reads CSV, every cell as text; `more` are further options."""
    columns = ", ".join(f"c{i}: 'VARCHAR'" for i in range(len(shape.columns)))
    return (
        f"read_csv({file_list(paths)}, auto_detect = false, header = true, "
        f"columns = {{{columns}}}, delim = ',', quote = '\"', escape = '\"', "
        f"compression = '{'gzip' if shape.is_compressed else 'none'}', "
        f"hive_partitioning = false, filename = '{FILE}'{more})"
    )


def _unknown(source: SourceColumn, table: Table, path: Path) -> Problem:
    message = f"the table `{table.name}` has no column `{source.written}`"
    base, bracket, _ = source.written.partition(" [")
    close = did_you_mean(source.name, table.columns)
    if bracket and table.columns.get(base) == "datetime":
        fix = "set the portal's time zone to UTC and export it anew"
    elif close:
        fix = f"did you mean `{close}`?"
    else:
        fix = f"leave it out, or add it to the columns of `{table.name}`"
    return problem("data/unknown-column", path, message, fix)


def _never(source: SourceColumn, kind: ColumnType, path: Path) -> Problem:
    message = f"the column `{source.written}` has the type {source.type}, expected {EXPECTED[kind]}"
    fix = f"export it as {kind}"
    return problem("data/wrong-type", path, message, fix)


def _twice(source: SourceColumn, path: Path) -> Problem:
    message = f"the column `{source.name}` stands twice, once as `{source.written}`"
    return problem("data/duplicate-column", path, message, "keep one of them")
