"""alert/minute-budget: more rules run every minute than a subscription may have."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from evaluator.lints.lint import ComparingLint, Finding, LintContext, RuleFinding
from generator.azure import MAX_ONE_MINUTE_RULES

_MINUTE = timedelta(minutes=1)


def _check_all(contexts: Sequence[LintContext]) -> Iterator[tuple[LintContext, Finding]]:
    frequent = {
        context.subject: context
        for context in contexts
        if context.rule is not None
        and context.rule.enabled
        and context.rule.evaluation_frequency == _MINUTE
    }
    over = list(frequent.values())[MAX_ONE_MINUTE_RULES:]
    if over:
        message = (
            f"{len(frequent)} rules run every minute, a subscription may have "
            f"{MAX_ONE_MINUTE_RULES}: this is the first one too many"
        )
        yield over[0], RuleFinding("evaluationFrequency", message)


LINT = ComparingLint(
    id="alert/minute-budget",
    severity="error",
    summary="More rules run every minute than a subscription may have",
    details=(
        "Azure allows 100 active log search alert rules of one minute in a subscription; those "
        "beyond are refused when they are deployed. The rules that are linted together count.\n"
        "https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#alerts"
    ),
    fix="let the less urgent rules run every five minutes: they cost half as much",
    bad="evaluationFrequency: PT1M   # in 101 rules\n",
    good="evaluationFrequency: PT5M   # in 101 rules\n",
    check_all=_check_all,
)
