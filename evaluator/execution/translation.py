"""From a query of KQL to SQL, the clock and the tables left open.

The query is rewritten by its syntax tree, lowered by duckdb-kql, and then both `now()` and every
table are put in as SQL of our own, in the tree of duckdb-kql and never in a text.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from duckdb_kql import ir
from duckdb_kql.errors import KqlError, KqlSchemaError, KqlUnsupportedError
from duckdb_kql.lower import lower
from duckdb_kql.translate import to_sql

from evaluator.analysis.syntax import Analysis, Column, Node
from evaluator.execution import expressions, operators, registry
from evaluator.execution.aggregates import items, write_aggregate
from evaluator.execution.errors import NotExecutable
from evaluator.execution.refusals import refuse_what_is_not_exact
from evaluator.execution.source_rewriting import Handler, SourceRewriter
from evaluator.tables import Table

registry.install()

_CLOCK: Final = ("ago", "now")


@dataclass(frozen=True, slots=True, eq=False)
class PreparedQuery:
    """A query, translated once; its clock and the visible rows are bound anew each time it runs."""

    analysis: Analysis
    alert: bool
    query: ir.Query
    sql: str
    parameters: frozenset[str]
    """Placeholders in `sql`."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns of the result."""
        return self.analysis.columns


def lowered(analysis: Analysis, *, alert: bool) -> ir.Query:
    """Rewrite a query and lower it.

    Raises:
        NotExecutable: the answer would not certainly be Azure's.
    """
    refuse_what_is_not_exact(analysis)
    source = rewritten(analysis, alert=alert)
    try:
        return lower(source)
    except KqlError as error:
        raise _refusal(analysis, error) from error


def rewritten(analysis: Analysis, *, alert: bool) -> str:
    """Write the query anew for duckdb-kql."""
    rewriter = SourceRewriter(analysis.text, _HANDLERS, alert=alert)
    if alert:
        rewriter.aligned = frozenset(_aligned_bins(analysis.root))
    return rewriter.write(analysis.root)


def rendered(
    query: ir.Query,
    tables: Mapping[str, Table],
    *,
    clock: str,
    visible: Callable[[str], str],
    analysis: Analysis,
    promoted: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> str:
    """Write the SQL of a query at a clock, with `visible(table)` the SELECT of a table's rows.

    That SELECT has the table's columns and then those that are `promoted`, by table.

    Raises:
        NotExecutable: duckdb-kql does not translate it.
    """
    timed = _with_clock(query, clock)
    lets = [
        (
            name,
            ir.Query(
                ir.CommandSource(
                    visible(name), (*tables[name].columns, *promoted.get(name, ())), name
                )
            ),
        )
        for name in tables_of(query, tables)
    ]
    whole = ir.Query(timed.source, timed.operators, [*lets, *timed.lets], timed.parameters)
    try:
        return str(to_sql(whole, {}))
    except KqlError as error:
        raise _refusal(analysis, error) from error


def tables_of(query: ir.Query, tables: Mapping[str, Table]) -> list[str]:
    """List the tables that a query reads."""
    read = {n.name for n in nodes(query) if isinstance(n, ir.TableRef)}
    return sorted(read & tables.keys())


def reads_clock(tree: object) -> bool:
    """Tell whether something in the tree of duckdb-kql calls `now` or `ago`."""
    return any(isinstance(n, ir.FunctionCall) and n.name in _CLOCK for n in nodes(tree))


def _aligned_bins(root: Node) -> Iterator[Node]:
    """Find the bins of time whose fixed point is the evaluation time (E4).

    Documented is that the alert service changes `bin` to `bin_at`; inferred is that it does so in
    the last `summarize` of the query itself.
    """
    statements = [s.children[0] for s in root.of_kind("ExpressionStatement")]
    node: Node | None = statements[-1] if statements else None
    while node is not None and node.kind == "PipeExpression":
        if node.children[2].kind == "SummarizeOperator":
            keys, _ = items(node.children[2])
            for key in keys:
                calls = key.of_kind("FunctionCallExpression")
                yield from (c for c in calls if c.name in ("bin", "floor") and c.type == "datetime")
            return
        node = node.children[0]


def _call(rewriter: SourceRewriter, node: Node) -> str:
    is_aggregate = node.children[0].symbol == "aggregate"
    write = write_aggregate if is_aggregate else expressions.write_call
    return write(rewriter, node)


_HANDLERS: Final[dict[str, Handler]] = {
    **expressions.HANDLERS,
    **operators.HANDLERS,
    "FunctionCallExpression": _call,
}


def with_nodes_replaced(tree: Any, replacement: Callable[[Any], Any]) -> Any:
    """Copy a tree of duckdb-kql, with what `replacement` gives for a node unless that is None.

    A node that stands in several places stays one node.
    """
    memo: dict[int, Any] = {}

    def replaced(node: Any) -> Any:
        if id(node) not in memo:
            memo[id(node)] = made(node)
        return memo[id(node)]

    def made(node: Any) -> Any:
        if isinstance(node, (list, tuple)):
            return type(node)(replaced(item) for item in node)
        if not dataclasses.is_dataclass(node) or isinstance(node, type):
            return node
        fields = {f.name: replaced(getattr(node, f.name)) for f in dataclasses.fields(node)}
        copy = type(node)(**fields)
        new = replacement(copy)
        return copy if new is None else new

    return replaced(tree)


def _with_clock(query: ir.Query, clock: str) -> ir.Query:
    def replacement(node: object) -> ir.Expr | None:
        if not (isinstance(node, ir.FunctionCall) and node.name in _CLOCK):
            return None
        now = ir.RenderedAggregate(clock)
        if not node.args:
            return now
        return ir.BinaryOp("+" if node.name == "now" else "-", now, node.args[0])

    result: ir.Query = with_nodes_replaced(query, replacement)
    return result


def nodes(tree: object) -> Iterator[object]:
    """Go through everything in a tree of duckdb-kql, each node once."""
    stack: list[object] = [tree]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if isinstance(node, (list, tuple)):
            stack.extend(node)
        elif dataclasses.is_dataclass(node) and id(node) not in seen:
            seen.add(id(node))
            yield node
            stack.extend(getattr(node, f.name) for f in dataclasses.fields(node))


@contextmanager
def depth_refused(analysis: Analysis) -> Iterator[None]:
    """Refuse a query whose nesting is too deep for what is done with it.

    Raises:
        NotExecutable: it is.
    """
    try:
        yield
    except RecursionError:
        raise NotExecutable(
            "the query is nested too deeply to be run",
            0,
            len(analysis.text),
            "write a long chain of `or` as `in (...)`, and nest less",
        ) from None


def _refusal(analysis: Analysis, error: BaseException) -> NotExecutable:
    """Say in KQL's terms what duckdb-kql does not translate."""
    hint = "the query is valid; only running it here is not possible"
    if isinstance(error, KqlUnsupportedError):
        reason = f"`{error.construct}` is not run by duckdb-kql"
        hint = error.hint or hint
    elif isinstance(error, KqlSchemaError):
        reason = f"the name `{error.name}` is not run by duckdb-kql"
        hint = error.hint or hint
    else:
        reason = "duckdb-kql does not read this query"
    return NotExecutable(reason, 0, len(analysis.text), hint)
