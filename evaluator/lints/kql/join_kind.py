"""kql/join-kind: a join that does not say which rows it keeps."""

from collections.abc import Iterator

from evaluator.lints.kql.diagnostics import readable_root
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding


def _check(context: LintContext) -> Iterator[Finding]:
    for join in readable_root(context).of_kind("JoinOperator"):
        if not any(parameter.name == "kind" for parameter in join.parameters()):
            yield QueryFinding(
                join.start,
                join.start + len("join"),
                "this join has no kind, so only one left row of each key is kept (innerunique)",
            )


LINT = Lint(
    id="kql/join-kind",
    severity="warning",
    summary="A join does not say its kind",
    details=(
        "Without `kind=` a join is `innerunique`: of several left rows with the same key it keeps "
        "any one, which is seldom meant and differs from one run to the next.\n"
        "https://learn.microsoft.com/kusto/query/join-operator"
    ),
    fix="write the kind, such as `join kind=inner` or `join kind=leftouter`",
    bad="""\
AppMetrics
| where Name == "mae"
| join (AppEvents | where Name == "run") on OperationId
""",
    good="""\
AppMetrics
| where Name == "mae"
| join kind=inner (AppEvents | where Name == "run") on OperationId
""",
    check=_check,
)
