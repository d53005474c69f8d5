"""Many evaluations of a rule by one statement.

Parsing and planning is most of an evaluation's time, so evaluations become rows of a table, and
the translated query runs beside each of them (`LATERAL`) on what that evaluation sees; DuckDB
decorrelates it. Windows, aggregation and comparison happen in SQL.

Only shapes that were tested are batched: an order is lost in decorrelation. What is left runs one
by one. Of what is batched, a sample is run again one by one (evaluations near the threshold, those
at which a series begins or ends to be met, some at random), and a difference is an error.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from evaluator.analysis.syntax import Analysis, Column
from evaluator.evaluation.condition import met
from evaluator.evaluation.dimensions import splitter
from evaluator.evaluation.measure import Measurement, measure, time_column
from evaluator.evaluation.result import DimensionCombination
from evaluator.execution.engine import Engine
from evaluator.execution.errors import ExecutionError, NotExecutable
from evaluator.execution.promotion import promote
from evaluator.execution.storage import TIME, quoted
from evaluator.execution.translation import CLOCK, PreparedQuery, translate
from evaluator.rules import LogAlertRule, TimeAggregation
from generator.azure import MAX_LOOKBACK

EvaluationOf = tuple[int, datetime]
"""A data set and the time of an evaluation on it."""

_BATCHED_OPERATORS: Final = {
    "ExtendOperator",
    "FilterOperator",
    "JoinOperator",
    "LookupOperator",
    "ProjectAwayOperator",
    "ProjectOperator",
    "ProjectRenameOperator",
    "SummarizeOperator",
    "DistinctOperator",
}
_AGGREGATES: Final[dict[TimeAggregation, str]] = {
    "Average": "favg({0})",
    "Maximum": "max({0})",
    "Minimum": "min({0})",
    "Total": "fsum({0})",
}
_COMPARISONS: Final = {
    "Equal": "=",
    "GreaterThan": ">",
    "GreaterThanOrEqual": ">=",
    "LessThan": "<",
    "LessThanOrEqual": "<=",
}
_TOLERANCE: Final = 1e-9
"""Relative: sums of the same numbers differ in the last bits between plans."""
_ROWS_OF_A_CHUNK: Final = 40_000_000
_MAX_CHUNK: Final = 5_000
_MAX_SUSPECTS: Final = 50


@dataclass(frozen=True, slots=True)
class Measurements:
    """What evaluations of a rule measured, in the order they were asked for."""

    measurements: list[Measurement]
    batched: bool
    """Whether one statement measured many; otherwise each ran by itself."""


def measure_many(
    engine: Engine,
    rule: LogAlertRule,
    prepared: PreparedQuery,
    evaluations: Sequence[EvaluationOf],
    *,
    all_values: bool = False,
    checks: int = 8,
) -> Measurements:
    """Measure a rule at many times.

    Without `all_values`, series of a split rule that are not met may be left out. `checks` is how
    many evaluations of a batch are run again at random, and how many at changes.

    Raises:
        ExecutionError: a query took too long, or a batch differs from its evaluations one by one.
    """
    failure = measure(rule, prepared.columns, [], datetime.now(UTC)).failure
    if failure:
        return Measurements([Measurement(now, {}, failure) for _, now in evaluations], True)
    batch = _prepare(engine, prepared)
    if batch is None or len(evaluations) < 2:
        return Measurements([measure_one(engine, rule, prepared, e) for e in evaluations], False)
    measured: list[Measurement] = []
    statement = _Statement(engine, rule, batch, all_values=all_values)
    for chunk in statement.chunks(evaluations):
        measured += statement.run(chunk)
    _check(engine, rule, prepared, evaluations, measured, checks)
    return Measurements(measured, True)


def measure_one(
    engine: Engine, rule: LogAlertRule, prepared: PreparedQuery, evaluation: EvaluationOf
) -> Measurement:
    """Measure a rule at one time: the reference that batches are held to.

    Raises:
        ExecutionError: the query took too long, or returns too much.
    """
    dataset, now = evaluation
    rows = engine.run(prepared, now, rule.query_time_range, dataset=dataset)
    return measure(rule, rows.columns, rows.rows, now)


def can_batch(analysis: Analysis) -> bool:
    """Tell whether every operator of a query keeps its meaning in a batch."""
    operators = {n.kind for n in analysis.root.walk() if n.kind.endswith("Operator")}
    scalars = {
        n.name for n in analysis.root.of_kind("FunctionCallExpression", "ToScalarExpression")
    }
    # The clock is replaced in the SQL by its name, which must then occur nowhere else.
    return (
        operators <= _BATCHED_OPERATORS
        and "toscalar" not in scalars
        and (f"${CLOCK}" not in analysis.text)
    )


def _prepare(engine: Engine, prepared: PreparedQuery) -> PreparedQuery | None:
    analysis = prepared.analysis
    if not can_batch(analysis):
        return None
    engine.seal()
    promoted = promote(analysis, engine.storage)
    try:
        return translate(analysis, engine.tables, alert=prepared.alert, promoted=promoted)
    except NotExecutable:
        return None


class _Statement:
    """The statement of a rule, and how many evaluations it takes at once."""

    def __init__(
        self, engine: Engine, rule: LogAlertRule, prepared: PreparedQuery, *, all_values: bool
    ) -> None:
        self._engine = engine
        self._rule = rule
        self._prepared = prepared
        self._tables = sorted(
            {n.name for n in prepared.analysis.root.of_kind("NameReference") if n.symbol == "table"}
        )
        self._range = min(rule.query_time_range, MAX_LOOKBACK)
        dimensions = [d.name for d in rule.condition.dimensions]
        self._dimensions = [c for name in dimensions for c in prepared.columns if c.name == name]
        self._all_values = all_values or not dimensions

    def chunks(self, evaluations: Sequence[EvaluationOf]) -> Iterator[Sequence[EvaluationOf]]:
        """Cut evaluations so that a chunk joins a bounded number of rows."""
        rows = max((self._rows_in_sight(table) for table in self._tables), default=0.0)
        size = int(min(_MAX_CHUNK, max(12.0, _ROWS_OF_A_CHUNK / max(rows, 1.0))))
        for start in range(0, len(evaluations), size):
            yield evaluations[start : start + size]

    def _rows_in_sight(self, table: str) -> float:
        """Estimate how many rows of a table one evaluation sees, if they come evenly."""
        if TIME not in self._engine.tables[table].columns:
            return float(self._engine.storage.rows(table))
        count, seconds, datasets = self._engine.fetch(
            f"SELECT count(*), epoch(max({quoted(TIME)}) - min({quoted(TIME)})),"  # noqa: S608
            f" count(DISTINCT _dataset) FROM {self._engine.storage_name(table)}",
            {},
        )[0]
        share = min(1.0, self._range.total_seconds() / max(float(seconds or 0), 1.0))
        return float(count) * share / max(1, int(datasets))

    def run(self, evaluations: Sequence[EvaluationOf]) -> Iterator[Measurement]:
        """Measure a chunk."""
        times = [now.astimezone(UTC).replace(tzinfo=None) for _, now in evaluations]
        self._engine.connection.execute(
            "CREATE OR REPLACE TEMP TABLE _ev AS SELECT unnest(range(len($datasets))) AS _id,"
            " unnest($datasets::INTEGER[]) AS _dataset, unnest($times::TIMESTAMP[]) AS _now",
            {"datasets": [dataset for dataset, _ in evaluations], "times": times},
        )
        sql = self._sql(min(times) - self._range, max(times))
        rows = self._engine.fetch(sql, {"start": min(times) - self._range, "end": max(times)})
        by_evaluation = {
            number: list(group) for number, group in groupby(rows, key=lambda row: int(row[0]))
        }
        for number, (_, now) in enumerate(evaluations):
            yield Measurement(now, self._values(by_evaluation.get(number, [])))

    def _values(
        self, rows: Sequence[tuple[Any, ...]]
    ) -> dict[DimensionCombination, tuple[float | None, ...]]:
        condition = self._rule.condition
        periods = condition.number_of_evaluation_periods
        counts = condition.time_aggregation == "Count" and not condition.dimensions
        empty = 0.0 if counts else None
        series_of = splitter(condition.dimensions, self._dimensions)
        found: dict[DimensionCombination, list[float | None]] = {}
        if not condition.dimensions:
            found[()] = [empty] * periods
        for _, window, value, *dimensions in rows:
            series = series_of(dimensions)
            if series is None:
                continue
            number = None if value is None or math.isnan(value) else float(value)
            found.setdefault(series, [None] * periods)[int(window)] = number
        return {series: tuple(values) for series, values in found.items()}

    def _sql(self, start: datetime, end: datetime) -> str:
        condition = self._rule.condition
        columns = self._prepared.columns
        dimensions = [_dimension(column) for column in self._dimensions]
        names = [f"_d{i}" for i in range(len(dimensions))]
        selected = "".join(
            f", {sql} AS {name}" for sql, name in zip(dimensions, names, strict=True)
        )
        time = time_column(columns)
        window = "0"
        if time is not None:
            size = self._rule.window_size // timedelta(microseconds=1)
            window = (
                f"CAST(floor((epoch_us(_ev._now) - epoch_us(r.{quoted(columns[time].name)}) - 1)"
                f" / CAST({size} AS DOUBLE)) AS INTEGER)"
            )
        inner = (
            f"SELECT _ev._id AS _id, {window} AS _window{selected}, {self._measured()} AS _measured"
            f" FROM _ev, LATERAL ({self._query()}) AS r"
        )
        groups = ", ".join(["_id", "_window", *names])
        values = (
            f"SELECT _id, _window, {self._aggregate()} AS _value"
            f"{''.join(f', {name}' for name in names)} FROM ({inner}) AS i"
            f" WHERE _window BETWEEN 0 AND {condition.number_of_evaluation_periods - 1}"
            f" GROUP BY {groups}"
        )
        return f"SELECT * FROM ({values}) AS v {self._only_met(names)} ORDER BY _id"  # noqa: S608

    def _measured(self) -> str:
        column = self._rule.condition.metric_measure_column
        return f"CAST(r.{quoted(column)} AS DOUBLE)" if column else "1"

    def _aggregate(self) -> str:
        aggregation = self._rule.condition.time_aggregation
        if aggregation == "Count":
            return "CAST(count(*) AS DOUBLE)"
        value = _AGGREGATES[aggregation].format("_measured")
        return f"CASE WHEN coalesce(bool_or(isnan(_measured)), false) THEN NULL ELSE {value} END"

    def _only_met(self, names: Sequence[str]) -> str:
        """Keep series that are met, or so near that they are run again."""
        if self._all_values:
            return ""
        condition = self._rule.condition
        threshold = f"CAST({condition.threshold!r} AS DOUBLE)"
        margin = _TOLERANCE * max(1.0, abs(condition.threshold))
        violated = (
            f"_value {_COMPARISONS[condition.operator]} {threshold}"
            f" OR abs(_value - {threshold}) <= {margin!r}"
        )
        partition = ", ".join(["_id", *names])
        return (
            f"QUALIFY count(*) FILTER (WHERE {violated}) OVER (PARTITION BY {partition})"
            f" >= {condition.min_failing_periods_to_alert}"
        )

    def _query(self) -> str:
        """Write the query on what each evaluation sees: its tables become subqueries' names."""
        sql = self._prepared.sql.replace(f"${CLOCK}", "_ev._now")
        tables = ", ".join(f"{quoted(table)} AS ({self._seen(table)})" for table in self._tables)
        if not tables:
            return sql
        return f"WITH {tables}, {sql[5:]}" if sql.startswith("WITH ") else f"WITH {tables} {sql}"

    def _seen(self, table: str) -> str:
        clip = ""
        if TIME in self._engine.tables[table].columns:
            seconds = int(self._range.total_seconds())
            clip = (
                f" AND {quoted(TIME)} >= _ev._now - INTERVAL {seconds} SECOND"
                f" AND {quoted(TIME)} < _ev._now"
                # The bounds of the chunk let DuckDB skip what no evaluation sees.
                f" AND {quoted(TIME)} >= $start AND {quoted(TIME)} < $end"
            )
        return (
            f"SELECT * EXCLUDE (_dataset, _visible_at) FROM {self._engine.storage_name(table)}"  # noqa: S608
            f" WHERE _dataset = _ev._dataset AND coalesce(_visible_at <= _ev._now, true){clip}"
        )


def _dimension(column: Column) -> str:
    name = f"r.{quoted(column.name)}"
    return f"coalesce({name}, '')" if column.type == "string" else name


def _check(
    engine: Engine,
    rule: LogAlertRule,
    prepared: PreparedQuery,
    evaluations: Sequence[EvaluationOf],
    measured: list[Measurement],
    checks: int,
) -> None:
    """Run some evaluations again one by one; those near the threshold count as measured then."""
    generator = random.Random(0)  # noqa: S311 - a sample, and the same one each time
    suspects = [i for i, m in enumerate(measured) if _is_near(rule, m)]
    changes = list(_changes(rule, measured))
    chosen = {
        *_some(suspects, _MAX_SUSPECTS if checks else 0, generator),
        *_some(changes, checks, generator),
        *_some(range(len(measured)), checks, generator),
    }
    is_met = met(rule.condition)
    for index in sorted(chosen):
        alone = measure_one(engine, rule, prepared, evaluations[index])
        if not _agree(alone, measured[index], is_met):
            dataset, now = evaluations[index]
            raise ExecutionError(
                f"the rule `{rule.id}` measures {dict(measured[index].values)} in a batch and "
                f"{dict(alone.values)} alone, at {now.isoformat()}: a mistake of the engine"
            )
        if index in suspects:
            measured[index] = alone


def _some(items: Sequence[int], count: int, generator: random.Random) -> Sequence[int]:
    return items if len(items) <= count else generator.sample(items, count)


def _is_near(rule: LogAlertRule, measurement: Measurement) -> bool:
    threshold = rule.condition.threshold
    margin = _TOLERANCE * max(1.0, abs(threshold))
    return any(
        value is not None and value != threshold and abs(value - threshold) <= margin
        for values in measurement.values.values()
        for value in values
    )


def _changes(rule: LogAlertRule, measured: Sequence[Measurement]) -> Iterator[int]:
    is_met = met(rule.condition)
    before: set[DimensionCombination] = set()
    for index, measurement in enumerate(measured):
        now = {series for series, values in measurement.values.items() if is_met(values)}
        if now != before:
            yield index
        before = now


def _agree(alone: Measurement, batched: Measurement, is_met: Any) -> bool:
    """Tell whether both have the same values, where the batch may leave out what is not met."""
    if alone.failure or batched.failure:
        return alone.failure == batched.failure
    for series, values in alone.values.items():
        others = batched.values.get(series)
        if others is None:
            if is_met(values):
                return False
        elif not all(map(_close, values, others)):
            return False
    return batched.values.keys() <= alone.values.keys()


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=1e-12)
