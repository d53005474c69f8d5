"""Datatables of a query as tables of DuckDB, so that their rows are planned once."""

from collections.abc import Callable
from typing import Any, Final

from duckdb_kql import ir
from duckdb_kql.translate import render_datatable

from evaluator.execution.translation import with_nodes_replaced

_MIN_CELLS: Final = 20
"""Below it, a table costs more than it saves."""


def with_stored_datatables(query: ir.Query, store: Callable[[str], str]) -> ir.Query:
    """Read datatables from tables; `store` makes one of a SELECT and returns its name."""

    def replacement(node: Any) -> ir.CommandSource | None:
        if not isinstance(node, ir.DataTable) or len(node.values) < _MIN_CELLS:
            return None
        if not all(isinstance(value, ir.Literal) for value in node.values):
            return None
        names = tuple(name for name, _ in node.columns)
        return ir.CommandSource(f"SELECT * FROM {store(render_datatable(node))}", names, "")  # noqa: S608 - physical name

    result: ir.Query = with_nodes_replaced(query, replacement)
    return result
