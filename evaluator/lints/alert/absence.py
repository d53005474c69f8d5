"""alert/absence: a rule that waits for silence of a series that silence removes."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None:
        return
    condition = context.rule.condition
    below = condition.operator in {"LessThan", "LessThanOrEqual"}
    least = 1 if condition.operator == "LessThan" else 0
    if (
        condition.time_aggregation == "Count"
        and condition.dimensions
        and below
        and condition.threshold <= least
    ):
        yield RuleFinding(
            "dimensions", "a member that falls silent has no rows, so no series that could fire"
        )


LINT = Lint(
    id="alert/absence",
    severity="error",
    summary="A split rule waits for silence",
    details=(
        "Series are made of the rows that are there: a member without rows is no series, and a "
        "count below one never comes about (inferred from how combinations are made).\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/"
        "alerts-create-log-alert-rule#dimensions"
    ),
    fix="list the members in the query, join what was seen, and return how long each is silent",
    bad="timeAggregation: Count\noperator: LessThan\nthreshold: 1\ndimensions: [Name]\n",
    good="timeAggregation: Count\noperator: LessThan\nthreshold: 1\n",
    check=_check,
)
