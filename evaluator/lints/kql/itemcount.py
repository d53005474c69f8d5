"""kql/itemcount: rows that stand for several measurements, counted as one."""

from collections.abc import Iterator
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import Place, origin, result_of
from evaluator.lints.kql.constants import let_value, unconverted
from evaluator.lints.kql.names import names_wanted
from evaluator.lints.kql.tree import (
    arguments,
    bare,
    is_call,
    is_in_step,
    items,
    main_expression,
    pipelines,
    steps,
)
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding, RuleFinding

# Steps that leave one row a row.
_ROW_BY_ROW: Final = frozenset(
    {"FilterOperator", "ExtendOperator", "ProjectOperator", "ProjectAwayOperator"}
    | {"ProjectKeepOperator", "ProjectRenameOperator", "ProjectReorderOperator", "SortOperator"}
)


def _check(context: LintContext) -> Iterator[Finding]:
    root = context.analysis.root
    yield from _measure(context)
    for line in pipelines(root):
        for i, step in enumerate(line):
            table = _rows_of(line[:i], root)
            if step.kind != "SummarizeOperator" or table is None or not _counts(table, context):
                continue
            calls = (c for item in items(step) for c in item.of_kind("FunctionCallExpression"))
            for call in (c for c in calls if is_in_step(c, step, root)):
                yield from _aggregate(call, Place(line, i), table, context)


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


def _aggregate(
    call: Node, place: Place, table: str, context: LintContext
) -> Iterator[QueryFinding]:
    given = arguments(call)
    condition = f", {given[-1].text})" if call.name.endswith("if") and given else ")"
    if is_call(call, "count", "countif"):
        message = (
            f"`{call.name}()` counts rows of {table}, each of which stands for ItemCount items"
        )
        total = "sumif(ItemCount" if call.name == "countif" else "sum(ItemCount"
        yield QueryFinding(call.start, call.end, message, f"write `{total}{condition}`")
    elif is_call(call, "avg", "avgif") and given and table == "AppMetrics":
        value = unconverted(given[0])
        is_sum = value.symbol == "column" and _is_sum(value.name, place, context.analysis.root)
        if is_sum and not _reads_gauges(context):
            message = f"`{call.text}` is the mean of rows' sums, not of measurements"
            total = "sumif" if call.name == "avgif" else "sum"
            quotient = f"{total}({value.name}{condition} / {total}(ItemCount{condition}"
            yield QueryFinding(call.start, call.end, message, f"write `{quotient}`")


def _measure(context: LintContext) -> Iterator[RuleFinding]:
    """Find a rule that lets Azure take the mean of rows' sums."""
    rule, root = context.rule, context.analysis.root
    column = rule.condition.metric_measure_column if rule else None
    result = main_expression(root)
    if rule is None or column is None or result is None or _reads_gauges(context):
        return
    place = result_of(result)
    is_rows = _rows_of(place.steps, root) == "AppMetrics"
    if rule.condition.time_aggregation == "Average" and is_rows and _is_sum(column, place, root):
        message = f"the average of `{column}` is the mean of rows' sums, not of measurements"
        fix = f"return `sum({column}) / sum(ItemCount)` of each series, and measure that"
        yield RuleFinding("timeAggregation", message, fix)


def _reads_gauges(context: LintContext) -> bool:
    """Say whether each row is known to be one value: then its sum is that value."""
    wanted = names_wanted(context.analysis.root, "AppMetrics")
    return context.fleet is not None and bool(wanted) and wanted <= context.fleet.gauges.keys()


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
        "`sum(ItemCount)`, the mean `sum(Sum) / sum(ItemCount)`. Only a `summarize`, or the "
        "rule's own Average, directly over a table's rows is reported; and no mean of gauges that "
        "are known to send one value a row.\n"
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
