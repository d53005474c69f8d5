"""The tables that queries read: names and column types, as Microsoft's reference lists them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, cast, get_args

ColumnType = Literal[
    "bool", "datetime", "decimal", "dynamic", "guid", "int", "long", "real", "string", "timespan"
]
"""Scalar types of KQL, https://learn.microsoft.com/kusto/query/scalar-data-types/."""

COLUMN_TYPES: Final[tuple[str, ...]] = get_args(ColumnType)


class TableError(ValueError):
    """A table file that cannot be used: no JSON, or no columns with types of KQL."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table's name and its columns in order."""

    name: str
    columns: Mapping[str, ColumnType]

    def __hash__(self) -> int:
        return hash((self.name, *self.columns.items()))


def read_tables(folder: Path) -> dict[str, Table]:
    """Read every `NAME.json` of a folder such as `kql/tables`, by table name.

    Raises:
        TableError: a file is no table.
    """
    return {path.stem: read_table(path) for path in sorted(folder.glob("*.json"))}


def read_table(path: Path) -> Table:
    """Read one table, `{"columns": {"TimeGenerated": "datetime", ...}}`.

    Raises:
        TableError: the file is no table.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(f"{path} cannot be read as JSON: {error}") from error
    columns = content.get("columns") if isinstance(content, dict) else None
    if not isinstance(columns, dict) or not columns:
        raise TableError(f"{path} has no `columns`: write {{name: type}}")
    return make_table(path.stem, columns.items(), str(path))


def make_table(name: str, columns: Iterable[tuple[str, object]], where: str) -> Table:
    """Make a table of columns whose types are names of KQL types.

    Raises:
        TableError: a type is none of KQL's.
    """
    typed: dict[str, ColumnType] = {}
    for column, kind in columns:
        if kind not in COLUMN_TYPES:
            raise TableError(
                f"{where}: the column `{column}` has the type `{kind}`; "
                f"KQL has {', '.join(COLUMN_TYPES)}"
            )
        typed[column] = cast("ColumnType", kind)
    return Table(name, MappingProxyType(typed))
