"""Whether the number of rows, or a number in them, can meet a rule's condition."""

import math
from typing import Final

from evaluator.evaluation.condition import violation
from evaluator.lints.alert.rows import Rows, rows
from evaluator.lints.kql.sign import sign_of_result
from evaluator.lints.kql.tree import main_expression, steps
from evaluator.lints.lint import LintContext, QueryFinding
from evaluator.rules import Condition, LogAlertRule

_MANY: Final = 1e9
_NO_MORE: Final = 1e300  # a threshold may be infinite, a number of rows is not


def counted_rule(context: LintContext) -> LogAlertRule | None:
    """Return the rule if it compares something with a threshold."""
    rule = context.rule
    compares = rule is not None and rule.kind != "SimpleLogAlert" and not rule.dynamic_threshold
    return rule if compares else None


def result_rows(context: LintContext) -> Rows:
    """Tell how many rows the query returns."""
    expression = main_expression(context.analysis.root)
    return Rows() if expression is None else rows(expression, context.analysis.root)


def possible_counts(found: Rows, condition: Condition) -> list[float]:
    """List the numbers of rows in a window that differ for the condition.

    Windows of several cut the rows between them, and a series of a split rule has one row at
    least; if there may be no rows at all there may be no series.
    """
    least = found.least if condition.number_of_evaluation_periods == 1 else 0
    if condition.dimensions:
        least = min(least, 1)
    most = max(_MANY, condition.threshold + 2) if math.isinf(found.most) else found.most
    most = min(most, _NO_MORE)
    threshold = min(max(-1.0, condition.threshold), most)  # nothing changes beyond
    near = {math.floor(threshold) + step for step in (-1, 0, 1, 2)}
    return sorted(number for number in {least, most, *near} if least <= number <= most)


def can_count(found: Rows, condition: Condition) -> bool:
    """Tell whether some number of rows meets the condition."""
    return any(map(violation(condition), possible_counts(found, condition)))


def has_to_count(found: Rows, condition: Condition) -> bool:
    """Tell whether every number of rows meets the condition."""
    return all(map(violation(condition), possible_counts(found, condition)))


def fixed_number(found: Rows, context: LintContext) -> QueryFinding:
    """Say that the query bounds the number of its rows, at the operator that does."""
    expression = main_expression(context.analysis.root)
    last = steps(expression)[-1] if expression else context.analysis.root
    word = last.children[0] if last.kind == "CountOperator" else last
    if last.kind in ("CountOperator", "SummarizeOperator") and found.least == found.most == 1:
        what = "a count" if last.kind == "CountOperator" else "an aggregate of everything"
        message = f"the query ends in {what}, which is one row: Count is always 1"
        fix = "leave the count out, Azure counts the rows"
        if last.kind == "SummarizeOperator":
            fix = "measure its column, with an aggregation other than Count"
        return QueryFinding(word.start, word.end, message, fix)
    most = "no row" if found.most == 0 else f"{found.most:.0f} row{'s' * (found.most != 1)}"
    message = f"the query returns {most} at most"
    if found.least == found.most:
        message = f"the query always returns {most}: Count is always {found.most:.0f}"
    return QueryFinding(word.start, word.end, message, "correct the query or the threshold")


def measure_is_not_negative(context: LintContext) -> bool:
    """Tell whether the measured column is never below zero, as counts are."""
    rule, expression = context.rule, main_expression(context.analysis.root)
    column = rule.condition.metric_measure_column if rule else None
    if column is None or expression is None:
        return False
    return sign_of_result(column, expression, context.analysis.root).not_negative
