"""alert/never-fires: a rule whose condition cannot hold."""

from collections.abc import Iterator

from evaluator.analysis.syntax import Node
from evaluator.evaluation.condition import violation
from evaluator.lints.alert.pipe import conjuncts, ends_in_count, pipe_operators
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding, RuleFinding


def _check(context: LintContext) -> Iterator[Finding]:
    rule = context.rule
    if rule is None or rule.kind == "SimpleLogAlert" or rule.dynamic_threshold:
        return
    yield from _contradictions(context)
    if rule.condition.time_aggregation != "Count":
        return
    violated = violation(rule.condition)
    count = ends_in_count(context.analysis)
    if count is not None and not violated(1.0):
        yield QueryFinding(
            count.start,
            count.end,
            "the query ends in a count, which is one row: Count is always 1",
            "leave the count out, Azure counts the rows",
        )
    elif not any(violated(float(number)) for number in (0, 1, 2, 10, 10**9)) and (
        rule.condition.threshold != int(rule.condition.threshold)
        or rule.condition.operator != "Equal"
    ):
        yield RuleFinding("threshold", "no number of rows meets the condition")


def _contradictions(context: LintContext) -> Iterator[Finding]:
    """Find two filters that ask one column for two texts, with nothing in between changing it."""
    for operators in pipe_operators(context.analysis.root):
        wanted: dict[str, str] = {}
        for operator in operators:
            if operator.kind != "FilterOperator":
                changed = {node.name for node in operator.of_kind("NameDeclaration")}
                keeps = operator.kind in {"ExtendOperator", "SortOperator"}
                wanted = {c: v for c, v in wanted.items() if keeps and c not in changed}
                continue
            for column, value, node in _equalities(operator):
                if wanted.setdefault(column, value) != value:
                    yield QueryFinding(
                        node.start,
                        node.end,
                        f"`{column}` is compared with {wanted[column]!r} and with {value!r}: "
                        "no row passes both",
                    )


def _equalities(operator: Node) -> Iterator[tuple[str, str, Node]]:
    for node in conjuncts(operator.children[-1]):
        if node.kind == "EqualExpression":
            left, _, right = node.children
            if left.symbol == "column" and isinstance(right.constant, str):
                yield left.name, right.constant, node


LINT = Lint(
    id="alert/never-fires",
    severity="warning",
    summary="The condition cannot hold",
    details=(
        "A count is a whole number from 0, a query that ends in `count` returns one row, and no "
        "row passes two filters that contradict each other.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-log-query"
    ),
    fix="correct the filter or the threshold",
    bad='AppMetrics\n| where Name == "mae"\n| where Name == "rmse"\n',
    good='AppMetrics\n| where Name in ("mae", "rmse")\n',
    check=_check,
)
