"""alert/stateful-frequency: a stateful rule that runs too seldom."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from generator.azure import MAX_STATEFUL_FREQUENCY
from generator.durations import iso_duration


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if (
        rule is not None
        and rule.auto_mitigate
        and rule.evaluation_frequency > MAX_STATEFUL_FREQUENCY
    ):
        yield RuleFinding(
            "evaluationFrequency",
            f"a stateful rule cannot run every {iso_duration(rule.evaluation_frequency)}",
        )


LINT = Lint(
    id="alert/stateful-frequency",
    severity="error",
    summary="A stateful rule runs too seldom",
    details=(
        "Azure keeps no state for rules that run less often than every 12 hours.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule"
    ),
    fix="write autoMitigate: false, or a frequency of at most PT6H",
    bad="evaluationFrequency: P1D\nautoMitigate: true\n",
    good="evaluationFrequency: P1D\nautoMitigate: false\n",
    check=_check,
)
