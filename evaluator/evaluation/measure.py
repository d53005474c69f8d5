"""From the rows of a query to the values of each series and window (E4, E6, E7, E8, E14).

The page docs/how-azure-evaluates-your-rule.md has each rule with its source.
"""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from evaluator.analysis.syntax import Column
from evaluator.evaluation.dimensions import DIMENSION_TYPES, NUMERIC_TYPES, Row, splitter
from evaluator.evaluation.result import DimensionCombination
from evaluator.rules import LogAlertRule, TimeAggregation
from generator.azure import MAX_DIMENSIONS

EVENT_TIME: Final = "TimeGenerated"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one evaluation of a rule measured."""

    evaluation_time: datetime
    values: Mapping[DimensionCombination, tuple[float | None, ...]]
    """Of each series that has rows, a value for each window, the newest first; None for a window
    without a value. The only series of a rule that is not split is always there."""
    failure: str | None = None
    """Why Azure would not complete the evaluation, as a sentence; then there are no values."""


def measure(
    rule: LogAlertRule, columns: Sequence[Column], rows: Iterable[Row], now: datetime
) -> Measurement:
    """Aggregate a query's rows by series and window, as they are at the evaluation time `now`.

    Cells hold what their column's type says: aware datetimes, numbers, None for null. What the
    service would refuse is the measurement's `failure`, not an exception.
    """
    failure = _refusal(rule, columns)
    if failure:
        return Measurement(now, {}, failure)
    numbers = _collect(rule, columns, rows, now)
    counts = rule.condition.time_aggregation == "Count"
    empty = 0.0 if counts and not rule.condition.dimensions else None
    aggregate = _AGGREGATIONS[rule.condition.time_aggregation]
    return Measurement(
        now,
        {
            series: tuple(aggregate(window) if window else empty for window in windows)
            for series, windows in numbers.items()
        },
    )


def window_starts(rule: LogAlertRule, now: datetime) -> tuple[datetime, ...]:
    """Tell where the windows of an evaluation start, the newest first (E4)."""
    periods = rule.condition.number_of_evaluation_periods
    return tuple(now - rule.window_size * (p + 1) for p in range(periods))


def window_of(moment: datetime, now: datetime, window_size: timedelta) -> int:
    """Tell which window a time falls into, 0 the newest, -1 at `now` and later (E4).

    Windows have their start and not their end (inferred).
    """
    return -((moment - now) // window_size) - 1


def time_column(columns: Sequence[Column]) -> int | None:
    """Find the column that puts rows into windows: `TimeGenerated`, else the first datetime.

    Inferred: Microsoft says only that there has to be a datetime column.
    """
    found = [i for i, column in enumerate(columns) if column.type == "datetime"]
    return next((i for i in found if columns[i].name == EVENT_TIME), found[0] if found else None)


def _collect(
    rule: LogAlertRule, columns: Sequence[Column], rows: Iterable[Row], now: datetime
) -> dict[DimensionCombination, list[list[float]]]:
    """Gather the numbers of each series by window; a null leaves its window without a number."""
    condition, window_size = rule.condition, rule.window_size
    periods = condition.number_of_evaluation_periods
    series_of = splitter(condition.dimensions, columns)
    time, measured = time_column(columns), _measured(rule, columns)
    gathered: dict[DimensionCombination, list[list[float]]] = {}
    if not condition.dimensions:
        gathered[()] = [[] for _ in range(periods)]
    for row in rows:
        window = 0 if time is None else _window_of_cell(row[time], now, window_size)
        series = series_of(row) if 0 <= window < periods else None
        if series is None:
            continue
        if series not in gathered:
            gathered[series] = [[] for _ in range(periods)]
        number = 1.0 if measured is None else _number(row[measured])
        if number is not None:
            gathered[series][window].append(number)
    return gathered


def _window_of_cell(cell: object, now: datetime, window_size: timedelta) -> int:
    """Tell the window of a row; one without a time is in none (inferred)."""
    return window_of(cell, now, window_size) if isinstance(cell, datetime) else -1


def _measured(rule: LogAlertRule, columns: Sequence[Column]) -> int | None:
    """Find the column that is aggregated; rows are counted where there is none (E7)."""
    if rule.condition.time_aggregation == "Count":
        return None
    return [column.name for column in columns].index(str(rule.condition.metric_measure_column))


def _number(cell: object) -> float | None:
    return None if cell is None else float(cast("float", cell))


# Aggregations of the numbers of a window, of which there is at least one.


def _numeric(aggregate: Callable[[list[float]], float]) -> Callable[[list[float]], float | None]:
    """Make an aggregation whose NaN, or that of a single number, is no value (E8, inferred)."""

    def value(numbers: list[float]) -> float | None:
        if any(map(math.isnan, numbers)):
            return None
        result = aggregate(numbers)
        return None if math.isnan(result) else result

    return value


def _total(numbers: list[float]) -> float:
    """Sum without regard to the order of the numbers."""
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # of infinities, or beyond the largest number
        return sum(sorted(numbers))


_AGGREGATIONS: Final[dict[TimeAggregation, Callable[[list[float]], float | None]]] = {
    "Average": _numeric(lambda numbers: _total(numbers) / len(numbers)),
    "Count": lambda numbers: float(len(numbers)),
    "Maximum": _numeric(max),
    "Minimum": _numeric(min),
    "Total": _numeric(_total),
}


# What the service would refuse (E14): the first thing that is wrong, as a sentence.


def _refusal(rule: LogAlertRule, columns: Sequence[Column]) -> str | None:
    condition = rule.condition
    if len(condition.dimensions) > MAX_DIMENSIONS:
        return (
            f"the rule is split by {len(condition.dimensions)} dimensions; "
            f"Azure takes at most {MAX_DIMENSIONS}"
        )
    for dimension in condition.dimensions:
        failure = _unusable(columns, dimension.name, "dimension", DIMENSION_TYPES)
        if failure:
            return failure
    if condition.time_aggregation != "Count":
        if condition.metric_measure_column is None:
            return f"`{condition.time_aggregation}` needs a `metricMeasureColumn` to aggregate"
        failure = _unusable(
            columns, condition.metric_measure_column, "metricMeasureColumn", NUMERIC_TYPES
        )
        if failure:
            return failure
    if condition.number_of_evaluation_periods > 1 and time_column(columns) is None:
        return (
            "the result has no datetime column, so that its rows fall into no window; return "
            f"`{EVENT_TIME}`, or set `numberOfEvaluationPeriods` to 1"
        )
    return None


def _unusable(
    columns: Sequence[Column], name: str, role: str, allowed: frozenset[str]
) -> str | None:
    kind = next((column.type for column in columns if column.name == name), None)
    if kind is None:
        names = [column.name for column in columns]
        close = difflib.get_close_matches(name, names, 1)
        known = ", ".join(f"`{n}`" for n in names) or "no column"
        hint = f"did you mean `{close[0]}`?" if close else f"it has {known}"
        return f"the {role} `{name}` is no column of the result; {hint}"
    if kind not in allowed:
        needed = "a number or a string" if "string" in allowed else "a number"
        return (
            f"the {role} `{name}` is {_a(kind)}, not {needed}; convert it in the query, "
            f"such as `{'tostring' if 'string' in allowed else 'todouble'}({name})`"
        )
    return None


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
