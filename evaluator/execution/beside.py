"""The SQL of a query that runs beside many evaluations at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluator.execution.promotion import PromotedQuery
from evaluator.execution.storage import StoredTable
from evaluator.execution.supersession import NewestRows, with_newest_rows
from evaluator.execution.translation import PreparedQuery, rendered


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


@dataclass(frozen=True, slots=True)
class BesideEvaluations:
    """A query beside the rows `e` of the table `evaluations`, and the tables it needs."""

    sql: str
    tables: Mapping[str, str]
    """SELECT of each table to make before, by name."""


def sql_beside_evaluations(
    prepared: PreparedQuery,
    promoted: PromotedQuery,
    stored: Mapping[str, StoredTable],
    seen: Sight,
) -> BesideEvaluations:
    """Write the SQL of a query that runs beside the rows `e` of the table `evaluations`.

    Raises:
        NotExecutable: duckdb-kql does not translate it.
    """
    known = {name: s.table for name, s in stored.items()}
    query, newest = promoted.query, list[NewestRows]()
    if seen.dataset is not None:
        timely = {n: s.table for n, s in stored.items() if s.is_timely}
        query, newest = with_newest_rows(
            query, timely, lambda rows: rows.visible("e.now", seen.range)
        )
    sql = rendered(
        query,
        known,
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
    tables = {
        rows.name: rows.select(_rows(rows, prepared, promoted, stored, seen), seen.range)
        for rows in newest
    }
    return BesideEvaluations(sql, tables)


def _rows(
    rows: NewestRows,
    prepared: PreparedQuery,
    promoted: PromotedQuery,
    stored: Mapping[str, StoredTable],
    seen: Sight,
) -> str:
    return rendered(
        rows.query,
        {name: s.table for name, s in stored.items()},
        clock="NULL",
        visible=lambda name: stored[name].visible_between(
            dataset=int(seen.dataset or 0),
            first=seen.first,
            last=seen.last,
            promoted=promoted.columns.get(name, ()),
        ),
        promoted=promoted.columns,
        analysis=prepared.analysis,
    )
