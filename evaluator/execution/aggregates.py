"""The items of a `summarize`: their columns' names, and the calls that run in their place."""

from collections.abc import Sequence
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.execution.errors import NotExecutable
from evaluator.execution.expressions import may_be_nan
from evaluator.execution.source_rewriting import SourceRewriter, arguments, elements, name

_EXTREMES: Final = ("arg_max", "arg_min")
_LISTS: Final = {
    # Aggregate: function of the registry, and its arguments without `maxSize`.
    "make_list": ("mlmon_make_list", 1),
    "make_list_if": ("mlmon_make_list_if", 2),
    "make_set": ("mlmon_make_set", 1),
    "make_set_if": ("mlmon_make_set_if", 2),
}
_REPLACED: Final = {"any": "mlmon_take_any", "take_any": "mlmon_take_any"}
_OF_REALS: Final = {"max": "mlmon_max", "maxif": "mlmon_maxif"}


def items(summarize: Node) -> tuple[list[Node], list[Node]]:
    """List the keys and the aggregates of a `summarize`."""
    by = [c for c in summarize.children if c.kind == "SummarizeByClause"]
    return [key for clause in by for key in elements(clause)], elements(summarize)


def aggregate_calls(item: Node) -> list[Node]:
    """List the calls of aggregates in an item; those of a `toscalar` in it are not its own."""
    calls, waiting = [], [item]
    while waiting:
        node = waiting.pop()
        if node.kind == "FunctionCallExpression" and node.children[0].symbol == "aggregate":
            calls.append(node)
        if node.kind != "ToScalarExpression":
            waiting.extend(reversed(node.children))
    return calls


def written_items(rewriter: SourceRewriter, summarize: Node) -> tuple[list[str], list[str]]:
    """Write the keys and the aggregates, each with its column's name.

    Raises:
        NotExecutable: names that duckdb-kql would change.
    """
    keys, calls = items(summarize)
    names = [column.name for column in summarize.columns]
    widths = _widths(summarize, calls, len(names) - len(keys))
    written_keys = [_named_key(rewriter, key, n) for key, n in zip(keys, names, strict=False)]
    written, position = [], len(keys)
    for item, width in zip(calls, widths, strict=True):
        own = names[position : position + width]
        _refuse_renamed(item, own, [*names[:position], *names[position + width :]])
        written += _written(rewriter, item, own)
        position += width
    return written_keys, written


def write_aggregate(rewriter: SourceRewriter, call: Node) -> str:
    """Write a call of an aggregate, which may be part of an expression."""
    parameters = arguments(call)
    function = call.name
    if function in _LISTS:
        function, least = _LISTS[function]
        function += "_dynamic" if parameters[0].type == "dynamic" else ""
        function += "_of" if len(parameters) > least else ""
    elif function in _OF_REALS and may_be_nan(parameters[0]):
        function = _OF_REALS[function]
    elif function in _EXTREMES and may_be_nan(parameters[0]):
        function = f"mlmon_{function}_real"
    function = _REPLACED.get(function, function)
    if function == "dcount":  # exact here whatever the accuracy
        parameters = parameters[:1]
    return rewriter.call(function, *parameters)


def _named_key(rewriter: SourceRewriter, key: Node, column: str) -> str:
    if key.kind == "SimpleNamedExpression":
        key = key.children[-1]
    if key.kind == "NameReference" and key.name == column:
        return name(column)
    return f"{name(column)} = {rewriter.write(key)}"


def _written(rewriter: SourceRewriter, item: Node, names: Sequence[str]) -> list[str]:
    value = item.children[-1] if item.kind.endswith("NamedExpression") else item
    if value.name == "percentiles":
        column, *percents = arguments(value)
        return [
            f"{name(n)} = percentile({rewriter.write(column)}, {rewriter.write(p)})"
            for n, p in zip(names, percents, strict=True)
        ]
    return [f"{name(names[0])} = {rewriter.write(value)}"]


def _refuse_renamed(item: Node, own: Sequence[str], others: Sequence[str]) -> None:
    """Stop where duckdb-kql would give the columns of an `arg_max` other names.

    Raises:
        NotExecutable: it would.
    """
    compound = item.kind == "CompoundNamedExpression"
    value = item.children[-1] if item.kind.endswith("NamedExpression") else item
    if value.name not in _EXTREMES:
        return
    returned = [a.name for a in arguments(value)[1:] if a.kind == "NameReference"]
    renamed = returned and not compound and list(own[1:]) != returned
    clashing = len(set(returned)) < len(returned) or set(returned) & {*others, own[0]}
    if renamed or (compound and (clashing or not returned)):
        raise NotExecutable(
            f"the names of what this `{value.name}` returns clash",
            value.start,
            value.end,
            f"rename the columns before the `summarize`, or use one `{value.name}` in it",
        )


def _widths(summarize: Node, calls: Sequence[Node], columns: int) -> list[int]:
    """Tell how many columns each item has: `arg_max(x, *)` has what the others leave.

    Raises:
        NotExecutable: names that duckdb-kql would change, or two such items.
    """
    widths = [_width(item) for item in calls]
    if widths.count(0) > 1:
        raise NotExecutable(
            "more than one `arg_max(..., *)` in a `summarize` is not run",
            summarize.start,
            summarize.end,
            "name the columns that are needed",
        )
    rest = columns - sum(widths)
    return [width or rest for width in widths]


def _width(item: Node) -> int:
    value = item.children[-1] if item.kind.endswith("NamedExpression") else item
    if value.kind != "FunctionCallExpression":
        return 1
    if value.name in _EXTREMES:
        parameters = arguments(value)
        return 0 if parameters[-1].kind == "StarExpression" else len(parameters)
    return len(arguments(value)) - 1 if value.name == "percentiles" else 1
