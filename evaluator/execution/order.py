"""Lists of rows in an order: they would come out in another one, and are refused.

https://learn.microsoft.com/kusto/query/make-list-aggregation-function#returns
"""

from collections.abc import Mapping
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.execution.aggregates import aggregate_calls
from evaluator.execution.errors import NotExecutable
from evaluator.execution.source_rewriting import arguments

_ORDERED: Final = frozenset(("RangeOperator", "SortOperator", "TopOperator"))
# https://learn.microsoft.com/kusto/query/serialize-operator and the pages of the operators.
_KEEP_ORDER: Final = frozenset(
    """
    ExtendOperator FilterOperator MvExpandOperator ParseOperator ParseWhereOperator
    ProjectAwayOperator ProjectKeepOperator ProjectOperator ProjectRenameOperator
    ProjectReorderOperator TakeOperator
    """.split()
)
_KEEP_COLUMNS: Final = frozenset(("FilterOperator", "TakeOperator"))
# These lose it, as far as is documented; of what Kusto does, nothing is known.
_MAY_KEEP_ORDER: Final = frozenset(("JoinOperator", "LookupOperator"))
_WRAPPERS: Final = frozenset(("MaterializeExpression", "ParenthesizedExpression"))


def refuse_ordered_lists(root: Node) -> None:
    """Stop for a list that is made of rows in an order, however far above they were sorted.

    Raises:
        NotExecutable: there is one.
    """
    lets = {let.name: let.children[-1] for let in root.of_kind("LetStatement")}
    for pipe in root.of_kind("PipeExpression"):
        rows, _, operator = pipe.children
        if operator.kind != "SummarizeOperator":
            continue
        lists = [c for c in aggregate_calls(operator) if c.name.startswith("make_list")]
        if not lists:
            continue
        origin = _origin(rows, lets)
        for call in lists:
            if origin is not None and not _is_ascending(call, rows):
                raise NotExecutable(
                    f"`{call.name}()` of sorted rows is not run",
                    call.start,
                    call.end,
                    "sort the list, such as with `array_sort_asc()`, and not the rows",
                )


def _origin(rows: Node, lets: Mapping[str, Node]) -> Node | None:
    """Find what gives rows their order; None where they have none."""
    seen: set[str] = set()
    while True:
        operator = rows.children[2] if rows.kind == "PipeExpression" else rows
        if operator.kind in _ORDERED:
            return operator
        if rows.kind == "PipeExpression" and operator.kind in _KEEP_ORDER | _MAY_KEEP_ORDER:
            rows = rows.children[0]
        elif rows.kind in _WRAPPERS:
            rows = next(c for c in rows.children if not c.kind.endswith(("Token", "Keyword")))
        elif rows.kind == "NameReference" and rows.name in lets and rows.name not in seen:
            seen.add(rows.name)
            rows = lets[rows.name]
        else:
            return None


def _is_ascending(call: Node, rows: Node) -> bool:
    """Tell whether a list is of a `range`'s own ascending values: sorted, they are in order."""
    while rows.kind == "PipeExpression" and rows.children[2].kind in _KEEP_COLUMNS:
        rows = rows.children[0]
    if rows.kind != "RangeOperator":
        return False
    value, step = arguments(call)[0], rows.children[-1]
    return value.kind == "NameReference" and value.name == rows.name and step.constant is not None
