"""A query that is ready to run, and the SQL of its reference path."""

from collections.abc import Mapping
from typing import Final

from duckdb_kql import ir

from evaluator.analysis.syntax import Analysis
from evaluator.execution.storage import StoredTable
from evaluator.execution.translation import PreparedQuery, reads_clock, rendered, tables_of

NOW: Final = "evaluation_time"
SINCE: Final = "visible_since"
_DATASET_PARAMETER: Final = "evaluation_dataset"
_NOW_SQL: Final = f"CAST(${NOW} AS TIMESTAMP)"


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


def bindings(
    prepared: PreparedQuery, now: object, since: object, dataset: int
) -> dict[str, object]:
    """Bind the placeholders of a query."""
    values = {NOW: now, SINCE: since, _DATASET_PARAMETER: dataset}
    return {name: value for name, value in values.items() if name in prepared.parameters}
