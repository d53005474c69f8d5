"""kql/case-function: a text whose case is changed only to compare it."""

from collections.abc import Iterator
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.constants import texts
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
            message = "the case is changed on every row only to compare it"
            fix = f"write `{_inner(left).text} {operator} {_inner(right).text}`"
            never = _never_equal(left, right, context.analysis.root)
            if never:
                message = f"`{never[0].text}` is never {never[1].text}, whose case is another"
                fix = f"if the case does not matter: {fix}"
            yield QueryFinding(comparison.start, comparison.end, message, fix)


def _never_equal(left: Node, right: Node, root: Node) -> tuple[Node, Node] | None:
    """Find a text that has letters which the function does not leave, with the function."""
    for changed, other in ((left, right), (right, left)):
        change = str.lower if changed.name == "tolower" else str.upper
        for text, node in (texts(other, root) or ()) if _changes_case(changed) else ():
            if change(text) != text:
                return changed, node
    return None


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
        "function call on the column cannot. They regard ASCII letters only. `tolower` never "
        "returns capitals: a comparison with a text that has some is the same for every row.\n"
        "https://learn.microsoft.com/kusto/query/best-practices"
    ),
    fix="compare with `=~`, `!~`, `in~` or `!in~`",
    bad='AppEvents\n| where tolower(Name) == "run_failed"',
    good='AppEvents\n| where Name =~ "run_failed"',
    check=_check,
)
