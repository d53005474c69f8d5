"""kql/invalid: a query that can be read, but has no meaning."""

from collections.abc import Iterator

from evaluator.lints.kql.diagnostics import other_errors, syntax_errors
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding, RuleFinding


def _check(context: LintContext) -> Iterator[Finding]:
    for diagnostic in other_errors(context):
        message = diagnostic.message.rstrip(".")
        yield QueryFinding(
            diagnostic.start,
            diagnostic.end,
            f"{diagnostic.code}: {message}",
            _fix(diagnostic.code),
        )
    if not syntax_errors(context) and not any(context.analysis.root.of_kind("ExpressionStatement")):
        yield _returns_nothing(context)


def _returns_nothing(context: LintContext) -> Finding:
    """Tell of a query of comments and `let` statements only, or of nothing at all."""
    message, fix = "the query returns nothing", "write what it returns, such as a table's rows"
    if context.rule is not None and not context.query.pieces:
        return RuleFinding("query", message, fix)
    return QueryFinding(0, len(context.query.text), message, fix)


def _fix(code: str) -> str:
    """Say what is meant most often; nothing where the message says it."""
    return {
        "KS106": "convert one side, such as with `todouble(...)` or `tostring(...)`",
        "KS141": "compare with `==`; a single `=` names a column",
        "KS144": "compute it in a `summarize` above and use its column here",
    }.get(code, "")


LINT = Lint(
    id="kql/invalid",
    severity="error",
    summary="The query is refused: types or arguments do not fit",
    details=(
        "Microsoft's language service, which checks queries in the Azure portal, reports an error. "
        "A rule with such a query cannot be deployed, or never runs. Nor does one whose query has "
        "no statement but `let`, or is empty.\n"
        "https://learn.microsoft.com/kusto/query/"
    ),
    fix="change the expression so that its types and arguments fit",
    bad='AppMetrics\n| where Name = "mae"',
    good='AppMetrics\n| where Name == "mae"',
    check=_check,
)
