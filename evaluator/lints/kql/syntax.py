"""kql/syntax: a query that cannot be read."""

from collections.abc import Iterator

from evaluator.lints.kql.diagnostics import syntax_errors
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding


def _check(context: LintContext) -> Iterator[Finding]:
    # What follows the first is mostly its consequence.
    for diagnostic in syntax_errors(context)[:1]:
        message = diagnostic.message.rstrip(".")
        yield QueryFinding(
            diagnostic.start, diagnostic.end, f"the query cannot be read from here: {message}"
        )


LINT = Lint(
    id="kql/syntax",
    severity="error",
    summary="The query is not KQL",
    details=(
        "The parser is that of the Azure portal, so Azure refuses the query too. Only the first "
        "place is shown: what follows it is mostly its consequence.\n"
        "https://learn.microsoft.com/kusto/query/"
    ),
    fix="correct the text at the mark or just before it",
    bad='AppMetrics\n| where Name == "mae"\n| summarize newest = max(Sum',
    good='AppMetrics\n| where Name == "mae"\n| summarize newest = max(Sum)',
    check=_check,
)
