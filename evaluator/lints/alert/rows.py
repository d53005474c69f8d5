"""How many rows a query returns, by its operators alone."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.constants import called_value, let_value, number
from evaluator.lints.kql.tree import items, parts, steps
from evaluator.lints.kql.truth import truth


@dataclass(frozen=True, slots=True)
class Rows:
    """The number of rows that an expression returns, whatever the data is."""

    least: float = 0
    most: float = math.inf
    is_whole_table: bool = False
    """Whether one row of a table is enough for a row: nothing is filtered."""


ONE: Final = Rows(1, 1)
_UNKNOWN: Final = Rows()
_ROW_BY_ROW: Final = frozenset(
    {"ExtendOperator", "ProjectOperator", "ProjectAwayOperator", "ProjectKeepOperator"}
    | {"ProjectRenameOperator", "ProjectReorderOperator", "SortOperator", "SerializeOperator"}
    | {"AsOperator", "RenderOperator", "ParseOperator"}
)
_FIRST: Final = frozenset({"TakeOperator", "TopOperator", "SampleOperator"})


def rows(expression: Node, root: Node) -> Rows:
    """Tell how many rows a tabular expression returns."""
    source, *operators = steps(expression)
    result = _of_source(source, root)
    for operator in operators:
        result = _after(operator, result, root)
    return result


def _of_source(source: Node, root: Node) -> Rows:
    value = let_value(source, root) if source.kind == "NameReference" else None
    value = value or called_value(source, root)
    if value is not None:
        return rows(value, root)
    if source.kind == "MaterializeExpression":
        return rows(parts(source)[0], root)
    if source.kind == "PrintOperator":
        return ONE
    if source.kind == "DataTableExpression" and source.columns:
        count = len(items(source)) / len(source.columns)
        return Rows(count, count)
    return Rows(is_whole_table=source.symbol == "table")


def _after(operator: Node, before: Rows, root: Node) -> Rows:
    if operator.kind in _ROW_BY_ROW:
        return before
    if operator.kind in _FIRST:
        most = number(parts(operator)[0], root)
        return before if most is None else _at_most(before, most)
    step: Callable[[Node, Rows, Node], Rows] | None = _STEPS.get(operator.kind)
    return step(operator, before, root) if step else _UNKNOWN


def _at_most(before: Rows, most: float) -> Rows:
    return replace(before, least=min(before.least, most), most=min(before.most, most))


def _filtered(operator: Node, before: Rows, root: Node) -> Rows:
    match truth(parts(operator)[-1], root):
        case True:
            return before
        case False:
            return Rows(0, 0)
    return Rows(0, before.most)


def _summarized(operator: Node, before: Rows, _root: Node) -> Rows:
    """Without groups there is one row, also of nothing; each group has a row at least."""
    grouped = any(child.kind == "SummarizeByClause" for child in operator.children)
    return replace(before, least=min(before.least, 1)) if grouped else ONE


def _distinct(_operator: Node, before: Rows, _root: Node) -> Rows:
    return replace(before, least=min(before.least, 1))


def _counted(_operator: Node, _before: Rows, _root: Node) -> Rows:
    return ONE


_STEPS: Final = {
    "FilterOperator": _filtered,
    "SummarizeOperator": _summarized,
    "DistinctOperator": _distinct,
    "CountOperator": _counted,
}
