"""Rows of a result as Python values of KQL's types."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, cast
from uuid import UUID

from evaluator.analysis.syntax import Column
from evaluator.execution.errors import ExecutionError

Cell = object

MAX_RESULT_BYTES: Final = 20 * 1024 * 1024
"""Of a rule's query: https://learn.microsoft.com/azure/azure-monitor/service-limits#alerts."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A query's result: times are aware and in UTC, dynamic values are Python's, no string None."""

    columns: tuple[Column, ...]
    rows: list[tuple[Cell, ...]]


def has_type(column: Column, engine_type: str) -> bool:
    """Tell whether DuckDB's type of a column is one that holds the column's values."""
    if column.type == "dynamic":
        return engine_type == "JSON" or engine_type.endswith("]")
    if column.type == "decimal":
        return engine_type.startswith("DECIMAL")
    return engine_type in _ENGINE_TYPES[column.type]


def converter(
    columns: Sequence[Column], engine_types: Sequence[str]
) -> Callable[[Sequence[object]], tuple[Cell, ...]]:
    """Make what turns a row of DuckDB into one of KQL."""
    converters = [
        _json if column.type == "dynamic" and engine_type == "JSON" else _CONVERTERS[column.type]
        for column, engine_type in zip(columns, engine_types, strict=True)
    ]

    def convert(row: Sequence[object]) -> tuple[Cell, ...]:
        return tuple(c(value) for c, value in zip(converters, row, strict=True))

    return convert


def size_bytes(row: Sequence[Cell]) -> int:
    """Estimate a row's size: the bytes of texts, eight for any other value (inferred)."""
    size, waiting = 0, list(row)
    while waiting:
        cell = waiting.pop()
        if isinstance(cell, str):
            size += len(cell.encode())
        elif isinstance(cell, list):
            waiting.extend(cell)
        else:
            size += 8
    return size


def _same(value: object) -> Cell:
    return value


def _string(value: object) -> Cell:
    return "" if value is None else value


def _real(value: object) -> Cell:
    return float(value) if isinstance(value, (int, Decimal)) else value


def _datetime(value: object) -> Cell:
    """Make a time aware; DuckDB's driver gives those that Python lacks as texts.

    Raises:
        ExecutionError: Kusto has no such time.
    """
    if value is not None and not isinstance(value, datetime):
        raise ExecutionError("the query returns a time before the year 1 or after 9999")
    return value if value is None else value.replace(tzinfo=UTC)


def _guid(value: object) -> Cell:
    return str(value) if isinstance(value, UUID) else value


def _json(value: object) -> Cell:
    """Read a dynamic value.

    Raises:
        ExecutionError: it cannot be read; DuckDB takes some texts that are no JSON.
    """
    try:
        return None if value is None else json.loads(cast("str", value))
    except ValueError:
        raise ExecutionError("the query returns a dynamic value that is no valid JSON") from None
    except RecursionError:
        raise ExecutionError(
            "the query returns a dynamic value that is nested too deeply"
        ) from None


_CONVERTERS: Final[dict[str, Callable[[object], Cell]]] = {
    "bool": _same,
    "datetime": _datetime,
    "decimal": _same,
    "dynamic": _same,
    "guid": _guid,
    "int": _same,
    "long": _same,
    "real": _real,
    "string": _string,
    "timespan": _same,
}
_WHOLE: Final = frozenset(("BIGINT", "HUGEINT", "INTEGER", "UBIGINT"))
_ENGINE_TYPES: Final[dict[str, frozenset[str]]] = {
    "bool": frozenset(("BOOLEAN",)),
    "datetime": frozenset(("TIMESTAMP",)),
    "guid": frozenset(("UUID",)),
    "int": _WHOLE,
    "long": _WHOLE,
    "real": _WHOLE | {"DOUBLE"},
    "string": frozenset(("VARCHAR",)),
    "timespan": frozenset(("INTERVAL",)),
}
