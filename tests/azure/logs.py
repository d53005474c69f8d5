"""A Log Analytics workspace: rows in DuckDB, queries run by the evaluator's engine.

Answers have the form that the API documents: times as text, reals that JSON lacks as text, dynamic
values as JSON in text. What the language service refuses is refused as Azure words it.
"""

import json
import math
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from evaluator.analysis.language_service import language_service
from evaluator.execution.engine import Engine
from evaluator.execution.rows import Rows
from evaluator.tables import Table
from tests.azure.wire import ArmError, Json
from tests.monitoring.telemetry.envelopes import rows as rows_of

_SECONDS = re.compile(r"PT(?P<seconds>[\d.]+)S")


class Cluster:
    """Workspaces that share an engine, which translates each query once."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        self.engine = Engine(tables)
        self.lock = threading.Lock()
        self.workspaces = 0


class Logs:
    """A workspace whose clock stands at `now`.

    `arriving` is telemetry that a component takes in, such as `State.telemetry`: it is there at
    the next query.
    """

    def __init__(self, cluster: Cluster, now: datetime, arriving: Sequence[Json] = ()) -> None:
        self.now = now
        self.arriving = arriving
        self._arrived = 0
        self.partial: set[str] = set()
        """Texts; a query that has one of them is answered in part only."""
        self._cluster = cluster
        cluster.workspaces += 1
        self._dataset = cluster.workspaces

    def add(self, table: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Add rows."""
        with self._cluster.lock:
            self._cluster.engine.add_rows(table, rows, dataset=self._dataset)

    def answer(self, workspace: str, query: str, body: Json) -> Json:
        """Answer a query; meant as `State.query`.

        Raises:
            ArmError: the query is not valid.
        """
        cluster = self._cluster
        with cluster.lock:
            self._take_in()
            since, now = _span(body["timespan"], self.now)
            analysis = language_service(cluster.tables).analyse(query)
            if analysis.errors:
                raise _refused(analysis.errors[0].message)
            prepared = cluster.engine.prepare(analysis, alert=False)
            rows = cluster.engine.run(prepared, now, now - since, dataset=self._dataset)
            answer = _table(rows)
        if any(text in query for text in self.partial):
            inner = {"code": "QueryTimeout", "message": "the query ran out of time"}
            answer["error"] = {"code": "PartialError", "message": "partial", "innererror": inner}
        return answer

    def _take_in(self) -> None:
        new = self.arriving[self._arrived :]
        self._arrived += len(new)
        for table, rows in rows_of(new, self.now - timedelta(seconds=1)).items():
            if rows:
                self._cluster.engine.add_rows(table, rows, dataset=self._dataset)


def _span(text: str, now: datetime) -> tuple[datetime, datetime]:
    found = _SECONDS.fullmatch(text)
    if found:
        return now - timedelta(seconds=float(found["seconds"])), now
    start, end = text.split("/")
    return datetime.fromisoformat(start), datetime.fromisoformat(end)


def _table(rows: Rows) -> Json:
    columns = [{"name": column.name, "type": column.type} for column in rows.columns]
    cells = [
        [_cell(column.type, cell) for column, cell in zip(rows.columns, row, strict=True)]
        for row in rows.rows
    ]
    return {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": cells}]}


def _cell(kind: str, cell: Any) -> Any:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%dT%H:%M:%S.%f}0Z"
    if kind == "dynamic" and cell is not None:
        return json.dumps(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(cell, "NaN")
    return str(cell) if isinstance(cell, (timedelta, Decimal)) else cell


def _refused(message: str) -> ArmError:
    error = ArmError(400, "BadArgumentError", "The request had some invalid properties")
    inner = {"code": "SEM0100", "message": message}
    error.error["innererror"] = {
        "code": "SemanticError",
        "message": "A semantic error occurred.",
        "innererror": inner,
    }
    return error
