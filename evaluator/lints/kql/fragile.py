"""kql/fragile: an alert whose series change by chance."""

from collections.abc import Iterator
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import origin, result_of
from evaluator.lints.kql.tree import arguments, is_call, main_expression
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding, RuleFinding

_CHOOSERS: Final = (
    "TakeOperator",
    "TopOperator",
    "TopNestedOperator",
    "SampleOperator",
    "SampleDistinctOperator",
)
_WRITTEN: Final = ("tostring", "format_datetime", "strcat", "tolong", "toint", "toreal", "todouble")
# Names, without regard to case, of columns whose values occur once.
_UNIQUE: Final = frozenset(
    {"_itemid", "correlationid", "id", "itemid", "operation_id", "operation_parentid"}
    | {"operationid", "parentid", "run_id", "runid", "session_id", "sessionid"}
)


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None:
        return
    for operator in context.analysis.root.of_kind(*_CHOOSERS):
        word = operator.children[0]
        yield QueryFinding(
            word.start,
            word.end,
            f"which rows `{word.text}` keeps changes from one evaluation to the next",
        )
    types = {column.name: column.type for column in context.analysis.columns}
    for name in (dimension.name for dimension in context.rule.condition.dimensions):
        if name.casefold() in _UNIQUE:
            message = f"`{name}` has a new value each time: no series would last"
        elif types.get(name) in ("real", "decimal"):
            message = f"`{name}` is measured: each new value would be a series of its own"
        elif _is_time(name, context.analysis.root):
            message = f"`{name}` is a time: each new one would be a series of its own"
        else:
            continue
        fix = "split by what stays, such as the plant and the circuit"
        yield RuleFinding("dimensions", message, fix)


def _is_time(column: str, root: Node) -> bool:
    """Say whether a column of the result is a time that was made a text or a number."""
    expression = main_expression(root)
    value = origin(column, result_of(expression), root).value if expression else None
    if value is None or not is_call(value, *_WRITTEN):
        return False
    return any(argument.type == "datetime" for argument in arguments(value))


LINT = Lint(
    id="kql/fragile",
    severity="warning",
    summary="The series of an alert change by chance from one evaluation to the next",
    details=(
        "Each combination of the dimensions is an alert with a state of its own. When an operator "
        "such as `take` or `top` keeps other rows each time, or a dimension is an identifier, a "
        "time or a measured value, alerts fire and resolve without a change in what is monitored.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule"
    ),
    fix="filter what matters instead",
    bad='AppMetrics\n| where Name == "mae"\n| top 5 by Sum',
    good='AppMetrics\n| where Name == "mae"\n| where Sum > 0.5',
    check=_check,
)
