"""Runs the query of a rule at every evaluation of a period, once for all thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from evaluator.analysis.language_service import AnalysisError, LanguageService
from evaluator.analysis.syntax import UNKNOWN_TABLE
from evaluator.backtest.statistics import Period
from evaluator.evaluation.measure import Measurement
from evaluator.evaluation.schedule import evaluation_times
from evaluator.evaluation.state import NotSimulated, refuse_what_is_not_simulated
from evaluator.execution.batch import TOLERANCE, measure_many, measure_one
from evaluator.execution.engine import Engine
from evaluator.execution.errors import ExecutionError, NotExecutable
from evaluator.execution.translation import PreparedQuery
from evaluator.query_text import QueryText
from evaluator.rules import LogAlertRule

RECORDING: Final = 0
"""Dataset of the recorded rows."""


class NotRun(Exception):  # noqa: N818 - checked, not run: nothing broke
    """A rule that cannot be run here; the message says why."""


class Refused(NotRun):
    """A rule whose query Azure would refuse."""


class BrokeOff(Exception):  # noqa: N818 - says where the rule ended
    """A rule that runs here and did not get to its end; the message says why."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a rule measured at every evaluation."""

    measurements: tuple[Measurement, ...]
    batched: bool
    """Whether one statement measured many; otherwise each evaluation ran by itself."""
    series: int
    """Series at the last evaluation, met or not."""


def times(rule: LogAlertRule, period: Period) -> list[datetime]:
    """List the evaluations of a rule in a period (E1)."""
    last = period.end - timedelta(microseconds=1)
    return list(evaluation_times(period.start, last, rule.evaluation_frequency))


def prepare_query(
    engine: Engine, service: LanguageService, query: QueryText, *, alert: bool = True
) -> PreparedQuery:
    """Analyse and translate a query.

    Raises:
        Refused: Azure would refuse it.
        NotRun: it cannot be run exactly.
    """
    try:
        analysis = service.analyse(query.text)
    except AnalysisError as error:
        raise NotRun(str(error)) from None
    if analysis.errors:
        first = analysis.errors[0]
        place = query.locate(first.start, first.end)
        where = f"{place.file}:{place.span.line}:{place.span.column}"
        if first.code == UNKNOWN_TABLE:
            name = query.text[first.start : first.end]
            raise NotRun(f"the columns of `{name}` are not known, {where}; give them with --tables")
        raise Refused(f"Azure would refuse the query, {where}: {first.message} ({first.code})")
    try:
        return engine.prepare(analysis, alert=alert)
    except NotExecutable as error:
        place = query.locate(error.start, error.end)
        where = f"{place.file}:{place.span.line}"
        hint = f"; {error.hint}" if error.hint else ""
        raise NotRun(f"{error.reason}, {where}{hint}") from None


def measure_rule(
    engine: Engine,
    service: LanguageService,
    rule: LogAlertRule,
    period: Period,
    thresholds: Sequence[float] = (),
) -> Measured:
    """Measure a rule at every evaluation of a period.

    With `thresholds` to try, the values of series that are not met are kept, too.

    Raises:
        Refused: Azure would refuse its query.
        NotRun: the rule cannot be simulated, or its query not run.
        BrokeOff: an evaluation took too long, or a batch differs from its evaluations.
    """
    try:
        refuse_what_is_not_simulated(rule)
    except NotSimulated as error:
        raise NotRun(error.reason) from None
    prepared = prepare_query(engine, service, rule.query)
    evaluations = [(RECORDING, moment) for moment in times(rule, period)]
    try:
        measured = measure_many(engine, rule, prepared, evaluations, all_values=bool(thresholds))
        measurements = measured.measurements
        if measured.batched:
            for threshold in thresholds:
                _settle(engine, with_threshold(rule, threshold), prepared, measurements)
        last = measure_one(engine, rule, prepared, evaluations[-1])
    except NotExecutable as error:
        raise NotRun(error.reason) from None
    except ExecutionError as error:
        raise BrokeOff(str(error)) from None
    return Measured(tuple(measurements), measured.batched, len(last.values))


def with_threshold(rule: LogAlertRule, threshold: float) -> LogAlertRule:
    """Make the same rule with another threshold."""
    return replace(rule, condition=replace(rule.condition, threshold=threshold))


def _settle(
    engine: Engine, rule: LogAlertRule, prepared: PreparedQuery, measurements: list[Measurement]
) -> None:
    """Run evaluations by themselves whose value the last bits could put across a threshold.

    `measure_many` does so for the rule's own.
    """
    threshold = rule.condition.threshold
    margin = TOLERANCE * max(1.0, abs(threshold))
    for index, measurement in enumerate(measurements):
        is_near = any(
            value is not None and value != threshold and abs(value - threshold) <= margin
            for values in measurement.values.values()
            for value in values
        )
        if is_near:
            evaluation = (RECORDING, measurement.evaluation_time)
            measurements[index] = measure_one(engine, rule, prepared, evaluation)
