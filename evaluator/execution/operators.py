"""Query operators: names as the language service gives them, no null strings, NaN in order."""

from collections.abc import Iterable, Sequence
from typing import Final

from evaluator.analysis.syntax import Column, Node
from evaluator.execution.aggregates import aggregate_calls, items, written_items
from evaluator.execution.expressions import may_be_nan, write_name
from evaluator.execution.source_rewriting import Handler, SourceRewriter, elements, name

_OUTER_SIDES: Final = {
    # Kind of join: whether columns of the left, of the right can be without a row.
    "leftouter": (False, True),
    "rightouter": (True, False),
    "fullouter": (True, True),
}


def parameter(operator: Node, wanted: str) -> str | None:
    """Read a parameter of an operator, such as `kind` of a join."""
    for node in operator.parameters():
        if node.name == wanted:
            return node.children[-1].text
    return None


def _pipe(rewriter: SourceRewriter, node: Node) -> str:
    left, _, right = node.children
    if right.kind == "RenderOperator":
        return rewriter.write(left)
    before = rewriter.text[left.end : right.start]
    union = right.kind == "UnionOperator"
    operator = rewriter.splice(right) if union else rewriter.write(right)
    written = f"{rewriter.write(left)}{before}{operator}"
    if right.kind == "JoinOperator":
        return written + _filled(_join_texts(right, len(left.columns)))
    if right.kind == "LookupOperator" and parameter(right, "kind") != "inner":
        return written + _filled(right.columns[len(left.columns) :])
    if union:
        return written + _filled(_union_texts(right, [left]))
    return written


def _join_texts(join: Node, width: int) -> list[Column]:
    left, right = _OUTER_SIDES.get(parameter(join, "kind") or "", (False, False))
    return [*join.columns[: width * left], *(join.columns[width:] if right else ())]


def _union_texts(union: Node, others: Sequence[Node]) -> list[Column]:
    branches = [{c.name for c in branch.columns} for branch in [*others, *elements(union)]]
    return [c for c in union.columns if not all(c.name in branch for branch in branches)]


def _filled(columns: Iterable[Column]) -> str:
    """Write what makes missing strings empty: Kusto has no null ones.

    https://learn.microsoft.com/kusto/query/scalar-data-types/null-values
    """
    texts = [name(c.name) for c in columns if c.type == "string"]
    if not texts:
        return ""
    return "\n| extend " + ", ".join(f"{text} = mlmon_text({text})" for text in texts)


def _leading_union(rewriter: SourceRewriter, node: Node) -> str:
    return rewriter.splice(node) + _filled(_union_texts(node, []))


def _summarize(rewriter: SourceRewriter, node: Node) -> str:
    keys, calls = items(node)
    written_keys, written = written_items(rewriter, node)
    head = "summarize " + ", ".join(written)
    by = f" by {', '.join(written_keys)}" if keys else ""
    conditional = any(c.name.endswith("if") for call in calls for c in aggregate_calls(call))
    missing = node.columns[len(keys) :] if not keys or conditional else ()
    return head + by + _renamed(calls) + _filled(missing)


def _renamed(calls: Sequence[Node]) -> str:
    """Write the names that `(a, b) = arg_max(...)` gives to all but the first column."""
    pairs = [pair for call in calls for pair in _compound_names(call)[1:]]
    if not pairs:
        return ""
    return "\n| project-rename " + ", ".join(f"{name(new)} = {name(old)}" for new, old in pairs)


def _compound_names(call: Node) -> list[tuple[str, str]]:
    if call.kind != "CompoundNamedExpression":
        return []
    new = [n.name for n in call.children[0].of_kind("NameDeclaration")]
    old = [n.name for e in call.children[-1].children[1:] for n in elements(e)]
    return list(zip(new, old, strict=False))


def _columns_by_name(rewriter: SourceRewriter, node: Node) -> str:
    """Write `project-keep`, `project-reorder`, `project-away` as the columns that remain."""
    del rewriter
    return "project " + ", ".join(name(c.name) for c in node.columns)


def _named(rewriter: SourceRewriter, node: Node) -> str:
    """Write `project`, `distinct` or `print` with every column named."""
    keyword = node.children[0].text
    if any(item.kind == "StarExpression" for item in elements(node)):
        return f"{keyword} " + ", ".join(name(c.name) for c in node.columns)
    columns = zip(elements(node), node.columns, strict=True)
    return f"{keyword} " + ", ".join(named(rewriter, item, column.name) for item, column in columns)


def named(rewriter: SourceRewriter, item: Node, column: str) -> str:
    """Write an expression with the name that the language service gives it."""
    if item.kind == "NameReference":
        return name(item.name)
    if item.kind == "SimpleNamedExpression":
        item = item.children[-1]
    return f"{name(column)} = {rewriter.write(item)}"


def _sort(rewriter: SourceRewriter, node: Node) -> str:
    keys = [key for item in elements(node) for key in _sort_keys(rewriter, item)]
    return "order by " + ", ".join(keys)


def _sort_keys(rewriter: SourceRewriter, item: Node) -> list[str]:
    """Write a key of an order: NaN stands with nulls, within the numbers.

    https://learn.microsoft.com/kusto/query/sort-operator#using-special-floating-point-values
    """
    value, ascending, first = _ordering(item)
    written = rewriter.write(value)
    order = f"{'asc' if ascending else 'desc'} nulls {'first' if first else 'last'}"
    if not may_be_nan(value):
        return [f"{written} {order}"]
    nulls = f"iff(isnull({written}), 1, 0) {'desc' if first else 'asc'}"
    return [f"mlmon_number({written}) {order}", nulls]


def _ordering(item: Node) -> tuple[Node, bool, bool]:
    if item.kind != "OrderedExpression":
        return item, False, False
    words = item.children[-1].text.split()
    ascending = "asc" in words
    first = "first" in words if "nulls" in words else ascending
    return item.children[0], ascending, first


def _top(rewriter: SourceRewriter, node: Node) -> str:
    count, item = (c for c in node.children if not c.kind.endswith("Keyword"))
    return f"top {count.text} by {_sort_keys(rewriter, item)[0]}"


def _on_clause(rewriter: SourceRewriter, node: Node) -> str:
    """Write the keys of a join: `==` between them is no comparison."""
    names = SourceRewriter(rewriter.text, {"NameReference": write_name}, alert=rewriter.alert)
    return names.splice(node)


HANDLERS: Final[dict[str, Handler]] = {
    "DistinctOperator": _named,
    "JoinOnClause": _on_clause,
    "PipeExpression": _pipe,
    "PrintOperator": _named,
    "ProjectAwayOperator": _columns_by_name,
    "ProjectKeepOperator": _columns_by_name,
    "ProjectOperator": _named,
    "ProjectReorderOperator": _columns_by_name,
    "SortOperator": _sort,
    "SummarizeOperator": _summarize,
    "TopOperator": _top,
    "UnionOperator": _leading_union,
}
