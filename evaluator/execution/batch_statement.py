"""The SQL of a batch: what is measured of each series and window at many evaluations."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from evaluator.evaluation.dimensions import splitter
from evaluator.evaluation.measure import time_column
from evaluator.evaluation.result import DimensionCombination
from evaluator.execution.beside import Sight
from evaluator.execution.engine import Engine
from evaluator.execution.storage import quoted
from evaluator.execution.translation import PreparedQuery
from evaluator.rules import LogAlertRule, Operator, TimeAggregation
from generator.azure import MAX_LOOKBACK

_MICROSECOND: Final = timedelta(microseconds=1)
_MAX_EVALUATIONS: Final = 2_000
_MAX_ROWS: Final = 200_000_000
"""Of all evaluations of a chunk together, so that a chunk fits into memory."""

# The numbers of a window; compensated sums, as math.fsum, unless an infinity is among them.
_AGGREGATES: Final[dict[TimeAggregation, str]] = {
    "Average": "CASE WHEN bool_or(isinf(measured)) THEN avg(measured) ELSE favg(measured) END",
    "Maximum": "max(measured)",
    "Minimum": "min(measured)",
    "Total": "CASE WHEN bool_or(isinf(measured)) THEN sum(measured) ELSE fsum(measured) END",
}
_COMPARISONS: Final[dict[Operator, str]] = {
    "Equal": "=",
    "GreaterThan": ">",
    "GreaterThanOrEqual": ">=",
    "LessThan": "<",
    "LessThanOrEqual": "<=",
}
_NEAR: Final = 1e-9

WindowsOfSeries = dict[DimensionCombination, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch measured, by the number of the evaluation."""

    values: list[WindowsOfSeries]
    rows: dict[int, int] = field(default_factory=dict)
    """How many rows the query returned, of evaluations that return many or have values."""


class BatchStatement:
    """The statement that measures a rule at many times."""

    def __init__(
        self,
        engine: Engine,
        rule: LogAlertRule,
        prepared: PreparedQuery,
        *,
        all_values: bool,
        alone_s: float,
    ) -> None:
        self._engine = engine
        self._rule = rule
        self._prepared = prepared
        self._range = min(rule.query_time_range, MAX_LOOKBACK)
        names = [dimension.name for dimension in rule.condition.dimensions]
        self._dimensions = [c for name in names for c in prepared.columns if c.name == name]
        self._all_values = all_values or not names
        self._alone_s = alone_s
        self._query = engine.promoted(prepared)

    def measured(self, evaluations: Sequence[tuple[int, datetime]]) -> Batch:
        """Measure at each of the evaluations: a dataset and a time.

        Raises:
            ExecutionError: the statement took too long, or cannot be computed.
        """
        batch = Batch([self._empty() for _ in evaluations])
        size = self._evaluations_of_a_chunk(evaluations)
        for start in range(0, len(evaluations), size):
            self._take(batch, start, self._rows(evaluations[start : start + size]))
        return batch

    def _empty(self) -> WindowsOfSeries:
        """Write the values of an evaluation without any row (E8)."""
        condition = self._rule.condition
        if condition.dimensions:
            return {}
        value = 0.0 if condition.time_aggregation == "Count" else None
        return {(): (value,) * condition.number_of_evaluation_periods}

    def _take(self, batch: Batch, start: int, rows: Iterable[tuple[object, ...]]) -> None:
        """Put the values of series and windows where they belong."""
        series_of = splitter(self._rule.condition.dimensions, self._dimensions)
        known: dict[tuple[object, ...], DimensionCombination | None] = {}
        nothing = (None,) * self._rule.condition.number_of_evaluation_periods
        for number, window, value, total, *dimensions in rows:
            index = start + cast("int", number)
            batch.rows[index] = cast("int", total)
            cells = tuple(dimensions)
            if cells not in known:
                known[cells] = series_of(cells)
            series = known[cells]
            if window is None or series is None:
                continue
            values = batch.values[index]
            windows = list(values.get(series, nothing))
            windows[cast("int", window)] = _number(value)
            values[series] = tuple(windows)

    def _evaluations_of_a_chunk(self, evaluations: Sequence[tuple[int, datetime]]) -> int:
        seen = self._engine.rows_in_sight(self._prepared, self._range)
        return max(12, min(_MAX_EVALUATIONS, _MAX_ROWS // max(1, seen), len(evaluations)))

    def _rows(self, evaluations: Sequence[tuple[int, datetime]]) -> list[tuple[object, ...]]:
        times = [now.astimezone(UTC) for _, now in evaluations]
        datasets = [dataset for dataset, _ in evaluations]
        only = datasets[0] if len(set(datasets)) == 1 else None
        sight = Sight(self._range, min(times) - self._range, max(times), only)
        beside = self._engine.sql_beside_evaluations(self._prepared, self._query, sight)
        sql = self._sql(beside.sql)
        return self._engine.fetch_beside_evaluations(
            sql, beside.tables, datasets, times, self._alone_s
        )

    def _sql(self, query: str) -> str:
        names = [f"d{i}" for i in range(len(self._dimensions))]
        keys = "".join(f", {name}" for name in names)
        dimensions = "".join(
            f", {_dimension(c.name, c.type)} AS {name}"
            for c, name in zip(self._dimensions, names, strict=True)
        )
        beside = (
            f"SELECT e.id AS id, {self._window()} AS win{dimensions},"  # noqa: S608 - names quoted
            f" {self._measured()} AS measured FROM evaluations AS e, LATERAL ({query}) AS r"
        )
        grouped = (
            f"SELECT id, win{keys}, {self._aggregate()} AS value, count(*) AS n"  # noqa: S608
            f" FROM ({beside}) GROUP BY id, win{keys}"
        )
        periods = self._rule.condition.number_of_evaluation_periods
        usable = f"win BETWEEN 0 AND {periods - 1}"
        return (
            f"SELECT id, CASE WHEN {usable} THEN win END, value,"  # noqa: S608
            f" CAST(sum(n) OVER (PARTITION BY id) AS BIGINT) AS total{keys}"
            f" FROM ({grouped}) QUALIFY {self._kept(names, usable)}"
        )

    def _window(self) -> str:
        """Write the number of a row's window, 0 the newest (E4)."""
        time = time_column(self._prepared.columns)
        if time is None:
            return "0"
        size = self._rule.window_size // _MICROSECOND
        name = quoted(self._prepared.columns[time].name)
        age = f"(epoch_us(e.now) - epoch_us(r.{name}))"
        return f"CASE WHEN {age} > 0 THEN ({age} - 1) // {size} ELSE -1 END"

    def _measured(self) -> str:
        column = self._rule.condition.metric_measure_column
        counts = self._rule.condition.time_aggregation == "Count"
        return "1.0" if counts else f"CAST(r.{quoted(str(column))} AS DOUBLE)"

    def _aggregate(self) -> str:
        aggregation = self._rule.condition.time_aggregation
        if aggregation == "Count":
            return "CAST(count(*) AS DOUBLE)"
        # E8: a window with NaN has no value.
        return (
            "CASE WHEN NOT coalesce(bool_or(isnan(measured)), FALSE) "
            f"THEN {_AGGREGATES[aggregation]} END"
        )

    def _kept(self, names: Sequence[str], usable: str) -> str:
        """Write which groups are fetched: of series met or nearly so, and of large results."""
        if self._all_values:
            return "TRUE"
        condition = self._rule.condition
        threshold = repr(float(condition.threshold))
        margin = repr(_NEAR * max(1.0, abs(condition.threshold)))
        violated = (
            f"{usable} AND (value {_COMPARISONS[condition.operator]} {threshold}"
            f" OR abs(value - ({threshold})) <= {margin})"
        )
        partition = ", ".join(["id", *names])
        return (
            f"count(*) FILTER (WHERE {violated}) OVER (PARTITION BY {partition})"
            f" >= {condition.min_failing_periods_to_alert}"
            " OR row_number() OVER (PARTITION BY id ORDER BY n DESC) = 1"
            " AND sum(n) OVER (PARTITION BY id) >= 10000"
        )


def _dimension(name: str, kind: str) -> str:
    return f"coalesce(r.{quoted(name)}, '')" if kind == "string" else f"r.{quoted(name)}"


def _number(value: object) -> float | None:
    number = None if value is None else float(cast("float", value))
    return None if number is None or math.isnan(number) else number
