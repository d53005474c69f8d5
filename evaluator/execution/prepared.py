"""A query that is ready to run, and the SQL of its reference path."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from duckdb_kql import ir

from evaluator.analysis.syntax import Analysis
from evaluator.execution.promotion import PromotedQuery
from evaluator.execution.storage import StoredTable
from evaluator.execution.translation import PreparedQuery, reads_clock, rendered, tables_of

NOW: Final = "evaluation_time"
SINCE: Final = "visible_since"
_DATASET_PARAMETER: Final = "evaluation_dataset"
_NOW_SQL: Final = f"CAST(${NOW} AS TIMESTAMP)"


@dataclass(frozen=True, slots=True)
class Sight:
    """What the evaluations of a batch see."""

    range: timedelta
    """How far back each of them sees."""
    first: datetime
    """Time before which none of them sees a row."""
    last: datetime
    """Time from which none of them sees a row."""
    dataset: int | None
    """The only dataset of all of them, if there is only one."""


def prepared_query(
    analysis: Analysis, query: ir.Query, stored: Mapping[str, StoredTable], *, alert: bool
) -> PreparedQuery:
    """Write the SQL of a query for one evaluation at a time.

    Raises:
        NotExecutable: duckdb-kql does not translate it.
    """
    tables = {name: s.table for name, s in stored.items()}
    read = tables_of(query, tables)
    sql = rendered(
        query,
        tables,
        clock=_NOW_SQL,
        visible=lambda name: stored[name].visible(
            dataset=f"${_DATASET_PARAMETER}",
            since=f"CAST(${SINCE} AS TIMESTAMP)",
            now=_NOW_SQL,
        ),
        analysis=analysis,
    )
    names = {NOW} if read or reads_clock(query) else set()
    if read:
        names |= {SINCE, _DATASET_PARAMETER}
    return PreparedQuery(analysis, alert, query, sql, frozenset(names))


def sql_beside_evaluations(
    prepared: PreparedQuery,
    promoted: PromotedQuery,
    stored: Mapping[str, StoredTable],
    seen: Sight,
) -> str:
    """Write the SQL of a query that runs beside the rows `e` of the table `evaluations`.

    Raises:
        NotExecutable: duckdb-kql does not translate it.
    """
    return rendered(
        promoted.query,
        {name: s.table for name, s in stored.items()},
        clock="e.now",
        visible=lambda name: stored[name].visible_to_each(
            dataset="e.dataset" if seen.dataset is None else str(int(seen.dataset)),
            now="e.now",
            sight=seen.range,
            first=seen.first,
            last=seen.last,
            promoted=promoted.columns.get(name, ()),
        ),
        promoted=promoted.columns,
        analysis=prepared.analysis,
    )


def bindings(
    prepared: PreparedQuery, now: object, since: object, dataset: int
) -> dict[str, object]:
    """Bind the placeholders of a query."""
    values = {NOW: now, SINCE: since, _DATASET_PARAMETER: dataset}
    return {name: value for name, value in values.items() if name in prepared.parameters}
