"""kql/lookback-48h: an alert query that asks for older data than its rule reads."""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.clock import microseconds_ago
from evaluator.lints.kql.columns import Place, origin, place_of
from evaluator.lints.kql.tree import parts
from evaluator.lints.lint import Finding, Lint, LintContext, QueryFinding
from evaluator.rules import LogAlertRule
from generator.durations import iso_duration

_LONGEST: Final = timedelta(days=2)
_MICROSECOND: Final = timedelta(microseconds=1)
_COMPARISONS: Final = (
    "EqualExpression",
    "GreaterThanExpression",
    "GreaterThanOrEqualExpression",
    "LessThanExpression",
    "LessThanOrEqualExpression",
    "BetweenExpression",
    "NotBetweenExpression",
)


def _check(context: LintContext) -> Iterator[Finding]:
    if context.rule is None:
        return
    root, longest = context.analysis.root, min(context.rule.query_time_range, _LONGEST)
    for comparison in root.of_kind(*_COMPARISONS):
        for column, time in _sides(comparison):
            place = place_of(comparison, root)
            ago_us = microseconds_ago(time, root)
            if place is None or ago_us is None or not _is_time_of_row(column, place, root):
                continue
            if ago_us > longest / _MICROSECOND:
                yield _finding(time, ago_us, longest, context.rule)


def _sides(comparison: Node) -> Iterator[tuple[Node, Node]]:
    """Go through the pairs of what may be a column and a time it is compared with."""
    left, right = parts(comparison)
    if right.kind == "ExpressionCouple":
        yield from ((left, bound) for bound in parts(right))
    else:
        yield left, right
        yield right, left


def _is_time_of_row(node: Node, place: Place, root: Node) -> bool:
    """Say whether a value is the time of a row, or made of such times."""
    columns = [n for n in node.of_kind("NameReference") if n.symbol == "column"]
    for column in columns:
        found = origin(column.name, place, root)
        if found.value is None or found.place is None:
            if found.name == "TimeGenerated":
                return True
        elif column.type == "datetime" and _is_time_of_row(found.value, found.place, root):
            return True
    return False


def _finding(time: Node, ago_us: float, longest: timedelta, rule: LogAlertRule) -> QueryFinding:
    if ago_us > _LONGEST / _MICROSECOND:
        message = f"`{time.text}` is out of sight: Azure gives an alert rule 2 days of rows at most"
        fix = "emit what is older as a metric of its own, or make it with a summary rule"
    else:
        set_by = "windowSize times numberOfEvaluationPeriods"
        if rule.override_query_time_range is not None:
            set_by = "overrideQueryTimeRange"
        message = (
            f"`{time.text}` is out of sight: the rule reads {iso_duration(longest)} ({set_by})"
        )
        wanted = iso_duration(timedelta(seconds=math.ceil(ago_us / 1e6)))
        fix = f"set overrideQueryTimeRange to {wanted} or more, or ask for less"
    return QueryFinding(time.start, time.end, message, fix)


LINT = Lint(
    id="kql/lookback-48h",
    severity="error",
    summary="An alert query asks for older data than its rule reads",
    details=(
        "Azure runs an alert query on the rows of its query time range, and never on more than "
        "two days, whatever `ago` says. A query that compares with last week compares with two "
        "days, without an error. The range is overrideQueryTimeRange, or windowSize times "
        "numberOfEvaluationPeriods. The portal widens it to two days for a query with `ago`; that "
        "a deployment does not is inferred.\n"
        "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule"
    ),
    fix="ask for what the rule reads",
    bad='AppMetrics\n| where Name == "mae" and TimeGenerated > ago(7d)',
    good='AppMetrics\n| where Name == "mae" and TimeGenerated > ago(5m)',
    check=_check,
)
