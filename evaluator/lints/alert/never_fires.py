"""alert/never-fires: a rule whose condition cannot hold."""

from collections.abc import Iterator

from evaluator.evaluation.condition import violation
from evaluator.lints.alert.contradictions import contradictions
from evaluator.lints.alert.counts import (
    can_count,
    counted_rule,
    fixed_number,
    measure_is_not_negative,
    result_rows,
)
from evaluator.lints.alert.members import most_counted
from evaluator.lints.alert.rows import Rows
from evaluator.lints.kql.columns import result_of
from evaluator.lints.kql.tree import main_expression
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding, RuleFinding


def _check(context: LintContext) -> Iterator[Finding]:
    rule = counted_rule(context)
    if rule is None:
        return
    empty = list(contradictions(context.analysis.root))
    for node, message in empty:
        yield QueryFinding(node.start, node.end, message)
    if rule.condition.time_aggregation != "Count":
        yield from _measured(context)
    elif not can_count(Rows(), rule.condition):
        yield RuleFinding("threshold", "no number of rows meets the condition")
    elif not empty and not can_count(found := result_rows(context), rule.condition):
        yield fixed_number(found, context)


def _measured(context: LintContext) -> Iterator[Finding]:
    assert context.rule is not None  # noqa: S101 - asked for rules only
    condition = context.rule.condition
    column, violated = condition.metric_measure_column, violation(condition)
    if not any(map(violated, (0.0, 1e-9, 1e9, condition.threshold))) and (
        condition.threshold <= 0 and measure_is_not_negative(context)
    ):
        yield RuleFinding("threshold", f"`{column}` is never below zero")
    expression = main_expression(context.analysis.root)
    if column is None or expression is None or context.fleet is None:
        return
    most = most_counted(column, result_of(expression), context.analysis.root, context.fleet)
    if most is None or condition.time_aggregation == "Total":
        return  # of several rows the total may be more
    if not any(violated(float(n)) for n in range(most + 1)):
        message = f"`{column}` is never more than the fleet has: {most}"
        yield RuleFinding("threshold", message)


LINT = Lint(
    id="alert/never-fires",
    severity="warning",
    summary="The condition cannot hold",
    details=(
        "A count is a whole number from 0, an aggregate of everything is one row, and no row "
        "passes two filters that contradict each other; in the project's own rules no more "
        "circuits are counted than the fleet has.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-log-query"
    ),
    fix="correct the filter or the threshold",
    bad='AppMetrics\n| where Name == "mae"\n| where Name == "rmse"\n',
    good='AppMetrics\n| where Name in ("mae", "rmse")\n',
    check=_check,
)
