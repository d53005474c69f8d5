"""Tables in DuckDB: loaded while the door is open, then locked, and seen as of a time."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any, Final

import duckdb

from evaluator.execution.errors import ExecutionError
from evaluator.tables import ColumnType, Table

SQL_TYPES: Final[Mapping[ColumnType, str]] = {
    "bool": "BOOLEAN",
    "datetime": "TIMESTAMP",
    "decimal": "DECIMAL(38, 18)",
    "dynamic": "JSON",
    "guid": "VARCHAR",
    "int": "INTEGER",
    "long": "BIGINT",
    "real": "DOUBLE",  # a FLOAT compares badly with literals such as 0.1
    "string": "VARCHAR",
    "timespan": "INTERVAL",
}
TIME: Final = "TimeGenerated"
"""The column by which Azure clips what a rule sees."""

# No query may read a file, attach a database or load an extension, nor change this.
_LOCK: Final = (
    "SET enable_external_access = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET lock_configuration = true",
)


def quoted(name: str) -> str:
    """Write a name of a table or column in SQL."""
    return '"' + name.replace('"', '""') + '"'


class Storage:
    """The rows of some tables, in one in-memory database.

    Queries see views of the tables' names with the tables' columns only. What a view shows depends
    on the variables `dataset`, `range_start` and `evaluation_time` of the connection.
    """

    def __init__(self, tables: Mapping[str, Table]) -> None:
        """Create the tables."""
        self.tables = tables
        self.connection = duckdb.connect()
        self._waiting: dict[str, list[tuple[int, timedelta, Mapping[str, object]]]] = {}
        self._sealed = False
        # A schema of the same database would give every column twice.
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute("ATTACH ':memory:' AS storage")
        for table in tables.values():
            self._create(table)

    def __enter__(self) -> "Storage":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    def name(self, table: str) -> str:
        """Write the name of a stored table in SQL; its columns, `_dataset` and `_visible_at`."""
        return f"storage.{quoted(table)}"

    def visible_columns(self, table: str) -> str:
        """Write the list of a table's columns in SQL."""
        return ", ".join(map(quoted, self.tables[table].columns))

    def _create(self, table: Table) -> None:
        columns = [
            f"{quoted(name)} {SQL_TYPES[kind]}"
            # Kusto has no null string.
            + (" NOT NULL DEFAULT ''" if kind in {"string", "guid"} else "")
            for name, kind in table.columns.items()
        ]
        columns += ["_dataset INTEGER DEFAULT 0", "_visible_at TIMESTAMP"]
        self.connection.execute(f"CREATE TABLE {self.name(table.name)} ({', '.join(columns)})")
        clip = (
            f"{quoted(TIME)} >= getvariable('range_start')"
            f" AND {quoted(TIME)} < getvariable('evaluation_time') AND "
            if TIME in table.columns
            else ""
        )
        self.connection.execute(
            f"CREATE VIEW {quoted(table.name)} AS SELECT {self.visible_columns(table.name)}"  # noqa: S608
            f" FROM {self.name(table.name)} WHERE {clip}_dataset = getvariable('dataset')"
            " AND coalesce(_visible_at <= getvariable('evaluation_time'), true)"
        )

    def add_rows(
        self,
        table: str,
        rows: Iterable[Mapping[str, object]],
        *,
        dataset: int = 0,
        latency: timedelta = timedelta(0),
    ) -> None:
        """Add rows of a data set; each becomes visible `latency` after its time.

        Cells that a row lacks are null, or empty text.

        Raises:
            ExecutionError: there is no such table.
        """
        if table not in self.tables:
            raise ExecutionError(f"there is no table `{table}`")
        # Kept until a query runs: one INSERT a table takes a millisecond, one a row takes one each.
        self._waiting.setdefault(table, []).extend((dataset, latency, row) for row in rows)

    def rows(self, table: str) -> int:
        """Count the rows of a table, of all data sets."""
        self.flush()
        result = self.connection.execute(f"SELECT count(*) FROM {self.name(table)}").fetchone()  # noqa: S608
        assert result is not None  # noqa: S101 - a count has a row
        return int(result[0])

    def seal(self) -> None:
        """Store waiting rows and lock the database against everything but queries."""
        self.flush()
        if not self._sealed:
            for statement in _LOCK:
                self.connection.execute(statement)
            self._sealed = True

    def flush(self) -> None:
        """Store waiting rows.

        Raises:
            ExecutionError: a row has a column that its table lacks, or a cell of another type.
        """
        waiting, self._waiting = self._waiting, {}
        for table, rows in waiting.items():
            self._insert(self.tables[table], rows)

    def _insert(
        self, table: Table, rows: list[tuple[int, timedelta, Mapping[str, object]]]
    ) -> None:
        names = list(dict.fromkeys(name for _, _, row in rows for name in row))
        columns: list[list[Any]] = []
        types = []
        for name in names:
            kind = table.columns.get(name)
            if kind is None:
                raise ExecutionError(f"the table `{table.name}` has no column `{name}`")
            convert = _CONVERSIONS[kind]
            try:
                columns.append([convert(row.get(name)) for _, _, row in rows])
            except (TypeError, ValueError, ArithmeticError) as error:
                raise ExecutionError(
                    f"a cell of `{table.name}.{name}` is no {kind}: {error}"
                ) from None
            types.append(SQL_TYPES[kind])
        columns += [[dataset for dataset, _, _ in rows], [_visible_at(row) for row in rows]]
        names += ["_dataset", "_visible_at"]
        types += ["INTEGER", "TIMESTAMP"]
        values = ", ".join(f"unnest(?::{kind}[])" for kind in types)
        into = ", ".join(map(quoted, names))
        self.connection.execute(
            f"INSERT INTO {self.name(table.name)} ({into}) SELECT {values}",
            columns,
        )


def _visible_at(row: tuple[int, timedelta, Mapping[str, object]]) -> datetime | None:
    _, latency, cells = row
    time = cells.get(TIME)
    return None if time is None else _utc(time) + latency


def _utc(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError("a time with its zone is needed")
    return value.astimezone(UTC).replace(tzinfo=None)


def _optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or value % 1:
        raise TypeError(f"{value!r} is no whole number")
    return int(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _json(value: object) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is no JSON")


_CONVERSIONS: Final[Mapping[ColumnType, Callable[[Any], Any]]] = {
    "bool": _optional(_boolean),
    "datetime": _optional(_utc),
    "decimal": _optional(Decimal),
    "dynamic": _optional(_json),
    "guid": _text,
    "int": _optional(_integer),
    "long": _optional(_integer),
    "real": _optional(float),
    "string": _text,
    "timespan": _optional(lambda value: value + timedelta(0)),
}
