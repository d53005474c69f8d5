"""alert/unsupported-operator: what Azure refuses in the query of a rule."""

from collections.abc import Iterator
from datetime import timedelta

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.tree import arguments, bare, items, step_of, steps
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding

_PLUGINS = {"bag_unpack", "pivot", "narrow"}
_CROSS_RESOURCE = {"workspace", "app", "resource", "adx", "arg"}
_MINUTE = timedelta(minutes=1)


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None:
        return
    root = context.analysis.root
    yield from _everywhere(root)
    if context.rule.evaluation_frequency == _MINUTE:
        yield from _every_minute(root)


def _everywhere(root: Node) -> Iterator[Finding]:
    for search in root.of_kind("SearchOperator"):
        yield _refused(search.children[0], "`search`", "name the tables and their columns")
    for union in root.of_kind("UnionOperator"):
        if not _is_cross_resource(union, root):
            fix = "join the tables, or write a rule for each"
            yield _refused(union.children[0], "`union` of tables of one workspace", fix)
    for call in root.of_kind("FunctionCallExpression"):
        if call.name in _PLUGINS:
            fix = "read the properties by name, such as `Properties.plant_id`"
            yield _refused(call.children[0], f"`{call.name}`", fix)
        elif call.name == "ago" and not _is_of_literal(call):
            fix = "write one literal, such as `ago(90m)`"
            yield _refused(call, "`ago` of anything but a literal", fix)


def _every_minute(root: Node) -> Iterator[Finding]:
    fix = "run the rule every five minutes, or leave it out"
    for take in root.of_kind("TakeOperator"):
        word = take.children[0]
        yield _refused(word, f"`{word.text}`", fix, " that runs every minute")
    for call in root.of_kind("FunctionCallExpression"):
        if call.name in ("ingestion_time", "adx"):
            what = f"`{call.name}()`"
            yield _refused(call.children[0], what, fix, " that runs every minute")


def _refused(node: Node, what: str, fix: str, which: str = "") -> QueryFinding:
    message = f"Azure refuses {what} in the query of a rule{which}"
    return QueryFinding(node.start, node.end, message, fix)


def _is_of_literal(ago: Node) -> bool:
    return [given.kind for given in map(bare, arguments(ago))] == ["TimespanLiteralExpression"]


def _is_cross_resource(union: Node, root: Node) -> bool:
    """Say whether a table of the union itself is one of another resource."""
    here = step_of(union.children[0], root)
    left = here[0][:1] if here and here[1] else ()
    tables = [steps(table)[0] for table in (*left, *items(union))]
    calls = (call for table in tables for call in table.of_kind("FunctionCallExpression"))
    return any(call.name in _CROSS_RESOURCE for call in calls)


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
    fix="write the query without it",
    bad='search "error"\n',
    good='AppTraces\n| where Message has "error"\n',
    check=_check,
)
