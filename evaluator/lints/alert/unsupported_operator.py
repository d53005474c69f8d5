"""alert/unsupported-operator: what Azure refuses in the query of a rule."""

from collections.abc import Iterator
from datetime import timedelta

from evaluator.analysis.syntax import Node
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding

_PLUGINS = {"bag_unpack", "pivot", "narrow"}
_CROSS_RESOURCE = {"workspace", "app", "resource", "adx", "arg"}
_MINUTE = timedelta(minutes=1)


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None:
        return
    every_minute = context.rule.evaluation_frequency == _MINUTE
    for node in context.analysis.root.walk():
        refused = _refused(node, every_minute=every_minute)
        if refused:
            end = min(node.end, node.start + max(len(refused.split()[0]), 1))
            yield QueryFinding(node.start, end, f"Azure refuses {refused} in the query of a rule")


def _refused(node: Node, *, every_minute: bool) -> str:
    at_a_minute = " that runs every minute" if every_minute else ""
    if node.kind == "SearchOperator":
        return "search"
    if node.kind == "UnionOperator" and not _is_cross_resource(node):
        return "union of tables of one workspace"
    if node.kind == "TakeOperator" and every_minute:
        return f"take{at_a_minute}"
    if node.kind == "FunctionCallExpression":
        if node.name in _PLUGINS:
            return node.name
        if node.name in {"ingestion_time", "adx"} and every_minute:
            return f"{node.name}(){at_a_minute}"
        if node.name == "ago" and not any(node.of_kind("TimespanLiteralExpression")):
            return "ago() of anything but a literal"
    return ""


def _is_cross_resource(union: Node) -> bool:
    return any(call.name in _CROSS_RESOURCE for call in union.of_kind("FunctionCallExpression"))


LINT = Lint(
    id="alert/unsupported-operator",
    severity="error",
    summary="The query uses what Azure refuses in alert rules",
    details=(
        "Alert rules take no `search`, no `union` but across resources, none of the plugins "
        "bag_unpack, pivot and narrow, and `ago()` of literals only; at a frequency of one minute "
        "no `take`, `ingestion_time()` and `adx()` either.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-log-query and "
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule"
    ),
    fix="name the tables, join instead of union, and write times as literals",
    bad='search "error"\n',
    good='AppTraces\n| where Message has "error"\n',
    check=_check,
)
