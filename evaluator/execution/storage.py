"""Tables inside DuckDB: every row belongs to a dataset and becomes visible at a time.

Physical names are numbers, so that no name of a user ever reaches DuckDB's catalogue, whose names
ignore case; what a query sees are the columns under their real names and nothing else.
"""

import difflib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import duckdb

from evaluator.execution.cells import Encoded, column_text, decoded, encode, microseconds, sql_type
from evaluator.execution.errors import RowError
from evaluator.tables import Table

EVENT_TIME: Final = "TimeGenerated"
DATASET: Final = "dataset"
VISIBLE_AT: Final = "visible_at"
_MICROSECOND: Final = timedelta(microseconds=1)


def quoted(name: str) -> str:
    """Write an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class StoredTable:
    """One table: rows wait in memory until a query needs them, then go in at once."""

    def __init__(self, number: int, table: Table) -> None:
        self.table = table
        self.name = f"t{number}"
        self._columns = {name: f"c{i}" for i, name in enumerate(table.columns)}
        self._waiting: list[dict[str, Encoded]] = []
        self._hidden: list[tuple[int, int]] = []
        self._added = 0
        self._promoted: dict[str, tuple[str, str, str]] = {}
        self._is_late = False

    def create(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the table in DuckDB; a cell that no row has is null, or empty text."""
        columns = [
            f"{self._columns[name]} {sql_type(kind)}" + " DEFAULT ''" * (kind == "string")
            for name, kind in self.table.columns.items()
        ]
        hidden = [f"{DATASET} INTEGER", f"{VISIBLE_AT} TIMESTAMP"]
        connection.execute(f"CREATE TABLE {self.name} ({', '.join(hidden + columns)})")

    def physical(self, column: str) -> str:
        """Tell the name of a column inside DuckDB."""
        return self._columns[column]

    def add(
        self, rows: Iterable[Mapping[str, object]], *, dataset: int, latency: timedelta
    ) -> None:
        """Take rows.

        Raises:
            RowError: a row has an unknown column, a cell of a wrong type, or no time.
        """
        latency_us = latency // _MICROSECOND
        self._is_late |= latency > timedelta(0)
        for row in rows:
            self._added += 1
            cells = self._encoded(row)
            moment = cells.get(EVENT_TIME)
            if not isinstance(moment, int):
                raise RowError(f"{self._place()} has no `{EVENT_TIME}`; Azure gives every row one")
            self._waiting.append(cells)
            self._hidden.append((dataset, moment + latency_us))

    def _encoded(self, row: Mapping[str, object]) -> dict[str, Encoded]:
        kinds = self.table.columns
        cells: dict[str, Encoded] = {}
        for column, value in row.items():
            kind = kinds.get(column)
            if kind is None:
                close = difflib.get_close_matches(column, kinds, 1)
                fix = f"did you mean `{close[0]}`?" if close else f"it has {', '.join(kinds)}"
                raise RowError(f"{self._place()}: there is no column `{column}`; {fix}")
            try:
                cells[column] = encode(kind, value)
            except RowError as error:
                raise RowError(f"{self._place()}, column `{column}` ({kind}): {error}") from None
        return cells

    def _place(self) -> str:
        return f"row {self._added} of `{self.table.name}`"

    def flush(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Put the waiting rows into DuckDB, in the order they were added."""
        if not self._waiting:
            return
        used = sorted({column for cells in self._waiting for column in cells})
        kinds = self.table.columns
        targets = [DATASET, VISIBLE_AT, *(self._columns[column] for column in used)]
        values = [decoded("int", "$1"), decoded("datetime", "$2")]
        values += [decoded(kinds[column], f"${i}") for i, column in enumerate(used, 3)]
        texts = [column_text([hidden[i] for hidden in self._hidden]) for i in range(2)]
        for column in used:
            missing = "" if kinds[column] == "string" else None
            texts.append(column_text([cells.get(column, missing) for cells in self._waiting]))
        connection.execute(
            f"INSERT INTO {self.name} ({', '.join(targets)}) SELECT {', '.join(values)}",
            texts,
        )
        self._waiting, self._hidden = [], []
        self._fill_promoted(connection)

    def insert(
        self,
        connection: duckdb.DuckDBPyConnection,
        select: str,
        columns: Iterable[str],
        *,
        dataset: int,
        latency: timedelta,
    ) -> None:
        """Insert what a SELECT yields, which has `columns` under their real names.

        The statement is part of this program, never of a user's file.
        """
        kinds = self.table.columns
        names = list(columns)
        cells = [
            f"coalesce(CAST({quoted(n)} AS VARCHAR), '')"
            if kinds[n] == "string"
            else f"CAST({quoted(n)} AS {sql_type(kinds[n])})"
            for n in names
        ]
        self._is_late |= latency > timedelta(0)
        moment = f"CAST({quoted(EVENT_TIME)} AS TIMESTAMP)"
        targets = [DATASET, VISIBLE_AT, *(self._columns[n] for n in names)]
        values = [f"{int(dataset)}", f"{moment} + to_microseconds({latency // _MICROSECOND})"]
        connection.execute(
            f"INSERT INTO {self.name} ({', '.join(targets)}) "  # noqa: S608 - see docstring
            f"SELECT {', '.join(values + cells)} FROM ({select})"
        )

    def promote(self, connection: duckdb.DuckDBPyConnection, column: str, key: str) -> str:
        """Store the text of a property of a dynamic column as a column; return its name."""
        name = promoted_name(self.table, column, key)
        if name not in self._promoted:
            physical = f"p{len(self._promoted)}"
            self._promoted[name] = (physical, column, key)
            connection.execute(f"ALTER TABLE {self.name} ADD COLUMN {physical} VARCHAR")
            self._fill_promoted(connection)
        return name

    def _fill_promoted(self, connection: duckdb.DuckDBPyConnection) -> None:
        for physical, column, key in self._promoted.values():
            text = f"coalesce(json_extract({self._columns[column]}, $1) ->> '$', '')"
            connection.execute(
                f"UPDATE {self.name} SET {physical} = {text} WHERE {physical} IS NULL",  # noqa: S608 - physical names
                [f"$.{key}"],
            )

    def count(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Count the rows of all datasets."""
        result = connection.execute(f"SELECT count(*) FROM {self.name}").fetchone()  # noqa: S608 - physical name
        return int(result[0]) if result else 0

    def seen_by_one(self, connection: duckdb.DuckDBPyConnection, sight: timedelta) -> int:
        """Estimate how many rows an evaluation sees, as if they came evenly."""
        moment = self._columns.get(EVENT_TIME)
        if moment is None:
            return self.count(connection)
        result = connection.execute(
            f"SELECT count(*), epoch(max({moment}) - min({moment})), count(DISTINCT {DATASET}) "  # noqa: S608 - physical names
            f"FROM {self.name}"
        ).fetchone()
        if not result or not result[0]:
            return 0
        rows, seconds, datasets = result
        share = min(1.0, sight.total_seconds() / max(float(seconds), 1.0))
        return int(rows * share / datasets)

    @property
    def is_timely(self) -> bool:
        """Whether every row is visible from its own time on."""
        return EVENT_TIME in self._columns and not self._is_late

    def visible_between(
        self, *, dataset: int, first: datetime, last: datetime, promoted: Iterable[str]
    ) -> str:
        """Write the SELECT of the rows from `first` to before `last`, with promoted columns."""
        moment = self._columns[EVENT_TIME]
        return (
            f"SELECT {', '.join(self._visible_columns(promoted))} FROM {self.name} "  # noqa: S608 - physical names
            f"WHERE {DATASET} = {dataset} AND {moment} >= {_timestamp(first)} "
            f"AND {moment} < {_timestamp(last)}"
        )

    def _visible_columns(self, promoted: Iterable[str] = ()) -> list[str]:
        columns = [f"{physical} AS {quoted(name)}" for name, physical in self._columns.items()]
        return columns + [f"{self._promoted[name][0]} AS {quoted(name)}" for name in promoted]

    def visible(self, *, dataset: str, since: str, now: str) -> str:
        """Write the SELECT of the rows that an evaluation sees (E2, E3), its bounds as SQL."""
        conditions = [f"{DATASET} = {dataset}", f"{VISIBLE_AT} <= {now}"]
        moment = self._columns.get(EVENT_TIME)
        if moment:
            conditions += [f"{moment} >= {since}", f"{moment} < {now}"]
        return (
            f"SELECT {', '.join(self._visible_columns())} FROM {self.name} "  # noqa: S608 - physical names
            f"WHERE {' AND '.join(conditions)}"
        )

    def visible_to_each(
        self,
        *,
        dataset: str,
        now: str,
        sight: timedelta,
        first: datetime,
        last: datetime,
        promoted: Iterable[str],
    ) -> str:
        """Write the SELECT of the rows that each of many evaluations sees, with promoted columns.

        No evaluation sees a row before `first` or from `last` on. Time is cut into stretches as
        long as an evaluation sees: its rows lie in two of them, and joining by the number of the
        stretch is cheaper than by two bounds.
        """
        conditions = [f"{DATASET} = {dataset}"]
        # Without any latency every row before `now` is visible by then.
        conditions += [f"{VISIBLE_AT} <= {now}"] * self._is_late
        stretches = ""
        moment = self._columns.get(EVENT_TIME)
        if moment:
            sight_us = sight // _MICROSECOND
            stretches = ", (VALUES (0), (1)) AS stretch(later)"
            conditions += [
                f"epoch_us({moment}) // {sight_us} + later = epoch_us({now}) // {sight_us}",
                f"{moment} >= {now} - to_microseconds({sight_us}) AND {moment} < {now}",
                f"{moment} >= {_timestamp(first)} AND {moment} < {_timestamp(last)}",
            ]
        return (
            f"SELECT {', '.join(self._visible_columns(promoted))} FROM {self.name}{stretches} "  # noqa: S608 - physical names
            f"WHERE {' AND '.join(conditions)}"
        )


def _timestamp(moment: datetime) -> str:
    return f"make_timestamp({microseconds(moment)})"


def promoted_name(table: Table, column: str, key: str) -> str:
    """Name a promoted property such that no column of the table has the name."""
    name = f"\ue000{column}.{key}"  # a character of private use: in no name that people give
    while name in table.columns:
        name += "\ue000"
    return name
