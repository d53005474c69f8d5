"""Running KQL on DuckDB: rows in tables, queries as they would run at a time."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final

import duckdb

from evaluator.analysis.syntax import Analysis, Column
from evaluator.execution.beside import BesideEvaluations, Sight, sql_beside_evaluations
from evaluator.execution.cells import column_text, decoded, microseconds
from evaluator.execution.database import Database, self_made_reason
from evaluator.execution.datatables import with_stored_datatables
from evaluator.execution.errors import NotExecutable, ResultTooLarge, RowError
from evaluator.execution.prepared import bindings, prepared_query
from evaluator.execution.promotion import PromotedQuery, with_promoted
from evaluator.execution.rows import MAX_RESULT_BYTES, Rows, converter, has_type, size_bytes
from evaluator.execution.storage import StoredTable
from evaluator.execution.translation import PreparedQuery, depth_refused, lowered, tables_of
from evaluator.tables import Table
from generator.azure import MAX_LOOKBACK

_BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
_ROWS_AT_A_TIME: Final = 1_000
"""So that a result that is too large is noticed before it fills the memory; one row if there are
lists, which may have a million elements each."""
_LARGE_TABLE_ROWS: Final = 20_000
"""From here on, a column of its own for a property costs less than it saves."""


class Engine:
    """A database of its own with the rows of a test or a back-test.

    Before the first query the database is sealed: no query can reach files, other databases or
    settings.
    """

    def __init__(self, tables: Mapping[str, Table], *, timeout_s: float = 30.0) -> None:
        self._database = Database(timeout_s)
        self._stored = {
            name: StoredTable(number, table)
            for number, (name, table) in enumerate(sorted(tables.items()))
        }
        self._prepared: dict[tuple[str, bool], PreparedQuery] = {}
        for stored in self._stored.values():
            stored.create(self._database.connection)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.connection.close()

    def add_rows(
        self,
        table: str,
        rows: Iterable[Mapping[str, object]],
        *,
        dataset: int = 0,
        latency: timedelta = timedelta(0),
    ) -> None:
        """Add rows, each a mapping from column to Python's value of the column's type.

        Every row needs its `TimeGenerated`, an aware datetime; `latency` later it is visible.
        Cells that are missing are null, or empty for strings.

        Raises:
            RowError: there is no such table or column, or a value is not of the column's type.
        """
        self._table(table).add(rows, dataset=dataset, latency=latency)

    def add_relation(
        self,
        table: str,
        select: str,
        columns: Sequence[str],
        *,
        dataset: int = 0,
        latency: timedelta = timedelta(0),
    ) -> None:
        """Add what a SELECT of the program yields, such as one that reads a Parquet file.

        Raises:
            RowError: there is no such table, or the first query has already run.
            duckdb.Error: the SELECT failed.
        """
        if self._database.is_sealed:
            raise RowError(f"files can be read into `{table}` only before the first query")
        self._table(table).insert(
            self._database.connection, select, columns, dataset=dataset, latency=latency
        )

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The database, for what reads files before the first query."""
        return self._database.connection

    def prepare(self, analysis: Analysis, *, alert: bool = True) -> PreparedQuery:
        """Translate a query; the same text is translated once.

        Raises:
            NotExecutable: the language service has errors, or the answer would not be exact.
        """
        key = (analysis.text, alert)
        if key not in self._prepared:
            self._database.seal()
            with depth_refused(analysis):
                self._prepared[key] = self._translated(analysis, alert=alert)
        return self._prepared[key]

    def run(
        self,
        prepared: PreparedQuery,
        now: datetime,
        query_time_range: timedelta | None,
        *,
        dataset: int = 0,
    ) -> Rows:
        """Run a query as it would run at the time `now` (E2, E3, E5).

        It sees the rows of the `dataset` from `query_time_range` before `now`, or from the
        beginning, up to and without `now`; an alert rule never more than two days.

        Raises:
            ResultTooLarge: the result is larger than Azure takes.
            ExecutionError: it took too long, or cannot be computed.
        """
        self._ready()
        since = _BEGINNING
        if query_time_range is not None:
            since = now - (
                min(query_time_range, MAX_LOOKBACK) if prepared.alert else query_time_range
            )
        return self._rows(prepared, bindings(prepared, _sql(now), _sql(since), dataset))

    def promoted(self, prepared: PreparedQuery) -> PromotedQuery:
        """Let a query read properties of large tables from columns of their own.

        Raises:
            NotExecutable: the query is nested too deeply.
        """
        self._ready()
        tables = {
            name: stored.table
            for name, stored in self._stored.items()
            if stored.count(self._database.connection) >= _LARGE_TABLE_ROWS
        }
        with depth_refused(prepared.analysis):
            return with_promoted(
                prepared.query,
                tables,
                lambda table, column, key: self._stored[table].promote(
                    self._database.connection, column, key
                ),
            )

    def rows_in_sight(self, prepared: PreparedQuery, sight: timedelta) -> int:
        """Estimate how many rows one evaluation of a query sees."""
        self._ready()
        tables = {name: stored.table for name, stored in self._stored.items()}
        read = tables_of(prepared.query, tables)
        return sum(
            self._stored[name].seen_by_one(self._database.connection, sight) for name in read
        )

    def sql_beside_evaluations(
        self, prepared: PreparedQuery, promoted: PromotedQuery, sight: Sight
    ) -> BesideEvaluations:
        """Write the SQL of a query that runs beside the rows `e` of the table `evaluations`.

        Raises:
            NotExecutable: the query is nested too deeply.
        """
        with depth_refused(prepared.analysis):
            return sql_beside_evaluations(prepared, promoted, self._stored, sight)

    def fetch_beside_evaluations(
        self,
        sql: str,
        tables: Mapping[str, str],
        datasets: Sequence[int],
        times: Sequence[datetime],
        alone_s: float,
    ) -> list[tuple[object, ...]]:
        """Run SQL that reads the table `evaluations`: `id`, `dataset` and `now` of each.

        `tables` are made before, each of a SELECT. `alone_s` is how long one evaluation takes by
        itself: together they may take twice as long as one by one, or as long as one may.

        Raises:
            ExecutionError: it took too long, or cannot be computed.
        """
        self._ready()
        limit_s = max(self._database.timeout_s, 2 * alone_s * len(times))
        self._database.connection.execute(
            "CREATE OR REPLACE TEMP TABLE evaluations AS SELECT "
            f"CAST(unnest(range({len(times)})) AS INTEGER) AS id, "
            f"{decoded('int', '$1')} AS dataset, {decoded('datetime', '$2')} AS now",
            [column_text(datasets), column_text([microseconds(moment) for moment in times])],
        )
        for name, select in tables.items():
            statement = f"CREATE OR REPLACE TEMP TABLE {name} AS {select}"
            with self._database.running(statement, {}, limit_s=limit_s):
                pass
        with self._database.running(sql, {}, limit_s=limit_s) as cursor:
            rows: list[tuple[object, ...]] = cursor.fetchall()
        return rows

    def _rows(self, prepared: PreparedQuery, values: Mapping[str, object]) -> Rows:
        rows: list[tuple[object, ...]] = []
        size = 0
        with self._database.running(prepared.sql, values) as cursor:
            types = [str(d[1]) for d in cursor.description]
            convert = converter(prepared.columns, types)
            at_a_time = 1 if any(t.endswith("]") for t in types) else _ROWS_AT_A_TIME
            while chunk := cursor.fetchmany(at_a_time):
                size += sum(map(size_bytes, chunk))
                if size > MAX_RESULT_BYTES:
                    raise ResultTooLarge(
                        "the result is larger than the "
                        f"{MAX_RESULT_BYTES // 1_000_000} MB that Azure takes; "
                        "summarise in the query"
                    )
                rows += map(convert, chunk)
        return Rows(prepared.columns, rows)

    def _translated(self, analysis: Analysis, *, alert: bool) -> PreparedQuery:
        """Translate a query and let DuckDB check it against what the language service says.

        Raises:
            NotExecutable: duckdb-kql or DuckDB refuses it, or the columns differ.
        """
        moment = _sql(datetime(2026, 1, 1, tzinfo=UTC))
        query = lowered(analysis, alert=alert)
        try:
            query = with_stored_datatables(query, self._database.constant_table)
            prepared = prepared_query(analysis, query, self._stored, alert=alert)
            described = self._database.connection.execute(
                f"SELECT * FROM ({prepared.sql}) LIMIT 0",  # noqa: S608 - our translation
                bindings(prepared, moment, moment, 0),
            ).description
        except duckdb.Error as error:
            raise NotExecutable(
                self_made_reason(error) or "the query's translation does not run",
                0,
                len(analysis.text),
                "the query is valid; only running it here is not possible",
            ) from error
        difference = _difference(analysis.columns, described or [])
        if difference:
            raise NotExecutable(difference, 0, len(analysis.text), "name and convert each column")
        return prepared

    def _ready(self) -> None:
        self._database.seal()
        for stored in self._stored.values():
            stored.flush(self._database.connection)

    def _table(self, name: str) -> StoredTable:
        if name not in self._stored:
            close = difflib.get_close_matches(name, self._stored, 1)
            fix = f"did you mean `{close[0]}`?" if close else f"there is {', '.join(self._stored)}"
            raise RowError(f"there is no table `{name}`; {fix}")
        return self._stored[name]


def _difference(columns: Sequence[Column], described: Sequence[Sequence[object]]) -> str | None:
    """Say how a result's columns differ from those that the language service tells."""
    names, wanted = [str(d[0]) for d in described], [column.name for column in columns]
    if names != wanted:
        return f"the result has the columns {', '.join(names)}, in Azure {', '.join(wanted)}"
    for column, description in zip(columns, described, strict=True):
        if not has_type(column, str(description[1])):
            return f"the result's column `{column.name}` is no {column.type}"
    return None


def _sql(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
