"""kql/itemcount: rows that stand for several measurements, counted as one."""

from collections.abc import Iterator
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import Place, origin
from evaluator.lints.kql.constants import let_value, unconverted
from evaluator.lints.kql.tree import arguments, bare, is_call, item_value, items, pipelines, steps
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding

# Steps that leave one row a row.
_ROW_BY_ROW: Final = frozenset(
    {"FilterOperator", "ExtendOperator", "ProjectOperator", "ProjectAwayOperator"}
    | {"ProjectKeepOperator", "ProjectRenameOperator", "ProjectReorderOperator", "SortOperator"}
)


def _check(context: LintContext) -> Iterator[Finding]:
    root = context.analysis.root
    for line in pipelines(root):
        for i, step in enumerate(line):
            table = _rows_of(line[:i], root)
            if step.kind != "SummarizeOperator" or table is None or not _counts(table, context):
                continue
            for item in items(step):
                yield from _aggregate(item_value(item), Place(line, i), table, root)


def _rows_of(line: tuple[Node, ...], root: Node) -> str | None:
    """Return the table whose rows come out of some steps one by one, if they do."""
    if not line or any(step.kind not in _ROW_BY_ROW for step in line[1:]):
        return None
    source = bare(line[0])
    value = let_value(source, root) if source.kind == "NameReference" else None
    if value is not None:
        return _rows_of(steps(value), root)
    return source.name if source.symbol == "table" else None


def _counts(table: str, context: LintContext) -> bool:
    known = context.tables.get(table)
    return table.startswith("App") and known is not None and "ItemCount" in known.columns


def _aggregate(call: Node, place: Place, table: str, root: Node) -> Iterator[Finding]:
    if is_call(call, "count"):
        message = f"`count()` counts rows of {table}, each of which stands for ItemCount items"
        yield QueryFinding(call.start, call.end, message, "write `sum(ItemCount)`")
    elif is_call(call, "avg") and table == "AppMetrics":
        for value in map(unconverted, arguments(call)):
            if value.symbol == "column" and _is_sum(value.name, place, root):
                message = f"`{call.text}` is the mean of rows' sums, not of measurements"
                fix = f"write `sum({value.name}) / sum(ItemCount)`"
                yield QueryFinding(call.start, call.end, message, fix)


def _is_sum(name: str, place: Place, root: Node) -> bool:
    found = origin(name, place, root)
    if found.value is None or found.place is None:
        return found.name == "Sum"
    value = unconverted(found.value)
    return value.symbol == "column" and _is_sum(value.name, found.place, root)


LINT = Lint(
    id="kql/itemcount",
    severity="warning",
    summary="Rows are counted, or averaged, as if each were one measurement",
    details=(
        "A row of AppMetrics carries the Sum of ItemCount measurements, and a sampled row of the "
        "other tables of Application Insights stands for ItemCount items. The number is "
        "`sum(ItemCount)`, the mean `sum(Sum) / sum(ItemCount)`. Only a `summarize` directly over "
        "a table's rows is reported.\n"
        "https://learn.microsoft.com/azure/azure-monitor/app/sampling"
    ),
    fix="weigh each row with ItemCount",
    bad='AppMetrics\n| where Name == "mae"\n| summarize mae = avg(Sum) by OperationName',
    good="""\
AppMetrics
| where Name == "mae"
| summarize mae = sum(Sum) / sum(ItemCount) by OperationName
""",
    check=_check,
)
