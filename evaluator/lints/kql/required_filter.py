"""kql/required-filter: metrics or events of all names thrown together."""

from collections.abc import Iterator, Sequence
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import whole_line
from evaluator.lints.kql.tree import bare, is_in_step, pipelines
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding

_NAMED: Final = {"AppMetrics": "metric", "AppEvents": "event"}
_TOGETHER: Final = frozenset({"SummarizeOperator", "MakeSeriesOperator", "CountOperator"})


def _check(context: LintContext) -> Iterator[Finding]:
    root = context.analysis.root
    for line in pipelines(root):
        source, *operators = whole_line(line, root)
        source = bare(source)
        if source.symbol == "table" and source.name in _NAMED and _mixes_names(operators, root):
            yield QueryFinding(
                source.start,
                source.end,
                f"rows of every {_NAMED[source.name]} of `{source.name}` are taken together",
            )


def _mixes_names(operators: Sequence[Node], root: Node) -> bool:
    """Say whether an aggregation comes before anything that looks at the column Name."""
    for operator in operators:
        names = (n for n in operator.of_kind("NameReference") if n.name == "Name")
        if any(is_in_step(name, operator, root) for name in names):
            return False
        if operator.kind in _TOGETHER:
            return True
    return False


LINT = Lint(
    id="kql/required-filter",
    severity="warning",
    summary="Metrics or events of every name are aggregated together",
    details=(
        "AppMetrics holds every metric and AppEvents every event of the workspace, told apart by "
        "Name. A mean over a drift score and a latency means nothing, and changes when another "
        "application sends a metric. A query that groups by Name, or looks at it in any other way "
        "before it aggregates, is not reported.\n"
        "https://learn.microsoft.com/azure/azure-monitor/reference/tables/appmetrics"
    ),
    fix="filter `Name` first",
    bad="AppMetrics\n| summarize worst = max(Max) by OperationName",
    good='AppMetrics\n| where Name == "mae"\n| summarize worst = max(Max) by OperationName',
    check=_check,
)
