"""What must not differ from Kusto in silence: refused, or written so that it does not differ.

Everything works on the syntax tree of Microsoft's language service. A guarded query means the same
in Kusto; the names `mlmon_*` are those of evaluator.execution.functions.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from evaluator.analysis.syntax import Analysis, Node
from evaluator.execution.errors import NotExecutable

_DAYS_TO_1970_US: Final = 719_162 * 86_400_000_000
"""From Kusto's origin of bins, 0001-01-01, to DuckDB's."""

_ORDERED: Final = {
    "GreaterThanExpression",
    "GreaterThanOrEqualExpression",
    "LessThanExpression",
    "LessThanOrEqualExpression",
    "EqualExpression",
}


def refuse_what_differs(analysis: Analysis) -> None:
    """Stop for what the engine would answer otherwise than Kusto, without a word.

    Raises:
        NotExecutable: with the place and what can be written instead.
    """
    if analysis.errors:
        first = analysis.errors[0]
        raise NotExecutable(
            f"the language service rejects the query: {first.message.rstrip('.')}",
            first.start,
            first.end,
        )
    if not analysis.columns:
        raise NotExecutable("the query returns no table", 0, len(analysis.text))
    for node in analysis.root.walk():
        for refuse in _REFUSALS.get(node.kind, ()):
            refuse(node)


def _refuse(node: Node, reason: str, hint: str = "") -> NotExecutable:
    return NotExecutable(reason, node.start, node.end, hint)


def arguments(call: Node) -> list[Node]:
    """List the arguments of a function call."""
    lists = [child for child in call.children if child.kind == "ExpressionList"]
    elements = lists[-1].children[1].children if lists and len(lists[-1].children) > 2 else ()
    return [e.children[0] for e in elements if e.kind == "SeparatedElement"]


def _list_size(call: Node) -> None:
    if call.name in {"make_list", "make_set"} and len(arguments(call)) > 1:
        raise _refuse(
            call, f"`{call.name}` with a size: the engine ignores the size", "leave the size out"
        )


def _bin_size(call: Node) -> None:
    if call.name in {"bin", "floor"}:
        size = arguments(call)[-1]
        if size.constant is None and size.symbol != "variable":
            raise _refuse(size, "a bin of a computed size", "write the size as a literal")


def _tuple_of_aggregate(node: Node) -> None:
    if node.kind == "CompoundNamedExpression":
        raise _refuse(
            node, "several names for one aggregate: the engine keeps the first", "rename behind it"
        )


def _union_types(node: Node) -> None:
    seen: dict[str, str] = {}
    for table in node.walk():
        if table is node or table.type != "table" or table.kind == "SeparatedElement":
            continue
        for column in table.columns:
            if seen.setdefault(column.name, column.type) != column.type:
                raise _refuse(
                    node,
                    f"a union in which `{column.name}` is {seen[column.name]} and {column.type}",
                    "convert the column to one type before",
                )


_REFUSALS: Final[Mapping[str, tuple[Callable[[Node], None], ...]]] = {
    "FunctionCallExpression": (_list_size, _bin_size),
    "CompoundNamedExpression": (_tuple_of_aggregate,),
    "UnionOperator": (_union_types,),
}


def guarded(analysis: Analysis, *, alert: bool, promoted: Mapping[int, str] | None = None) -> str:
    """Write a query so that the engine answers like Kusto.

    With `alert`, bins of time in the last `summarize` are counted from the evaluation, as Azure
    does for alert rules; which of a query's bins it rewrites is inferred. `promoted` has columns
    that replace the calls beginning at some offsets.
    """
    aligned = set(_bins_of_last_summarize(analysis.root)) if alert else set()
    writer = _Writer(analysis, aligned, promoted or {})
    return writer.write(analysis.root) + analysis.text[analysis.root.end :]


def _bins_of_last_summarize(root: Node) -> Iterator[int]:
    summarizes = [n for n in main_pipe(root) if n.kind == "SummarizeOperator"]
    clauses = summarizes[-1].children if summarizes else ()
    for clause in clauses:
        if clause.kind == "SummarizeByClause":
            for call in clause.of_kind("FunctionCallExpression"):
                if call.name == "bin" and call.type == "datetime":
                    yield call.start


def main_pipe(node: Node) -> Iterator[Node]:
    """Go through the operators of the outermost pipe of a query, in order."""
    if node.kind == "PipeExpression":
        yield from main_pipe(node.children[0])
        yield node.children[-1]
    elif node.kind in {"QueryBlock", "List"} and node.children:
        statements = [c for c in node.children if c.kind in {"List", "SeparatedElement"}]
        yield from main_pipe(statements[-1])
    elif node.kind in {"SeparatedElement", "ExpressionStatement"}:
        yield from main_pipe(node.children[0])


def _names_of_bins(root: Node) -> Iterator[tuple[int, str]]:
    """Yield each bin that names its column by itself, as `bin(TimeGenerated, 1h)` does."""
    for clause in root.of_kind("SummarizeByClause"):
        for element in clause.children[-1].children:
            call = element.children[0] if element.children else element
            if call.kind == "FunctionCallExpression" and call.name in {"bin", "floor"}:
                value = arguments(call)[0]
                if value.kind == "NameReference":
                    yield call.start, f"{value.text} = "


class _Writer:
    """Writes a tree anew with replacements; what stands between its nodes stays."""

    def __init__(self, analysis: Analysis, aligned: set[int], promoted: Mapping[int, str]) -> None:
        self._text = analysis.text
        self._names = dict(_names_of_bins(analysis.root))
        self._aligned = aligned
        self._promoted = promoted

    def write(self, node: Node) -> str:
        if node.kind == "FunctionCallExpression" and node.start in self._promoted:
            return self._promoted[node.start]
        if node.kind == "FunctionCallExpression" and node.name in {"bin", "floor"}:
            return self._bin(node)
        if node.kind == "DivideExpression" and node.type == "real":
            return self._division(node)
        if node.kind in _ORDERED:
            return self._comparison(node)
        return self._plain(node)

    def _plain(self, node: Node) -> str:
        parts, done = [], node.start
        for child in node.children:
            parts += [self._text[done : child.start], self.write(child)]
            done = child.end
        return "".join([*parts, self._text[done : node.end]])

    def _bin(self, call: Node) -> str:
        value, size = arguments(call)
        if call.type != "datetime":
            return self._plain(call)
        name = self._names.get(call.start, "")
        if call.start in self._aligned:
            return f"{name}bin_at({self.write(value)}, {self.write(size)}, now())"
        if isinstance(size.constant, int | float) and _DAYS_TO_1970_US % int(size.constant):
            return f"{name}bin_at({self.write(value)}, {self.write(size)}, datetime(0001-01-01))"
        return self._plain(call)

    def _division(self, node: Node) -> str:
        left, right = node.children[0], node.children[-1]
        timespans = left.type == right.type == "timespan"
        function = "mlmon_divide_timespans" if timespans else "mlmon_divide"
        return f"{function}({self.write(left)}, {self.write(right)})"

    def _comparison(self, node: Node) -> str:
        left, operator, right = node.children
        return f"{self._number(left)} {operator.text} {self._number(right)}"

    def _number(self, node: Node) -> str:
        """Write an operand of a comparison; NaN becomes null, which no comparison holds for."""
        text = self.write(node)
        return f"mlmon_number({text})" if node.type == "real" and not _is_literal(node) else text


def _is_literal(node: Node) -> bool:
    return node.kind.endswith("LiteralExpression")
