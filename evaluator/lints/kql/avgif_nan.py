"""kql/avgif-nan: a mean of no rows that is compared."""

from collections.abc import Iterator
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import origin, place_of
from evaluator.lints.kql.constants import unconverted
from evaluator.lints.kql.finite import says_finite
from evaluator.lints.kql.guards import Guard, guards_of
from evaluator.lints.kql.tree import comparable, is_call, parts
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding

_COMPARISONS: Final = (
    "GreaterThanExpression",
    "GreaterThanOrEqualExpression",
    "LessThanExpression",
    "LessThanOrEqualExpression",
    "BetweenExpression",
)


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None:
        return
    root = context.analysis.root
    for comparison in root.of_kind(*_COMPARISONS):
        for side in map(unconverted, parts(comparison)):
            mean = _mean_of_nothing(side, root)
            if mean is not None:
                yield QueryFinding(
                    comparison.start,
                    comparison.end,
                    f"`{side.text}` is NaN when `{mean.text}` has no rows",
                    f"write `isfinite({side.text}) and {comparison.text}`",
                )


def _mean_of_nothing(column: Node, root: Node) -> Node | None:
    """Return the aggregate that makes a column and can be NaN there, if one does."""
    place = place_of(column, root)
    if column.symbol != "column" or place is None:
        return None
    found = origin(column.name, place, root)
    if found.value is None or found.place is None:
        return None
    if any(says_finite(guard, comparable(column)) for guard in guards_of(column, root)):
        return None
    for name, condition in found.conditions:
        if any(says_finite(guard, name) for guard in Guard(condition, holds=True).atoms()):
            return None
    grouped = any(c.kind == "SummarizeByClause" for c in found.place.step.children)
    if is_call(found.value, "avgif") or (is_call(found.value, "avg") and not grouped):
        return found.value
    return None


LINT = Lint(
    id="kql/avgif-nan",
    severity="warning",
    summary="A mean that may be of no rows is compared",
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
