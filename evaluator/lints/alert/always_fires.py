"""alert/always-fires: a rule whose condition holds whatever happens."""

from collections.abc import Iterator

from evaluator.evaluation.condition import violation
from evaluator.lints.alert.counts import (
    counted_rule,
    fixed_number,
    has_to_count,
    measure_is_not_negative,
    result_rows,
)
from evaluator.lints.alert.rows import Rows
from evaluator.lints.kql.tree import main_expression
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding, RuleFinding


def _check(context: LintContext) -> Iterator[Finding]:
    rule = counted_rule(context)
    if rule is None:
        return
    violated = violation(rule.condition)
    if rule.condition.time_aggregation != "Count":
        if all(map(violated, (0.0, 1e-9, 1e9))) and measure_is_not_negative(context):
            column = rule.condition.metric_measure_column
            yield RuleFinding("threshold", f"`{column}` is never below zero: every value fires")
        return
    found = result_rows(context)
    if has_to_count(Rows(), rule.condition):
        yield RuleFinding("threshold", "every number of rows meets the condition")
    elif has_to_count(found, rule.condition):
        yield fixed_number(found, context)
    elif found.is_whole_table and violated(1.0) and violated(10.0**9):
        result = main_expression(context.analysis.root) or context.analysis.root
        message = "every row of the table fires: nothing is filtered"
        yield QueryFinding(result.start, result.end, message)


LINT = Lint(
    id="alert/always-fires",
    severity="warning",
    summary="The condition holds whatever happens",
    details=(
        "A rule that counts rows and does not filter them fires as soon as there is data; a query "
        "that ends in `count`, or in an aggregate without `by`, returns one row, also for "
        "nothing; and a count in a column is zero or more, whatever happens.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-log-query and "
        "https://learn.microsoft.com/kusto/query/summarize-operator"
    ),
    fix="filter the rows that matter",
    bad="AppExceptions\n| count\n",
    good='AppExceptions\n| where ProblemId has "Scoring"\n',
    check=_check,
)
