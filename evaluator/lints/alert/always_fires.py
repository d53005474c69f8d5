"""alert/always-fires: a rule whose condition holds whatever happens."""

from collections.abc import Iterator

from evaluator.evaluation.condition import violation
from evaluator.lints.alert.pipe import ends_in_count, reads_everything
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding, RuleFinding


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is None or rule.kind == "SimpleLogAlert" or rule.dynamic_threshold:
        return
    if rule.condition.time_aggregation != "Count":
        return
    violated = violation(rule.condition)
    count = ends_in_count(context.analysis)
    if count is not None and violated(1.0):
        yield QueryFinding(
            count.start,
            count.end,
            "the query ends in a count, which is one row: Count is always 1",
            "leave the count out, Azure counts the rows",
        )
    elif all(violated(float(number)) for number in (0, 1, 2, 10, 10**9)):
        yield RuleFinding("threshold", "every number of rows meets the condition")
    elif violated(1.0) and violated(10.0**9) and reads_everything(context.analysis):
        root = context.analysis.root
        yield QueryFinding(
            root.start, root.end, "every row of the table fires: nothing is filtered"
        )


LINT = Lint(
    id="alert/always-fires",
    severity="warning",
    summary="The condition holds whatever happens",
    details=(
        "A rule that counts rows and does not filter them fires as soon as there is data; one that "
        "ends in `count` returns one row, also for nothing.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-log-query"
    ),
    fix="filter the rows that matter",
    bad="AppExceptions\n| count\n",
    good='AppExceptions\n| where ProblemId has "Scoring"\n',
    check=_check,
)
