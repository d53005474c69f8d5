"""From a day's results to what is sent about them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from typing import Any, Final

from generator.fleet import Circuit
from monitoring.decision_table import Severity
from monitoring.drift.ladder import DriftStatus, Step
from monitoring.performance.records import known_verdict
from monitoring.quality import QualityStatus
from monitoring.telemetry.contract import (
    DATA_DRIFT_DETECTED,
    DATA_DRIFT_EXCEEDANCE,
    DATA_DRIFT_SCORE,
    DATA_QUALITY_ISSUE,
    DATA_QUALITY_NULL_RATE,
    DATA_QUALITY_OUT_OF_BOUNDS_RATE,
    DATA_QUALITY_TYPE_ERROR_RATE,
    EVALUATED_AT,
    MODEL_ACCURACY_MAE,
    MODEL_ACCURACY_MAPE,
    MODEL_ACCURACY_R2,
    MODEL_ACCURACY_RMSE,
    MODEL_DEGRADED,
    MODEL_DEGRADED_STREAK,
    MONITORING_RUN_COMPLETED,
    MONITORING_STATUS,
    DriftStatistic,
    Metric,
    MonitoringStatus,
    feature_measurement,
)
from monitoring.telemetry.day import DayResults, Json, Statistics
from monitoring.telemetry.sink import GaugeValue, Signal, TelemetryEvent

LARGEST_EXCEEDANCE: Final = 1e6
"""Sent for an infinite one, of a limit that is 0: left out, it would leave the last good value."""

PERSISTENT_STREAK: Final = 3
"""Bad runs in a row from which degradation is severe, as the document has it."""

_ACCURACY: Final = {
    "mae": MODEL_ACCURACY_MAE,
    "rmse": MODEL_ACCURACY_RMSE,
    "mape": MODEL_ACCURACY_MAPE,
    "r2": MODEL_ACCURACY_R2,
}
_RATES: Final = {
    "null_rate": DATA_QUALITY_NULL_RATE,
    "type_error_rate": DATA_QUALITY_TYPE_ERROR_RATE,
    "out_of_bounds_rate": DATA_QUALITY_OUT_OF_BOUNDS_RATE,
}


@dataclass(frozen=True, slots=True)
class DaySignals:
    """What is sent about a day."""

    signals: tuple[Signal, ...]
    """Circuit by circuit, in the order given."""
    unjudged: tuple[str, ...]
    """Circuits, as `PLANT/CIRCUIT`, whose status says that the run had no verdict."""


def day_signals(circuits: Sequence[Circuit], results: DayResults) -> DaySignals:
    """Tell everything that is known of each circuit.

    A gauge without a number is left out; `monitoring_status` is told of every circuit.

    Args:
        circuits: enabled ones.
        results: of the day.
    """
    signals: list[Signal] = []
    unjudged = []
    for circuit in circuits:
        status = _status(circuit.key, results)
        if status.lacks_verdict:
            unjudged.append(circuit.key)
        signals += _gauges(circuit, results, status)
        signals += _events(circuit, results)
    return DaySignals(tuple(signals), tuple(unjudged))


def run_completed(job: str, circuits: int, unjudged: int, duration: timedelta) -> TelemetryEvent:
    """Return the event that ends a job; without it, Monitoring Silent fires.

    Args:
        job: such as `daily`.
        circuits: how many the job was about.
        unjudged: how many of them the job had no verdict on, for an error, for stale or for too
            few data; the event counts them as failed.
        duration: from the job's begin.
    """
    properties = {
        "job": job,
        "circuits": str(circuits),
        "ok": str(circuits - unjudged),
        "failed": str(unjudged),
        "duration_s": f"{duration.total_seconds():.1f}",
    }
    return TelemetryEvent(MONITORING_RUN_COMPLETED, properties, {})


def circuit_attributes(circuit: Circuit) -> dict[str, str]:
    """Return the attributes that name a circuit and its model."""
    return {
        "plant_id": circuit.plant_id,
        "circuit_id": circuit.circuit_id,
        "model_name": circuit.model_name,
        "model_version": circuit.model_version or "",
    }


def _status(key: str, results: DayResults) -> MonitoringStatus:
    drift, performance = results.drift.get(key), results.performance.get(key)
    if drift is None or (performance is not None and performance["status"] == "error"):
        return MonitoringStatus.ERROR
    status = DriftStatus(drift["status"]).monitoring_status
    verdict = _verdict(key, results)
    is_repeated = verdict is not None and verdict is not performance
    return max(status, MonitoringStatus.STALE) if is_repeated else status


def _gauges(
    circuit: Circuit, results: DayResults, status: MonitoringStatus
) -> Iterator[GaugeValue]:
    attributes = circuit_attributes(circuit)
    if (verdict := _verdict(circuit.key, results)) is not None:
        yield from _accuracy(attributes, verdict)
    statistics = results.statistics.get(circuit.key, {})
    numbers: dict[Metric, float | None] = {
        DATA_DRIFT_SCORE: _largest_distance(statistics),
        DATA_DRIFT_EXCEEDANCE: _exceedance(results.drift.get(circuit.key)),
    }
    if (quality := results.quality.get(circuit.key)) is not None:
        numbers |= {metric: _largest(quality, name) for name, metric in _RATES.items()}
    for metric, value in numbers.items():
        if value is not None:
            yield GaugeValue(metric, attributes, value)
    yield GaugeValue(MONITORING_STATUS, attributes, float(status))


def _verdict(key: str, results: DayResults) -> Json | None:
    """Return the verdict on a circuit's error; an old one holds until there is a new one."""
    performance = results.performance.get(key)
    return results.last_verdicts.get(key) if performance is None else known_verdict(performance)


def _accuracy(attributes: dict[str, str], performance: Json) -> Iterator[GaugeValue]:
    attributes = attributes | _judged(performance) | {EVALUATED_AT: performance["evaluated_at"]}
    for name, metric in _ACCURACY.items():
        value = performance["metrics"][name]
        if value is not None:
            yield GaugeValue(metric, attributes, value)
    yield GaugeValue(MODEL_DEGRADED_STREAK, attributes, float(performance["streak"]))


def _judged(performance: Json) -> dict[str, str]:
    """Name the version whose error was judged, which the configuration may not know yet."""
    version = performance["model_version"]
    return {} if version is None else {"model_version": version}


def _largest_distance(statistics: Statistics) -> float | None:
    name = DriftStatistic.JENSEN_SHANNON_DISTANCE
    return max((own[name] for own in statistics.values() if name in own), default=None)


def _exceedance(drift: Json | None) -> float | None:
    if drift is None or not DriftStatus(drift["status"]).has_verdict:
        return None
    value = drift["exceedance"]
    return LARGEST_EXCEEDANCE if value is None else value


def _largest(quality: Json, name: str) -> float | None:
    values = [check["value"] for check in _checks(quality) if check["name"] == name]
    return max((value for value in values if value is not None), default=None)


def _events(circuit: Circuit, results: DayResults) -> Iterator[TelemetryEvent]:
    properties = circuit_attributes(circuit) | {"run_id": results.run_id}
    verdict = _verdict(circuit.key, results)
    if verdict is not None and verdict["status"] == "degraded":
        yield _degraded_event(properties, verdict)
    drift = results.drift.get(circuit.key)
    if drift is not None and Step(drift["severity"]) is not Step.NONE:
        yield _drift_event(properties, drift, results.statistics.get(circuit.key, {}))
    if (quality := results.quality.get(circuit.key)) is not None:
        yield from _quality_events(properties, quality)


def _degraded_event(properties: dict[str, str], performance: Json) -> TelemetryEvent:
    metric = performance["metric"]
    persists = performance["streak"] >= PERSISTENT_STREAK
    return TelemetryEvent(
        MODEL_DEGRADED,
        properties
        | _judged(performance)
        | {
            "severity": (Severity.HIGH if persists else Severity.MEDIUM).value,
            "metric": metric,
            EVALUATED_AT: performance["evaluated_at"],
        },
        _numbers(
            value=performance["metrics"][metric],
            limit=performance["limits"][metric],
            exceedance=performance["exceedance"],
            streak=performance["streak"],
        ),
    )


def _drift_event(properties: dict[str, str], drift: Json, statistics: Statistics) -> TelemetryEvent:
    return TelemetryEvent(
        DATA_DRIFT_DETECTED,
        properties
        | {
            "severity": drift["severity"],
            "drifted_features": ",".join(drift["drifted_features"]),
            "rule": drift["rule"],
        },
        {
            feature_measurement(feature, statistic): value
            for feature, own in statistics.items()
            for statistic, value in own.items()
        },
    )


def _quality_events(properties: dict[str, str], quality: Json) -> Iterator[TelemetryEvent]:
    """Yield an event for each check that closes the gate, of the feature that is worst.

    What had nothing to measure has no value to send; the gauge `monitoring_status` tells of it.
    """
    closed = [
        check
        for check in _checks(quality)
        if not QualityStatus(check["status"]).passes and check["value"] is not None
    ]
    worst: dict[str, dict[str, Any]] = {}
    for check in sorted(closed, key=lambda each: -_exceeds(each)):
        worst.setdefault(check["name"], check)
    for name, check in worst.items():
        failed = QualityStatus(check["status"]) is QualityStatus.FAILED
        severity = Severity.HIGH if failed else Severity.MEDIUM
        yield TelemetryEvent(
            DATA_QUALITY_ISSUE,
            properties | {"severity": severity.value, "metric": name},
            _numbers(value=check["value"], limit=check["limit"], exceedance=_exceeds(check)),
        )


def _exceeds(check: Json) -> float:
    value = check["exceedance"]
    return LARGEST_EXCEEDANCE if value is None else float(value)


def _checks(quality: Json) -> Iterator[dict[str, Any]]:
    yield from quality["checks"]
    for feature in quality["features"]:
        yield from feature["checks"]


def _numbers(**values: float | None) -> dict[str, float]:
    return {n: float(v) for n, v in values.items() if v is not None and isfinite(v)}
