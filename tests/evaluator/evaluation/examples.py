"""Rules, rows and timelines that several tests of this folder use."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from evaluator.analysis.syntax import Column
from evaluator.evaluation.measure import Measurement, measure
from evaluator.evaluation.result import DimensionCombination, Evaluation, RuleEvaluations
from evaluator.evaluation.schedule import evaluation_times
from evaluator.evaluation.state import evaluate
from evaluator.query_text import of_file
from evaluator.rules import Condition, Dimension, LogAlertRule

START = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = (
    Column("TimeGenerated", "datetime"),
    Column("circuit_id", "string"),
    Column("mae", "real"),
)
Row = tuple[object, ...]

COUNT_ROWS = Condition("Count", "GreaterThan", 0.0)
MAE_BY_CIRCUIT = Condition(
    "Average",
    "GreaterThan",
    0.25,
    metric_measure_column="mae",
    dimensions=(Dimension("circuit_id"),),
)
C1: DimensionCombination = (("circuit_id", "c1"),)
C2: DimensionCombination = (("circuit_id", "c2"),)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def at(number: float) -> datetime:
    """Tell the time so many minutes after the start."""
    return START + minutes(number)


MAE_HIGH = LogAlertRule(
    id="mae-high",
    display_name="MAE high",
    query=of_file("mae-high.kql", "AppMetrics"),
    condition=replace(
        MAE_BY_CIRCUIT, number_of_evaluation_periods=4, min_failing_periods_to_alert=3
    ),
    evaluation_frequency=minutes(5),
    window_size=minutes(5),
)


def stateful(condition: Condition = COUNT_ROWS, frequency: float = 5) -> LogAlertRule:
    return replace(MAE_HIGH, condition=condition, evaluation_frequency=minutes(frequency))


def stateless(condition: Condition = COUNT_ROWS, mute: float | None = None) -> LogAlertRule:
    return replace(
        stateful(condition),
        auto_mitigate=False,
        mute_actions_duration=None if mute is None else minutes(mute),
    )


def values_of(
    rule: LogAlertRule, rows: Iterable[Row], now: datetime, columns: Sequence[Column] = COLUMNS
) -> dict[DimensionCombination, tuple[float | None, ...]]:
    measurement = measure(rule, columns, rows, now)

    assert measurement.failure is None
    return dict(measurement.values)


def measured(pattern: str, series: DimensionCombination = ()) -> list[Measurement]:
    """Measure one series at every 5 minutes: `1` is met, `0` not met, `_` no row, `!` a failure."""
    values = {"0": 0.0, "1": 1.0}
    return [
        Measurement(at(5 * number), {}, "the query failed")
        if sign == "!"
        else Measurement(at(5 * number), {series: (values[sign],)} if sign in values else {})
        for number, sign in enumerate(pattern)
    ]


def degrading_circuit(rule: LogAlertRule) -> RuleEvaluations:
    """Evaluate three hours with a row a minute: c1 is worse for half an hour, c2 is fine."""
    course = {"c1": [0.1] * 60 + [0.4] * 30 + [0.1] * 90, "c2": [0.1] * 180}
    rows = [
        (at(minute), circuit, value)
        for circuit, values in course.items()
        for minute, value in enumerate(values)
    ]
    times = evaluation_times(START, at(179), rule.evaluation_frequency)
    return evaluate(
        rule, [measure(rule, COLUMNS, [r for r in rows if r[0] < now], now) for now in times]
    )


def only_series(result: RuleEvaluations) -> tuple[Evaluation, ...]:
    (series,) = result.series
    return series.evaluations


def timeline(result: RuleEvaluations) -> list[str]:
    """Tell the states of the only series."""
    return [evaluation.alert_state.value for evaluation in only_series(result)]
