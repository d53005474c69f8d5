"""kql/avgif-nan: a mean of no rows that is compared."""

from collections.abc import Iterator
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import Place, origin, place_of, result_of
from evaluator.lints.kql.constants import unconverted
from evaluator.lints.kql.finite import says_finite
from evaluator.lints.kql.guards import Guard, guards_of
from evaluator.lints.kql.tree import comparable, is_call, main_expression, parts
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding, RuleFinding

_COMPARISONS: Final = (
    "GreaterThanExpression",
    "GreaterThanOrEqualExpression",
    "LessThanExpression",
    "LessThanOrEqualExpression",
    "BetweenExpression",
)

_ARITHMETIC: Final = (
    "AddExpression",
    "SubtractExpression",
    "MultiplyExpression",
    "DivideExpression",
    "UnaryMinusExpression",
)


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None:
        return
    root = context.analysis.root
    yield from _measured(context)
    for comparison in root.of_kind(*_COMPARISONS):
        for side in map(unconverted, parts(comparison)):
            mean = _mean_of_nothing(side, place_of(comparison, root), root)
            if mean is not None:
                yield QueryFinding(
                    comparison.start,
                    comparison.end,
                    f"`{side.text}` is NaN when `{mean.text}` has no rows",
                    f"write `isfinite({side.text}) and {comparison.text}`",
                )


def _measured(context: LintContext) -> Iterator[Finding]:
    """Find a mean of no rows that the rule measures; one of all rows is none without data."""
    result = main_expression(context.analysis.root)
    column = context.rule.condition.metric_measure_column if context.rule else None
    if column is None or result is None:
        return
    mean = _mean_in_column(column, result_of(result), context.analysis.root)
    if mean is not None and mean.name == "avgif":
        yield RuleFinding(
            "metricMeasureColumn",
            f"`{column}` is NaN when `{mean.text}` has no rows",
            f"end the query with `| where isfinite({column})`",
        )


def _mean_of_nothing(node: Node, place: Place | None, root: Node) -> Node | None:
    """Return the aggregate in a number that can be NaN there, if one can."""
    node = unconverted(node)
    if place is None:
        return None
    if any(says_finite(guard, comparable(node)) for guard in guards_of(node, root)):
        return None
    if node.symbol == "column":
        return _mean_in_column(node.name, place, root)
    if node.kind in _ARITHMETIC:
        means = (_mean_of_nothing(part, place, root) for part in parts(node))
        return next((mean for mean in means if mean is not None), None)
    grouped = any(c.kind == "SummarizeByClause" for c in place.step.children)
    return node if is_call(node, "avgif") or (is_call(node, "avg") and not grouped) else None


def _mean_in_column(column: str, place: Place, root: Node) -> Node | None:
    found = origin(column, place, root)
    if found.value is None or found.place is None:
        return None
    for name, condition in found.conditions:
        if any(says_finite(guard, name) for guard in Guard(condition, holds=True).atoms()):
            return None
    return _mean_of_nothing(found.value, found.place, root)


LINT = Lint(
    id="kql/avgif-nan",
    severity="warning",
    summary="A mean that may be of no rows is compared, or measured by the rule",
    details=(
        "`avgif` of no matching rows, and `avg` of no rows at all, is NaN. That every comparison "
        "with NaN is false in Azure is inferred from the standard for real numbers; other engines "
        "order NaN above every number, where the same comparison is true. A mean in a group of "
        "rows is of one row at least, so it is not reported.\n"
        "https://learn.microsoft.com/kusto/query/isnan-function"
    ),
    fix="ask `isfinite(...)` before the comparison",
    bad="""\
AppMetrics
| summarize drift = avgif(Max, Name == "drift"), mae = max(Sum) by OperationName
| where drift > 0.2
""",
    good="""\
AppMetrics
| summarize drift = avgif(Max, Name == "drift"), mae = max(Sum) by OperationName
| where isfinite(drift) and drift > 0.2
""",
    check=_check,
)
