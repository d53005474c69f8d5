"""kql/reserved-aggregated-value: a column name that Azure keeps for itself."""

from collections.abc import Iterator

from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None:
        return
    for name in context.analysis.root.of_kind("NameDeclaration"):
        if name.name == "AggregatedValue":
            yield QueryFinding(
                name.start, name.end, "`AggregatedValue` is a word that alert rules reserve"
            )


LINT = Lint(
    id="kql/reserved-aggregated-value",
    severity="info",
    summary="A column of an alert query is named AggregatedValue",
    details=(
        "Microsoft's page on alert queries calls `AggregatedValue` a reserved word and asks for "
        "another name. Rules of Azure Monitor Baseline Alerts use it all the same, so what goes "
        "wrong is not known.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-log-query"
    ),
    fix="give the column the name of what it measures",
    bad='AppMetrics\n| where Name == "mae"\n| summarize AggregatedValue = max(Sum)',
    good='AppMetrics\n| where Name == "mae"\n| summarize mae = max(Sum)',
    check=_check,
)
