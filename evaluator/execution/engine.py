"""The engine: telemetry in DuckDB, and KQL queries on what Azure would see of it at a time."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final

import duckdb

from evaluator.analysis.syntax import Analysis, Column
from evaluator.execution.errors import ExecutionError, NotExecutable
from evaluator.execution.storage import Storage
from evaluator.execution.translation import CLOCK, PreparedQuery, translate
from evaluator.tables import Table
from generator.azure import MAX_LOOKBACK

# https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#alerts
MAX_RESULT_BYTES: Final = 20_000_000
_BEGINNING: Final = datetime(1, 1, 1)  # noqa: DTZ001 - DuckDB's times are UTC without saying so


@dataclass(frozen=True, slots=True)
class Rows:
    """The result of a query."""

    columns: tuple[Column, ...]
    rows: list[tuple[object, ...]]
    """Datetimes are aware and in UTC, dynamic values Python objects, strings never None."""


class Engine:
    """Runs queries on the rows of some tables.

    Rows are kept apart by data set, so that many rule tests share one engine. Once a query has run
    no file can be read any more: load recorded telemetry before.
    """

    def __init__(self, tables: Mapping[str, Table], *, timeout_s: float = 30.0) -> None:
        """Create the tables; a query may run for `timeout_s` seconds."""
        self.storage = Storage(tables)
        self._timeout_s = timeout_s
        self._prepared: dict[tuple[str, bool], PreparedQuery | NotExecutable] = {}

    def __enter__(self) -> "Engine":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.storage.connection.close()

    @property
    def tables(self) -> Mapping[str, Table]:
        """The tables by name."""
        return self.storage.tables

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The database; it can read files until the engine is sealed."""
        return self.storage.connection

    def storage_name(self, table: str) -> str:
        """Write the name of a stored table in SQL."""
        return self.storage.name(table)

    def seal(self) -> None:
        """Lock the database against everything but queries."""
        self.storage.seal()

    def add_rows(
        self,
        table: str,
        rows: Iterable[Mapping[str, object]],
        *,
        dataset: int = 0,
        latency: timedelta = timedelta(0),
    ) -> None:
        """Add rows of a data set; each becomes visible `latency` after its time.

        Raises:
            ExecutionError: there is no such table.
        """
        self.storage.add_rows(table, rows, dataset=dataset, latency=latency)

    def prepare(self, analysis: Analysis, *, alert: bool = True) -> PreparedQuery:
        """Translate a query, and let DuckDB plan it; the same text is translated once.

        Raises:
            NotExecutable: it cannot be run exactly.
        """
        key = (analysis.text, alert)
        if key not in self._prepared:
            try:
                self._prepared[key] = self._plan(translate(analysis, self.tables, alert=alert))
            except NotExecutable as error:
                self._prepared[key] = error
        found = self._prepared[key]
        if isinstance(found, NotExecutable):
            raise found
        return found

    def _plan(self, prepared: PreparedQuery) -> PreparedQuery:
        self.seal()
        expected = [column.name for column in prepared.columns]
        try:
            statements = self.connection.extract_statements(prepared.sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise NotExecutable("the query is not one statement that reads")
            described = self.connection.execute(
                f"DESCRIBE {prepared.sql}", _clock(prepared, datetime.now(UTC))
            ).fetchall()
        except duckdb.Error as error:
            # Its message names generated SQL: of no use to whoever wrote the KQL.
            kind = type(error).__name__.removesuffix("Exception")
            raise NotExecutable(f"the engine cannot plan the query ({kind} error)") from None
        found = [str(row[0]) for row in described]
        if found != expected:
            raise NotExecutable(
                f"the engine names the columns {', '.join(found)}, Kusto {', '.join(expected)}",
                hint="name every aggregate and expression",
            )
        return prepared

    def run(
        self,
        prepared: PreparedQuery,
        now: datetime,
        query_time_range: timedelta | None,
        *,
        dataset: int = 0,
    ) -> Rows:
        """Run a query at a time.

        It sees rows from `query_time_range` before until before `now`, at most two days if it is
        of an alert rule; everything before `now` for None.

        Raises:
            ExecutionError: it took too long, or returns more than Azure's 20 MB.
        """
        self.seal()
        moment = now.astimezone(UTC).replace(tzinfo=None)
        start = _BEGINNING
        if query_time_range is not None:
            start = moment - min(query_time_range, MAX_LOOKBACK)
        for name, value in (
            ("dataset", dataset),
            ("range_start", start),
            ("evaluation_time", moment),
        ):
            self.connection.execute(f"SET VARIABLE {name} = ?", [value])
        rows = self.fetch(prepared.sql, _clock(prepared, now))
        return Rows(prepared.columns, list(_converted(rows, prepared.columns)))

    def fetch(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run one statement within the time limit and Azure's size limit.

        Raises:
            ExecutionError: it took too long, failed, or returns more than 20 MB.
        """
        try:
            with self._time_limit():
                rows = self.connection.execute(sql, dict(parameters) or None).fetchall()
        except duckdb.InterruptException:
            raise ExecutionError(
                f"the query ran for more than {self._timeout_s:g} s and was stopped"
            ) from None
        except duckdb.Error as error:
            reason = str(error).splitlines()[0][:200]
            raise ExecutionError(f"the query broke off: {reason}") from None
        if len(rows) > 10_000 and _size(rows) > MAX_RESULT_BYTES:
            raise ExecutionError("the query returns more than Azure's limit of 20 MB")
        return rows

    @contextmanager
    def _time_limit(self) -> Iterator[None]:
        timer = threading.Timer(self._timeout_s, self.connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _clock(prepared: PreparedQuery, now: datetime) -> dict[str, object]:
    return {CLOCK: now.astimezone(UTC).replace(tzinfo=None)} if prepared.reads_clock else {}


def _size(rows: list[tuple[Any, ...]]) -> int:
    return sum(len(str(cell)) for row in rows for cell in row)


def _converted(
    rows: list[tuple[Any, ...]], columns: tuple[Column, ...]
) -> Iterator[tuple[object, ...]]:
    conversions = [_CONVERSIONS.get(column.type) for column in columns]
    for row in rows:
        yield tuple(
            cell if convert is None else convert(cell)
            for cell, convert in zip(row, conversions, strict=True)
        )


def _dynamic(cell: object) -> object:
    return json.loads(cell) if isinstance(cell, str) and cell else cell


def _present(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda cell: None if cell is None else convert(cell)


_CONVERSIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "datetime": _present(lambda cell: cell.replace(tzinfo=UTC)),
    "dynamic": _dynamic,
    "int": _present(int),
    "long": _present(int),
    "real": _present(float),
    "string": lambda cell: "" if cell is None else str(cell),
    "bool": _present(bool),
}
