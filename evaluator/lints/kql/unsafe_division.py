"""kql/unsafe-division: a divisor that can be zero."""

from collections.abc import Iterator

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.columns import place_of
from evaluator.lints.kql.constants import number
from evaluator.lints.kql.finite import is_checked
from evaluator.lints.kql.guards import guards_of
from evaluator.lints.kql.sign import Scope, sign
from evaluator.lints.kql.tree import parts
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding


def _check(context: LintContext) -> Iterator[Finding]:
    root = context.analysis.root
    for division in root.of_kind("DivideExpression"):
        if division.type in ("real", "decimal") and not _is_safe(division, root):
            divisor = parts(division)[1]
            zero = number(divisor, root) == 0
            how = "is zero" if zero else "can be zero as far as is known here"
            fix = "divide by something else: there is no quotient" if zero else ""
            yield QueryFinding(divisor.start, divisor.end, f"`{divisor.text}` {how}", fix)


def _is_safe(division: Node, root: Node) -> bool:
    scope = Scope(root, place_of(division, root), guards_of(division, root))
    return sign(parts(division)[1], scope).not_zero or is_checked(division, root)


LINT = Lint(
    id="kql/unsafe-division",
    severity="warning",
    summary="A divisor can be zero",
    details=(
        "A real number divided by zero is infinite, and zero divided by zero is NaN. An infinite "
        "value is above every threshold, so a rule fires because there was no data. No finding "
        "where the divisor cannot be zero: a constant, a column of non-zero literals, a guard "
        "such as `iff(n > 0, x / n, ...)` or an earlier `where n > 0`, or where the result is "
        "tested with `isfinite`.\n"
        "https://learn.microsoft.com/kusto/query/isinf-function"
    ),
    fix="guard it: `iff(n > 0, x / n, real(null))`, or filter with `where n > 0` before",
    bad="""\
AppMetrics
| where Name == "failed" or Name == "all"
| summarize failed = sumif(Sum, Name == "failed"), total = sumif(Sum, Name == "all")
| extend share = failed / total
""",
    good="""\
AppMetrics
| where Name == "failed" or Name == "all"
| summarize failed = sumif(Sum, Name == "failed"), total = sumif(Sum, Name == "all")
| extend share = iff(total > 0, failed / total, real(null))
""",
    check=_check,
)
