"""Properties of dynamic columns, read once for a table instead of once an evaluation and row.

`tostring(Properties.name)` becomes a column of its own wherever only `where` and `extend` stand
between it and its table, and the column is dropped behind them: no other operator sees it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from duckdb_kql import ir

from evaluator.execution.source_rewriting import is_plain
from evaluator.execution.translation import nodes, with_nodes_replaced
from evaluator.tables import Table

_TEXT: Final = "mlmon_dynamic_text"

Promote = Callable[[str, str, str], str]
"""Stores a property (table, column, key) as a column and returns its name."""


@dataclass(frozen=True, slots=True)
class PromotedQuery:
    """A query that reads properties from columns of their own."""

    query: ir.Query
    columns: Mapping[str, tuple[str, ...]]
    """Names of those columns by table."""


def with_promoted(query: ir.Query, tables: dict[str, Table], promote: Promote) -> PromotedQuery:
    """Read properties of tables' dynamic columns from columns of their own."""
    own = {n.name for n in nodes(query) if isinstance(n, ir.TableRef)} & tables.keys()
    bound = {name for n in nodes(query) if isinstance(n, ir.Query) for name, _ in n.lets}
    usable = {name: tables[name] for name in own - bound}
    added: dict[str, list[str]] = {}

    def promoting(node: Any) -> ir.Query | None:
        if not isinstance(node, ir.Query) or not isinstance(node.source, ir.TableRef):
            return None
        table = usable.get(node.source.name)
        return None if table is None else _promoted(node, table, promote, added)

    def dropping(node: Any) -> ir.Query | None:
        if not isinstance(node, ir.Query) or not isinstance(node.source, ir.TableRef):
            return None
        columns = added.get(node.source.name)
        return _dropped(node, columns) if columns else None

    changed = with_nodes_replaced(with_nodes_replaced(query, promoting), dropping)
    return PromotedQuery(changed, {name: tuple(columns) for name, columns in added.items()})


def _leading(query: ir.Query) -> int:
    """Count the operators right behind the source that keep every column."""
    for index, operator in enumerate(query.operators):
        if not isinstance(operator, (ir.Where, ir.Extend)):
            return index
    return len(query.operators)


def _promoted(
    query: ir.Query, table: Table, promote: Promote, added: dict[str, list[str]]
) -> ir.Query:
    operators = list(query.operators)
    dynamic = {name for name, kind in table.columns.items() if kind == "dynamic"}

    def replacement(node: Any) -> ir.ColumnRef | None:
        read = _property(node)
        if read is None or read[0] not in dynamic:
            return None
        name = promote(table.name, *read)
        if name not in added.setdefault(table.name, []):
            added[table.name].append(name)
        return ir.ColumnRef(name)

    for index in range(_leading(query)):
        operators[index] = with_nodes_replaced(operators[index], replacement)
        if isinstance(operators[index], ir.Extend):
            dynamic -= {e.name for e in operators[index].expressions if e.name}  # type: ignore[attr-defined]
    return ir.Query(query.source, operators, query.lets, query.parameters)


def _property(node: Any) -> tuple[str, str] | None:
    if not (isinstance(node, ir.FunctionCall) and node.name == _TEXT):
        return None
    path = node.args[0]
    if not (isinstance(path, ir.PathAccess) and isinstance(path.base, ir.ColumnRef)):
        return None
    key = path.steps[0].name
    return (path.base.name, key) if len(path.steps) == 1 and key and is_plain(key) else None


def _dropped(query: ir.Query, columns: list[str]) -> ir.Query:
    operators = list(query.operators)
    operators.insert(_leading(query), ir.ProjectAway(tuple(columns)))
    return ir.Query(query.source, operators, query.lets, query.parameters)
