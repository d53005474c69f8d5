"""alert/periods: failing periods that cannot be, or windows that cannot be cut."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from generator.azure import MAX_EVALUATION_PERIODS, MAX_LOOKBACK
from generator.durations import iso_duration


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is None or rule.kind == "SimpleLogAlert":
        return
    periods = rule.condition.number_of_evaluation_periods
    failing = rule.condition.min_failing_periods_to_alert
    if not 1 <= periods <= MAX_EVALUATION_PERIODS:
        yield RuleFinding(
            "numberOfEvaluationPeriods",
            f"{periods} periods; Azure takes 1 to {MAX_EVALUATION_PERIODS}",
        )
    if not 1 <= failing <= periods:
        yield RuleFinding(
            "minFailingPeriodsToAlert", f"{failing} failing periods of {periods} can never be"
        )
    if rule.window_size * periods > MAX_LOOKBACK:
        yield RuleFinding(
            "windowSize",
            f"{periods} windows of {iso_duration(rule.window_size)} are more than two days",
        )
    timed = any(column.type == "datetime" for column in context.analysis.columns)
    if periods > 1 and context.analysis.columns and not timed:
        yield RuleFinding(
            "numberOfEvaluationPeriods",
            "the query returns no time, so Azure cannot cut its rows into windows",
            "return TimeGenerated, or write one period",
        )


LINT = Lint(
    id="alert/periods",
    severity="error",
    summary="The number of periods cannot be",
    details=(
        "1 <= minFailingPeriodsToAlert <= numberOfEvaluationPeriods <= 6, all windows together "
        "span at most two days, and more than one window needs a time in the result.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule"
    ),
    fix="write fewer failing periods than periods, and windows of at most two days together",
    bad="numberOfEvaluationPeriods: 2\nminFailingPeriodsToAlert: 3\n",
    good="numberOfEvaluationPeriods: 3\nminFailingPeriodsToAlert: 2\n",
    check=_check,
)
