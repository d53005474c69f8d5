"""Events about drift and quality, as the telemetry contract lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

from generator.fleet import Circuit
from monitoring.decision_table import Severity
from monitoring.drift.ladder import DriftEvidence, Step
from monitoring.drift.statistics import Comparison
from monitoring.quality import CircuitQuality, QualityStatus
from monitoring.quality.records import Check
from monitoring.telemetry.contract import (
    DATA_DRIFT_DETECTED,
    DATA_QUALITY_ISSUE,
    DriftStatistic,
    Event,
    feature_measurement,
)


@dataclass(frozen=True, slots=True)
class TelemetryEvent:
    """One event to be sent."""

    event: Event
    properties: Mapping[str, str]
    measurements: Mapping[str, float]
    """Finite numbers: what is sent is JSON, which has no others."""


class EventSink(Protocol):
    """Where events go: telemetry, or a list."""

    def emit(self, event: TelemetryEvent) -> None:
        """Take one event."""


def drift_event(
    circuit: Circuit,
    evidence: DriftEvidence,
    comparisons: Mapping[str, Comparison],
    run_id: str,
) -> TelemetryEvent | None:
    """Return the event of a circuit that drifted, None of one on no step of the ladder.

    Its severity is the step. A statistic that is not a finite number is left out.

    Args:
        circuit: whose data it is.
        evidence: the deciding rule's.
        comparisons: by feature, in raw space.
        run_id: of the run.
    """
    if evidence.step is Step.NONE:
        return None
    properties = {
        **_circuit_attributes(circuit),
        "severity": evidence.step.value,
        "drifted_features": ",".join(evidence.drifted_features),
        "rule": evidence.rule,
        "run_id": run_id,
    }
    measurements = {
        feature_measurement(feature, statistic): value
        for feature, comparison in comparisons.items()
        for statistic in DriftStatistic
        if isfinite(value := getattr(comparison, statistic.value))
    }
    return TelemetryEvent(DATA_DRIFT_DETECTED, properties, measurements)


def quality_events(
    circuit: Circuit, quality: CircuitQuality, run_id: str
) -> tuple[TelemetryEvent, ...]:
    """Return an event for each check that closes the gate, of the feature that is worst.

    What had nothing to measure has no value to send; the gauge `monitoring_status` tells of it.
    """
    worst: dict[str, Check] = {}
    for _, check in quality.failures():
        if isfinite(check.exceedance):
            worst.setdefault(check.name, check)
    return tuple(_quality_event(circuit, check, run_id) for check in worst.values())


def _quality_event(circuit: Circuit, check: Check, run_id: str) -> TelemetryEvent:
    severity = Severity.HIGH if check.status is QualityStatus.FAILED else Severity.MEDIUM
    return TelemetryEvent(
        DATA_QUALITY_ISSUE,
        {
            **_circuit_attributes(circuit),
            "severity": severity.value,
            "metric": check.name,
            "run_id": run_id,
        },
        {"value": check.value, "limit": check.limit, "exceedance": check.exceedance},
    )


def _circuit_attributes(circuit: Circuit) -> dict[str, str]:
    return {
        "plant_id": circuit.plant_id,
        "circuit_id": circuit.circuit_id,
        "model_name": circuit.model_name,
        "model_version": circuit.model_version or "",
    }
