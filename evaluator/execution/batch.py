"""Many evaluations of a rule by one statement, checked against evaluations one by one.

Most of the time of an evaluation is DuckDB's planning. In a batch, evaluations are rows of a
table, and the translated query runs beside each (`LATERAL`) on what that evaluation sees; DuckDB
decorrelates it. Only shapes of queries that were tested are batched; the others run one by one.
"""

import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from evaluator.evaluation.condition import met
from evaluator.evaluation.measure import Measurement, measure
from evaluator.evaluation.result import DimensionCombination
from evaluator.execution.batch_shapes import can_batch
from evaluator.execution.batch_statement import BatchStatement
from evaluator.execution.engine import Engine
from evaluator.execution.errors import ExecutionError, ResultTooLarge, TookTooLong
from evaluator.execution.translation import PreparedQuery
from evaluator.rules import LogAlertRule

EvaluationOf = tuple[int, datetime]
"""A dataset and the time of an evaluation on it."""

TOLERANCE: Final = 1e-9
"""Relative: sums of the same reals differ in their last bits from plan to plan."""
_LARGE_RESULT_ROWS: Final = 20_000
"""From here on, results are run by themselves to see whether they are within Azure's size."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """What evaluations of a rule measured, in the order they were asked for."""

    measurements: list[Measurement]
    batched: bool
    """Whether one statement measured many; otherwise each evaluation ran by itself."""


def measure_many(
    engine: Engine,
    rule: LogAlertRule,
    prepared: PreparedQuery,
    evaluations: Sequence[EvaluationOf],
    *,
    all_values: bool = False,
    checks: int = 2,
) -> Measurements:
    """Measure a rule at many times.

    Without `all_values`, series of a split rule whose condition is not met are left out.
    Evaluations of a batch whose value is within `TOLERANCE` of the threshold are replaced by the
    evaluation by itself; up to `checks` of those at which a series begins or ends to be met, of
    those at the threshold, and at random are run by themselves to compare.

    Raises:
        ExecutionError: a query took too long, or a batch differs from its evaluations one by one.
    """
    if not evaluations:
        return Measurements([], batched=True)
    failure = measure(rule, prepared.columns, [], evaluations[0][1]).failure
    if failure:
        return Measurements([Measurement(now, {}, failure) for _, now in evaluations], True)
    if len(evaluations) == 1 or not can_batch(prepared.analysis):
        return Measurements([measure_one(engine, rule, prepared, e) for e in evaluations], False)
    alone_s = _seconds_alone(engine, rule, prepared, evaluations)
    statement = BatchStatement(engine, rule, prepared, all_values=all_values, alone_s=alone_s)
    try:
        batch = statement.measured(evaluations)
    except TookTooLong:  # some evaluations are heavier than those that were timed
        return Measurements([measure_one(engine, rule, prepared, e) for e in evaluations], False)
    measured = [Measurement(now, batch.values[i]) for i, (_, now) in enumerate(evaluations)]
    _replace_large(engine, rule, prepared, evaluations, measured, batch.rows)
    _check(engine, rule, prepared, evaluations, measured, checks)
    return Measurements(measured, batched=True)


def _seconds_alone(
    engine: Engine, rule: LogAlertRule, prepared: PreparedQuery, evaluations: Sequence[EvaluationOf]
) -> float:
    """Time the slowest of a few evaluations by themselves; one that never ends, ends here."""
    count = len(evaluations)
    slowest = 0.0
    for index in sorted({count // 3, 2 * count // 3, count - 1}):
        started = time.perf_counter()
        measure_one(engine, rule, prepared, evaluations[index])
        slowest = max(slowest, time.perf_counter() - started)
    return slowest


def measure_one(
    engine: Engine, rule: LogAlertRule, prepared: PreparedQuery, evaluation: EvaluationOf
) -> Measurement:
    """Measure a rule at one time: the reference that batches are held to.

    A result that is larger than Azure takes is the measurement's failure (E14).

    Raises:
        ExecutionError: the query took too long, or cannot be computed.
    """
    dataset, now = evaluation
    try:
        rows = engine.run(prepared, now, rule.query_time_range, dataset=dataset)
    except ResultTooLarge as error:
        return Measurement(now, {}, str(error))
    return measure(rule, rows.columns, rows.rows, now)


def _replace_large(
    engine: Engine,
    rule: LogAlertRule,
    prepared: PreparedQuery,
    evaluations: Sequence[EvaluationOf],
    measured: list[Measurement],
    rows: Mapping[int, int],
) -> None:
    """Run the evaluations with many rows by themselves, until one is within Azure's size."""
    large = sorted((i for i, count in rows.items() if count >= _LARGE_RESULT_ROWS), key=rows.get)  # type: ignore[arg-type]
    for index in reversed(large):
        measured[index] = measure_one(engine, rule, prepared, evaluations[index])
        if measured[index].failure is None:
            return


def _check(
    engine: Engine,
    rule: LogAlertRule,
    prepared: PreparedQuery,
    evaluations: Sequence[EvaluationOf],
    measured: list[Measurement],
    checks: int,
) -> None:
    chosen = random.Random(0)  # noqa: S311 - a sample, the same one each time
    near = [i for i, m in enumerate(measured) if _is_near(rule, m, exactly=False)]
    equal = [i for i, m in enumerate(measured) if _is_near(rule, m, exactly=True)]
    samples = [list(_changes(rule, measured, evaluations)), equal, list(range(len(measured)))]
    sampled = {i for each in samples for i in chosen.sample(each, min(checks, len(each)))}
    for index in sorted({*near, *sampled}):
        alone = measure_one(engine, rule, prepared, evaluations[index])
        if not _agree(rule, alone, measured[index]):
            raise ExecutionError(
                f"at {evaluations[index][1].astimezone(UTC):%Y-%m-%d %H:%M:%S} the rule "
                f"`{rule.id}` measures otherwise in a batch than by itself; this is an error of "
                "the evaluator, please report it with the query"
            )
        if index in near:
            measured[index] = alone


def _is_near(rule: LogAlertRule, measurement: Measurement, *, exactly: bool) -> bool:
    """Tell whether a value is at the threshold, or so near that another plan could turn it."""
    condition = rule.condition
    if condition.time_aggregation == "Count":
        return False  # exact in every plan
    threshold = condition.threshold
    return any(
        value is not None
        and (value == threshold) is exactly
        and math.isclose(value, threshold, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        for values in measurement.values.values()
        for value in values
    )


def _changes(
    rule: LogAlertRule, measured: Sequence[Measurement], evaluations: Sequence[EvaluationOf]
) -> Iterator[int]:
    """Find the evaluations whose series that are met are others than the one before."""
    is_met = met(rule.condition)
    before: dict[int, set[DimensionCombination]] = {}
    for index, measurement in enumerate(measured):
        dataset = evaluations[index][0]
        now = {series for series, values in measurement.values.items() if is_met(values)}
        if now != before.get(dataset, set()):
            yield index
        before[dataset] = now


def _agree(rule: LogAlertRule, alone: Measurement, batched: Measurement) -> bool:
    """Tell whether both measured the same, where a batch may leave out what is not met."""
    is_met = met(rule.condition)
    if alone.failure or batched.failure:
        return alone.failure == batched.failure
    if not batched.values.keys() <= alone.values.keys():
        return False
    missing = [alone.values[s] for s in alone.values.keys() - batched.values.keys()]
    return not any(map(is_met, missing)) and all(
        all(map(_same, values, alone.values[series])) for series, values in batched.values.items()
    )


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-12)
