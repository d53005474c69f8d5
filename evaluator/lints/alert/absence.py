"""alert/absence and alert/late-rows: rules that wait for silence."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from evaluator.evaluation.condition import violation
from evaluator.lints.lint import Finding, Lint, LintContext, RuleFinding
from evaluator.rules import LogAlertRule
from generator.durations import iso_duration

# From when on late rows may misfire a rule, and what a window has to have room for.
_LATE: Final = timedelta(minutes=30)


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is not None and rule.condition.dimensions and _waits_for_none(rule):
        yield RuleFinding(
            "dimensions", "a member that falls silent has no rows, so no series that could fire"
        )


def _check_late(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is None or rule.condition.time_aggregation != "Count" or rule.dynamic_threshold:
        return
    if rule.condition.dimensions and _waits_for_none(rule):
        return  # no window would help
    is_below = rule.condition.operator in ("LessThan", "LessThanOrEqual") or _waits_for_none(rule)
    if is_below and rule.query_time_range < _LATE:
        name = "overrideQueryTimeRange" if rule.override_query_time_range else "windowSize"
        yield RuleFinding(
            name,
            f"the rule looks back {iso_duration(rule.query_time_range)}: a row that is logged "
            "later is missing",
        )


def _waits_for_none(rule: LogAlertRule) -> bool:
    """Say whether no rows meet the condition, and one does not."""
    condition = rule.condition
    violated = violation(condition)
    return condition.time_aggregation == "Count" and violated(0.0) and not violated(1.0)


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

LATE_ROWS = Lint(
    id="alert/late-rows",
    severity="info",
    summary="A rule takes late rows for missing ones",
    details=(
        "Rows are logged minutes after what they tell of, and Microsoft calls log alerts less "
        "effective where data is missing. A metric alert hears of silence sooner; a window of half "
        "an hour has room for what is late (the half hour is inferred from the same page).\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule"
    ),
    fix="use a metric alert, or a window of half an hour or more",
    bad="timeAggregation: Count\noperator: LessThan\nthreshold: 1\nwindowSize: PT5M\n",
    good="timeAggregation: Count\noperator: LessThan\nthreshold: 1\nwindowSize: PT30M\n",
    check=_check_late,
)
