"""kql/case-function: a text whose case is changed only to compare it."""

from collections.abc import Iterator
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.tree import arguments, is_call, parts
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding

_OPERATORS: Final = {
    "EqualExpression": "=~",
    "NotEqualExpression": "!~",
    "InExpression": "in~",
    "NotInExpression": "!in~",
}


def _check(context: LintContext) -> Iterator[Finding]:
    for comparison in context.analysis.root.of_kind(*_OPERATORS):
        left, right = parts(comparison)
        if _changes_case(left) or _changes_case(right):
            operator = _OPERATORS[comparison.kind]
            yield QueryFinding(
                comparison.start,
                comparison.end,
                "the case is changed on every row only to compare it",
                f"write `{_inner(left).text} {operator} {_inner(right).text}`",
            )


def _changes_case(node: Node) -> bool:
    return is_call(node, "tolower", "toupper") and len(arguments(node)) == 1


def _inner(node: Node) -> Node:
    return arguments(node)[0] if _changes_case(node) else node


LINT = Lint(
    id="kql/case-function",
    severity="info",
    summary="`tolower` or `toupper` is used to compare without regard to case",
    details=(
        "`=~`, `!~`, `in~` and `!in~` compare without regard to case and can use the index; a "
        "function call on the column cannot. They regard ASCII letters only.\n"
        "https://learn.microsoft.com/kusto/query/best-practices"
    ),
    fix="compare with `=~`, `!~`, `in~` or `!in~`",
    bad='AppEvents\n| where tolower(Name) == "run_failed"',
    good='AppEvents\n| where Name =~ "run_failed"',
    check=_check,
)
