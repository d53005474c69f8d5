"""kql/lookback-48h: an alert query that asks for older data than its rule reads."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.clock import UNITS_US, microseconds_ago
from evaluator.lints.kql.columns import Place, origin, place_of
from evaluator.lints.kql.constants import called_value, number, unconverted
from evaluator.lints.kql.tree import arguments, is_call, parts, steps
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
    for comparison, place in _comparisons(root):
        for time, ago_us in _asked(comparison, place, root):
            if ago_us > longest / _MICROSECOND:
                yield _finding(time, ago_us, longest, context.rule)
    for series in root.of_kind("MakeSeriesOperator"):
        for time, ago_us in _begins(series, root):
            if ago_us > longest / _MICROSECOND:
                yield _finding(time, ago_us, longest, context.rule)


def _comparisons(root: Node) -> Iterator[tuple[Node, Place]]:
    """Go through the comparisons of a query, and of its functions where they are called."""
    for comparison in root.of_kind(*_COMPARISONS):
        place = place_of(comparison, root)
        if place is not None:
            yield comparison, place
    for call in root.of_kind("FunctionCallExpression"):
        body = called_value(call, root) if arguments(call) else None
        if body is None:
            continue
        outside, line = place_of(call, root), steps(body)
        for i, step in enumerate(line):
            place = Place(line, i) if i else outside
            if place is not None:
                yield from ((found, place) for found in step.of_kind(*_COMPARISONS))


def _asked(comparison: Node, place: Place, root: Node) -> Iterator[tuple[Node, float]]:
    """Go through the times that a comparison asks for, as microseconds before now."""
    for value, bound in _sides(comparison):
        ago_us = microseconds_ago(bound, root)
        if ago_us is not None and _is_time_of_row(value, place, root):
            yield bound, ago_us
        limit, age = number(bound, root), _age(value, place, root)
        if limit is not None and age is not None:
            yield bound, age.base_us + limit * age.unit_us


@dataclass(frozen=True, slots=True)
class _Age:
    """How old a row is, as a number: its time is `base_us` and so many units before now."""

    base_us: float
    unit_us: float


def _age(node: Node, place: Place, root: Node) -> _Age | None:
    node = unconverted(node)
    if node.symbol == "column":
        found = origin(node.name, place, root)
        if found.value is None or found.place is None:
            return None
        return _age(found.value, found.place, root)
    given = arguments(node)
    if node.kind == "SubtractExpression":
        left, right = parts(node)
        return _between(left, right, 1.0, place, root)
    if node.kind == "DivideExpression":
        left, right = parts(node)
        age, unit = _age(left, place, root), number(right, root)
        return _Age(age.base_us, age.unit_us * unit) if age and unit else None
    if is_call(node, "datetime_diff") and len(given) == len(("unit", "later", "earlier")):
        unit = UNITS_US.get(str(given[0].constant))
        return _between(given[1], given[2], unit, place, root) if unit else None
    return None


def _between(later: Node, earlier: Node, unit: float, place: Place, root: Node) -> _Age | None:
    """Read the difference of a time before now and the time of a row."""
    for clock, row, sign in ((later, earlier, 1), (earlier, later, -1)):
        base = microseconds_ago(clock, root)
        if base is not None and _is_time_of_row(row, place, root):
            return _Age(base, sign * unit)
    return None


def _begins(series: Node, root: Node) -> Iterator[tuple[Node, float]]:
    """Tell where the series of a `make-series` over the time of rows begin."""
    place = place_of(series.children[0], root)
    over = [c for c in series.children if c.kind == "MakeSeriesOnClause"]
    if place is None or not over or not _is_time_of_row(over[0], place, root):
        return
    for clause in series.of_kind("MakeSeriesFromClause"):
        time = parts(clause)[0]
        ago_us = microseconds_ago(time, root)
        if ago_us is not None:
            yield time, ago_us


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
