"""Rows that a newer row replaces, left out before each evaluation looks for the newest.

`summarize arg_max(TimeGenerated, ...) by keys` of a table's rows needs, at any time, only the
newest row of each key. A row is that from its own time until the next of its key comes, or it goes
out of sight: a stretch of time that does not depend on the evaluation. The batch computes it once
for all its evaluations; what the `summarize` returns stays the same.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from duckdb_kql import ir

from evaluator.execution.storage import EVENT_TIME, quoted
from evaluator.execution.translation import nodes, reads_clock, with_nodes_replaced
from evaluator.tables import Table

_STRETCHES: Final = 32
"""Into how many stretches a query's range is cut, so that times join by a number."""
_SEMI_JOINS: Final = ("leftsemi", "leftanti")
_TIME: Final = ir.ColumnRef(EVENT_TIME)


@dataclasses.dataclass(frozen=True, slots=True)
class NewestRows:
    """A table of rows with the stretch of time for which each is the newest of its key."""

    name: str
    """Name in DuckDB."""
    query: ir.Query
    """The rows: keys, `TimeGenerated`, and the columns that are returned."""
    keys: tuple[str, ...]

    def select(self, rows: str, sight: timedelta) -> str:
        """Write the SELECT that makes the table of the SELECT of its rows."""
        sight_us = sight // timedelta(microseconds=1)
        stretch_us = max(sight_us // _STRETCHES, 1)
        moment = quoted(EVENT_TIME)
        partition = ", ".join(map(quoted, self.keys)) or "1"
        return (
            "SELECT *, unnest(range("  # noqa: S608 - names quoted
            f"epoch_us({moment}) // {stretch_us}, epoch_us(until) // {stretch_us} + 1"
            f")) AS stretch FROM (SELECT *, least({moment} + to_microseconds({sight_us}),"
            f" first_value({moment}) OVER (PARTITION BY {partition} ORDER BY {moment}"
            " GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)) AS until"
            f" FROM ({rows}))"
        )

    def visible(self, now: str, sight: timedelta) -> str:
        """Write the SELECT of the rows that are the newest at a time."""
        stretch_us = max(sight // timedelta(microseconds=1) // _STRETCHES, 1)
        return (
            f"SELECT * EXCLUDE (until, stretch) FROM {self.name} WHERE "  # noqa: S608 - our name
            f"stretch = epoch_us({now}) // {stretch_us} "
            f"AND {quoted(EVENT_TIME)} < {now} AND until >= {now}"
        )


def with_newest_rows(
    query: ir.Query, tables: Mapping[str, Table], visible: Callable[[NewestRows], str]
) -> tuple[ir.Query, list[NewestRows]]:
    """Let a query read the newest rows of its keys where that is all it needs.

    `visible` writes the SELECT of the rows for one evaluation.
    """
    found: list[NewestRows] = []
    constants = {n: b for n, b in query.lets if isinstance(b, ir.Query) and _is_constant(b)}
    bound = {name for name, _ in query.lets}
    sources = tables.keys() - bound

    def replacement(node: Any) -> ir.Query | None:
        if not isinstance(node, ir.Query) or not isinstance(node.source, ir.TableRef):
            return None
        if node.source.name not in sources or node.lets:
            return None
        index = _newest(node.operators, constants)
        if index is None:
            return None
        rows, summarize = _split(node, index, constants, f"newest{len(found)}")
        found.append(rows)
        columns = (*rows.keys, EVENT_TIME, *_returned(summarize))
        source = ir.CommandSource(visible(rows), columns, rows.name)
        return ir.Query(source, [summarize, *node.operators[index + 1 :]])

    replaced = [(name, with_nodes_replaced(b, replacement)) for name, b in query.lets]
    main = ir.Query(query.source, query.operators, [], query.parameters)
    main = with_nodes_replaced(main, replacement)
    return ir.Query(main.source, main.operators, replaced, query.parameters), found


def _is_constant(bound: ir.Query) -> bool:
    """Tell whether what a `let` binds reads neither the clock nor a table."""
    return not reads_clock(bound) and not any(isinstance(n, ir.TableRef) for n in nodes(bound))


def _newest(operators: Sequence[ir.Operator], constants: Mapping[str, object]) -> int | None:
    """Find the `summarize` that takes the newest rows, behind what looks at single rows only."""
    for index, operator in enumerate(operators):
        if isinstance(operator, ir.Summarize):
            return index if _takes_newest(operator) else None
        if not _looks_at_single_rows(operator, constants):
            return None
    return None


def _looks_at_single_rows(operator: ir.Operator, constants: Mapping[str, object]) -> bool:
    read = {n.name for n in nodes(operator) if isinstance(n, ir.TableRef)}
    if reads_clock(operator) or not read <= constants.keys():
        return False
    if isinstance(operator, ir.Extend):
        return all(e.name not in (None, EVENT_TIME) for e in operator.expressions)
    if isinstance(operator, ir.Join):
        return operator.kind in _SEMI_JOINS
    return isinstance(operator, (ir.Where, ir.ProjectAway))


def _takes_newest(operator: ir.Summarize) -> bool:
    """Tell whether every aggregate depends on the rows of the greatest time only."""
    if not operator.aggregates or reads_clock(operator):
        return False
    return all(_is_of_newest(aggregate.expr) for aggregate in operator.aggregates)


def _is_of_newest(call: ir.Expr) -> bool:
    if not isinstance(call, ir.FunctionCall) or not call.args or call.args[0] != _TIME:
        return False
    if call.name == "max":
        return True
    return call.name == "arg_max" and all(isinstance(a, ir.ColumnRef) for a in call.args)


def _returned(summarize: ir.Summarize) -> list[str]:
    """List the columns that the aggregates return beside the time."""
    columns = [n.name for n in nodes(summarize.aggregates) if isinstance(n, ir.ColumnRef)]
    return [name for name in dict.fromkeys(columns) if name != EVENT_TIME]


def _split(
    query: ir.Query, index: int, constants: Mapping[str, ir.Query], name: str
) -> tuple[NewestRows, ir.Summarize]:
    """Cut a query before its `summarize`, which then reads its keys by name."""
    summarize = query.operators[index]
    assert isinstance(summarize, ir.Summarize)  # noqa: S101 - as `_newest` found
    keys = [(f"key {i} of {name}", key) for i, key in enumerate(summarize.by)]
    columns = [
        *(ir.NamedExpr(key.expr, column) for column, key in keys),
        *(ir.NamedExpr(ir.ColumnRef(c), c) for c in [EVENT_TIME, *_returned(summarize)]),
    ]
    operators = [*query.operators[:index], ir.Project(tuple(columns))]
    read = {n.name for n in nodes(operators) if isinstance(n, ir.TableRef)}
    lets: list[tuple[str, ir.Query | ir.Expr]] = [(n, constants[n]) for n in sorted(read)]
    by = tuple(
        ir.NamedExpr(ir.ColumnRef(column), key.name or _column_name(key)) for column, key in keys
    )
    rows = NewestRows(name, ir.Query(query.source, operators, lets), tuple(c for c, _ in keys))
    return rows, dataclasses.replace(summarize, by=by)


def _column_name(key: ir.NamedExpr) -> str:
    assert isinstance(key.expr, ir.ColumnRef)  # noqa: S101 - every other key is written with a name
    return key.expr.name
