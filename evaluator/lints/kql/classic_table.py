"""kql/classic-table: a table of Application Insights' classic schema."""

from collections.abc import Iterator

from evaluator.lints.kql.diagnostics import is_classic_table, text_of
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding
from generator.azure import CLASSIC_TABLES


def _check(context: LintContext) -> Iterator[Finding]:
    for diagnostic in context.analysis.errors:
        if is_classic_table(context, diagnostic):
            name = text_of(context, diagnostic)
            yield QueryFinding(
                diagnostic.start,
                diagnostic.end,
                f"a Log Analytics workspace has no table `{name}`",
                f"query `{CLASSIC_TABLES[name]}`, whose columns have other names too",
            )


LINT = Lint(
    id="kql/classic-table",
    severity="error",
    summary="The query reads a table of the classic Application Insights schema",
    details=(
        "`customMetrics`, `requests` and the like exist only in queries of the scope of an "
        "Application Insights resource. In a workspace the tables are called `AppMetrics`, "
        "`AppRequests` and so on, and their columns differ: `name` is `Name`, `valueSum` is `Sum`, "
        "`customDimensions` is `Properties`, `timestamp` is `TimeGenerated`.\n"
        "https://learn.microsoft.com/azure/azure-monitor/app/convert-classic-resource"
    ),
    fix="query the workspace's table and its columns",
    bad='customMetrics\n| where name == "mae"\n| summarize newest = max(valueSum)',
    good='AppMetrics\n| where Name == "mae"\n| summarize newest = max(Sum)',
    check=_check,
)
