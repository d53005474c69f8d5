"""What a run says of one circuit: its quality, its drift, and that of its predictions. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import nan
from typing import Final

import numpy as np

from generator.fleet import Circuit
from monitoring.drift.calibrated import CircuitVerdict, JudgedLimits, judge, limits_for
from monitoring.drift.calibration import Calibration, CircuitLimits
from monitoring.drift.document import DocumentResult, DriftDetector
from monitoring.drift.history import DailySeries, day_number
from monitoring.drift.ladder import DriftEvidence, DriftStatus, Ladder, Rule, Step
from monitoring.drift.limits import block_limits
from monitoring.drift.scores import SCORES, Measurement, measure
from monitoring.drift.statistics import Comparison
from monitoring.drift.training import SnapshotStatus, TrainingSnapshot, TrainingSource
from monitoring.model_predictions import RENAME, predictions_of
from monitoring.prediction_table import PREDICTED
from monitoring.quality import CircuitQuality, QualityStatus, Requirements, check_circuit
from monitoring.sensors import CircuitReadings
from monitoring.windows import CURRENT_DAYS, REFERENCE_DAYS, Windows

"""The column that prediction drift compares."""

_MINIMUM_REFERENCE_DAYS: Final = REFERENCE_DAYS // 2
"""Days of the reference window with readings; with fewer, the reference is another stretch of time
than the one that limits were made for."""

_BEHIND_GATE: Final = {
    QualityStatus.FAILED: DriftStatus.INSUFFICIENT_DATA,
    QualityStatus.INSUFFICIENT_DATA: DriftStatus.INSUFFICIENT_DATA,
    QualityStatus.STALE: DriftStatus.STALE,
    QualityStatus.ERROR: DriftStatus.ERROR,
}
"""Status of drift where the quality gate is closed: wrong data have no distribution to judge."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What every circuit of a run is judged with."""

    windows: Windows
    rule: Rule
    calibration: Calibration | None = None
    """Limits of the sensors; None for the first runs of a fleet, which warms up."""
    prediction_calibration: Calibration | None = None
    training: TrainingSource | None = None
    """Where training snapshots come from; None if they are not compared with."""

    @property
    def day(self) -> int:
        """Exclusive end of the current window, in days since 1970."""
        return day_number(self.windows.current.end)


@dataclass(frozen=True, slots=True)
class DriftResult:
    """Drift of a set of columns of one circuit."""

    evidence: DriftEvidence
    """Of the rule that decides."""
    document: DocumentResult
    """The document's tests, whichever rule decides."""
    measurement: Measurement | None
    """None where nothing was compared."""
    verdict: CircuitVerdict | None
    """The calibrated rule's; None where the document's decides, or nothing was compared."""
    snapshot: TrainingSnapshot | None = None
    """The training snapshot, or why there is none; None if it was not asked for."""
    training: Measurement | None = None
    """Against the training snapshot; None where nothing was compared with it."""

    @property
    def comparisons(self) -> Mapping[str, Comparison]:
        """Raw space, by feature."""
        if self.measurement is None:
            return {}
        return dict(zip(self.measurement.features, self.measurement.raw, strict=True))


@dataclass(frozen=True, slots=True)
class CircuitResult:
    """Everything a run found of one circuit."""

    circuit: Circuit
    quality: CircuitQuality
    drift: DriftResult
    prediction_drift: DriftResult | None
    """None where predictions are not judged."""


def judge_circuit(
    circuit: Circuit,
    readings: CircuitReadings,
    context: RunContext,
    predictions: CircuitReadings | None = None,
) -> CircuitResult:
    """Judge a circuit: first whether its data can be trusted, then whether they drifted."""
    quality = check_circuit(readings, Requirements.of(circuit), context.windows)
    snapshots = context.training
    snapshot = snapshots.snapshot(circuit, "inputs") if snapshots else None
    drift = judge_columns(
        circuit, readings, circuit.features, context, context.calibration, quality, snapshot
    )
    of_predictions = None
    if predictions is not None:
        of_predictions = _judge_predictions(circuit, predictions, context)
    return CircuitResult(circuit, quality, drift, of_predictions)


def _judge_predictions(
    circuit: Circuit, predictions: CircuitReadings, context: RunContext
) -> DriftResult:
    """Judge the circuit's own model: another that forecasts the same would look like drift."""
    own, problem = predictions_of(predictions, circuit.model_name)
    if problem:
        status, reason = DriftStatus.INSUFFICIENT_DATA, f"{circuit.key}: {problem}; {RENAME}."
        return _without_verdict(circuit, own, (PREDICTED,), context, status, reason)
    snapshot = context.training.snapshot(circuit, "outputs") if context.training else None
    limits = context.prediction_calibration
    return judge_columns(circuit, own, (PREDICTED,), context, limits, None, snapshot)


def failed_circuit(circuit: Circuit, context: RunContext, error: str) -> CircuitResult:
    """Make the result of a circuit that could not be read or judged."""
    quality = CircuitQuality.unreadable(circuit.plant_id, circuit.circuit_id, error)
    nothing = CircuitReadings(circuit.plant_id, circuit.circuit_id, np.empty(0, np.int64), {}, {})
    drift = _not_judged(circuit, nothing, circuit.features, context, quality)
    return CircuitResult(circuit, quality, drift, None)


def judge_columns(
    circuit: Circuit,
    readings: CircuitReadings,
    features: tuple[str, ...],
    context: RunContext,
    calibration: Calibration | None,
    quality: CircuitQuality | None,
    snapshot: TrainingSnapshot | None = None,
) -> DriftResult:
    """Compare columns of one circuit and judge them by the rule of the run.

    With a quality whose gate is closed nothing is compared.
    """
    if quality is not None and not quality.passes:
        return replace(
            _not_judged(circuit, readings, features, context, quality), snapshot=snapshot
        )
    present = tuple(feature for feature in features if feature in readings.values)
    values = {feature: readings.values[feature] for feature in present}
    series = DailySeries.of(readings.timestamps, values)
    day = context.day
    days = series.days_with_rows(day - CURRENT_DAYS - REFERENCE_DAYS, day - CURRENT_DAYS)
    if days < _MINIMUM_REFERENCE_DAYS:
        reason = (
            f"{circuit.key}: the reference window has readings on {days} of {REFERENCE_DAYS} days, "
            f"{_MINIMUM_REFERENCE_DAYS} are needed."
        )
        return _without_verdict(
            circuit, readings, features, context, DriftStatus.INSUFFICIENT_DATA, reason
        )
    measurement = measure(present, series.reference(day), series.current(day))
    training = None
    if snapshot is not None and snapshot.status is SnapshotStatus.USABLE:
        training = measure(present, snapshot.rows(present), series.current(day))
    comparisons = dict(zip(present, measurement.raw, strict=True))
    detector = DriftDetector.of(circuit)
    document = detector.test_circuit(
        circuit.plant_id, circuit.circuit_id, context.windows, features, comparisons
    )
    if context.rule == "document":
        return DriftResult(document.evidence(), document, measurement, None, snapshot, training)
    limits = _limits(circuit, present, calibration, series, day, snapshot)
    ladder = _ladder(circuit, calibration)
    verdict = judge(measurement, limits, ladder, training=training)
    evidence = _evidence(verdict, ladder)
    return DriftResult(evidence, document, measurement, verdict, snapshot, training)


def _ladder(circuit: Circuit, calibration: Calibration | None) -> Ladder:
    """Take the circuit's ladder, its last step raised to what the fleet's budget asks for."""
    ladder = Ladder.of(circuit, "calibrated")
    if calibration is None:
        return ladder
    return replace(ladder, immediate=max(ladder.immediate, calibration.immediate.limit))


def _limits(
    circuit: Circuit,
    features: tuple[str, ...],
    calibration: Calibration | None,
    series: DailySeries,
    day: int,
    snapshot: TrainingSnapshot | None,
) -> JudgedLimits:
    if calibration is None:
        nothing = np.full((len(features), len(SCORES)), np.nan)
        why = "the fleet has not been calibrated"
        return JudgedLimits(block_limits(series, day), nothing, why)
    own = calibration.circuit(circuit.plant_id, circuit.circuit_id)
    is_calibrated = own is not None and own.runs >= calibration.minimum_runs
    return limits_for(
        calibration,
        circuit.plant_id,
        circuit.circuit_id,
        features,
        day=day,
        model_version=_model_version(circuit, snapshot, own),
        blocks=None if is_calibrated else block_limits(series, day),
    )


def _model_version(
    circuit: Circuit, snapshot: TrainingSnapshot | None, own: CircuitLimits | None
) -> str | None:
    """Choose the model version that limits have to be of.

    An accepted baseline and the configuration are changed by different people at different times:
    the first of them that is not of the limits' model ends their use.
    """
    known = [circuit.model_version, None if snapshot is None else snapshot.model_version]
    others = [v for v in known if own is not None and v not in {None, own.model_version}]
    return others[0] if others else circuit.model_version


def _evidence(verdict: CircuitVerdict, ladder: Ladder) -> DriftEvidence:
    status = DriftStatus(verdict.status)
    has_verdict = status.has_verdict
    step = Step.NONE
    if has_verdict and verdict.exceedance > ladder.immediate:
        step = Step.IMMEDIATE
    elif has_verdict and verdict.exceedance > ladder.schedule:
        step = Step.SCHEDULE
    return DriftEvidence(
        "calibrated",
        status,
        step,
        verdict.exceedance if has_verdict else nan,
        ladder.schedule,
        ladder.origin,
        tuple(feature.feature for feature in verdict.drifted),
        "" if has_verdict else verdict.reason,
    )


def _not_judged(
    circuit: Circuit,
    readings: CircuitReadings,
    features: tuple[str, ...],
    context: RunContext,
    quality: CircuitQuality,
) -> DriftResult:
    reason = quality.reasons[0] if quality.reasons else "the quality gate is closed"
    status = _BEHIND_GATE[quality.status]
    return _without_verdict(circuit, readings, features, context, status, reason)


def _without_verdict(
    circuit: Circuit,
    readings: CircuitReadings,
    features: tuple[str, ...],
    context: RunContext,
    status: DriftStatus,
    reason: str,
) -> DriftResult:
    ladder = Ladder.of(circuit, context.rule)
    evidence = DriftEvidence.without_verdict(context.rule, status, ladder, reason)
    document = DriftDetector.of(circuit).test_circuit(
        readings.plant_id, readings.circuit_id, context.windows, features, {}
    )
    return DriftResult(evidence, document, None, None)
