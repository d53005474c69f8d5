"""alert/window-gap: rows that no evaluation sees."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from generator.durations import iso_duration


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is None or rule.kind == "SimpleLogAlert":
        return
    seen = rule.window_size * rule.condition.number_of_evaluation_periods
    if rule.evaluation_frequency > seen:
        yield RuleFinding(
            "evaluationFrequency",
            f"evaluated every {iso_duration(rule.evaluation_frequency)} over "
            f"{iso_duration(seen)}: what comes in between is never looked at",
        )


LINT = Lint(
    id="alert/window-gap",
    severity="error",
    summary="Rows between two evaluations are never looked at",
    details=(
        "An evaluation looks at `windowSize` times `numberOfEvaluationPeriods`. With a longer "
        "`evaluationFrequency` there are gaps; Azure refuses such a rule today, and older ones "
        "still exist.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule"
    ),
    fix="make the window at least as long as the frequency",
    bad="evaluationFrequency: PT1H\nwindowSize: PT30M\n",
    good="evaluationFrequency: PT30M\nwindowSize: PT30M\n",
    check=_check,
)
