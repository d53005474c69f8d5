"""alert/measure-column: a count with a column, or another aggregation without one."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None or context.rule.kind == "SimpleLogAlert":
        return
    condition = context.rule.condition
    counts = condition.time_aggregation == "Count"
    if counts and condition.metric_measure_column is not None:
        yield RuleFinding(
            "metricMeasureColumn",
            f"Count counts rows and reads no column `{condition.metric_measure_column}`",
            "leave the column out, or choose another aggregation",
        )
    elif not counts and condition.metric_measure_column is None:
        yield RuleFinding(
            "timeAggregation",
            f"{condition.time_aggregation} needs a column to aggregate",
            "write metricMeasureColumn",
        )


LINT = Lint(
    id="alert/measure-column",
    severity="error",
    summary="The aggregation and its column do not go together",
    details=(
        "`Count` counts rows of the result; every other aggregation reads `metricMeasureColumn`. "
        "Azure refuses both mistakes.\n"
        "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/"
        "monitor_scheduled_query_rules_alert_v2"
    ),
    fix="write metricMeasureColumn for every aggregation but Count",
    bad="timeAggregation: Count\nmetricMeasureColumn: mae\n",
    good="timeAggregation: Maximum\nmetricMeasureColumn: mae\n",
    check=_check,
)
