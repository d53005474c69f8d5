"""Events about drift and quality against the telemetry contract, on the shipped configuration."""

from math import nan
from pathlib import Path

import numpy as np
import pytest

from generator.fleet import Circuit
from generator.loader import load
from generator.resolve import resolve
from monitoring.drift.document import DriftDetector
from monitoring.drift.ladder import DriftEvidence, DriftStatus, Ladder, Step
from monitoring.drift.statistics import compare
from monitoring.events import TelemetryEvent, drift_event, quality_events
from monitoring.quality import (
    Check,
    CircuitQuality,
    FeatureQuality,
    QualityStatus,
    Requirements,
)
from monitoring.telemetry.contract import DriftStatistic, feature_measurement

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def circuits() -> dict[str, Circuit]:
    configuration, problems = load(ROOT / "config")
    assert configuration is not None, problems
    return {each.key: each for each in resolve(configuration, "prod").circuits}


@pytest.fixture
def circuit(circuits: dict[str, Circuit]) -> Circuit:
    return circuits["PLANT001/CIRCUIT01"]


def evidence(step: Step) -> DriftEvidence:
    features = ("flow_rate", "pressure")
    return DriftEvidence("calibrated", DriftStatus.DRIFT, step, 2.0, 1.0, "default", features)


def hold_to_contract(sent: TelemetryEvent, features: tuple[str, ...] = ()) -> None:
    measurements = {*sent.event.measurements}
    if sent.event.feature_measurements:
        measurements |= {feature_measurement(f, s) for f in features for s in DriftStatistic}
    assert set(sent.properties) == set(sent.event.properties)
    assert set(sent.measurements) == measurements
    assert all(isinstance(value, str) for value in sent.properties.values())
    assert np.isfinite(list(sent.measurements.values())).all()


def test_the_drift_event_is_as_the_contract_lists_it(circuit: Circuit) -> None:
    rng = np.random.default_rng(1)
    comparisons = {f: compare(rng.normal(size=90), rng.normal(size=80)) for f in circuit.features}

    sent = drift_event(circuit, evidence(Step.IMMEDIATE), comparisons, "night-1")

    assert sent is not None
    hold_to_contract(sent, circuit.features)
    assert sent.event.name == "data_drift_detected"
    assert dict(sent.properties) == {
        "plant_id": "PLANT001",
        "circuit_id": "CIRCUIT01",
        "model_name": "forecast-p001-c01",
        "model_version": "1",
        "severity": "immediate",
        "drifted_features": "flow_rate,pressure",
        "rule": "calibrated",
        "run_id": "night-1",
    }
    assert sent.measurements["flow_rate_psi"] == comparisons["flow_rate"].psi


def test_a_statistic_that_is_no_number_is_left_out(circuit: Circuit) -> None:
    comparisons = {"pressure": compare(np.ones(9), np.array([nan]))}

    sent = drift_event(circuit, evidence(Step.SCHEDULE), comparisons, "night-1")

    assert sent is not None
    assert dict(sent.measurements) == {}


def test_a_circuit_on_no_step_sends_nothing(circuit: Circuit) -> None:
    assert drift_event(circuit, evidence(Step.NONE), {}, "night-1") is None


def quality(*features: tuple[str, str, QualityStatus, float]) -> CircuitQuality:
    return CircuitQuality(
        "PLANT001",
        "CIRCUIT01",
        9,
        (),
        tuple(
            FeatureQuality(f, (Check(name, status, value, 0.05, "share", "default", "Bad."),))
            for f, name, status, value in features
        ),
    )


def test_the_quality_events_are_as_the_contract_lists_them(circuit: Circuit) -> None:
    found = quality(
        ("temperature", "null_rate", QualityStatus.FAILED, 0.1),
        ("pressure", "null_rate", QualityStatus.FAILED, 0.3),
        ("voltage", "flat_share", QualityStatus.FAILED, 0.2),
        ("current", "late_rows", QualityStatus.WARN, 0.2),
        ("vibration", "missing_rows", QualityStatus.INSUFFICIENT_DATA, nan),
    )

    sent = quality_events(circuit, found, "night-1")

    for each in sent:
        hold_to_contract(each)
    assert [(e.properties["metric"], e.measurements["value"]) for e in sent] == [
        ("null_rate", 0.3),
        ("flat_share", 0.2),
    ]
    assert sent[0].measurements["exceedance"] == pytest.approx(6.0)
    assert sent[0].properties["severity"] == "high"


def test_limits_are_the_circuits_own(circuits: dict[str, Circuit]) -> None:
    override = Requirements.of(circuits["PLANT007/CIRCUIT10"])
    assert (override.null_rate.value, override.type_error_rate.value) == (0.15, 0.01)
    assert override.null_rate.origin.startswith("circuit PLANT007/CIRCUIT10 ")

    bounded = Requirements.of(circuits["PLANT002/CIRCUIT11"])
    assert bounded.physical_limits["pressure"] == (0.0, 25.5)
    assert bounded.features == ("temperature", "pressure", "current", "voltage")

    detector = DriftDetector.of(circuits["PLANT001/CIRCUIT01"])
    assert (detector.ks_pvalue, detector.psi) == (0.05, 0.25)
    calibrated = Ladder.of(circuits["PLANT001/CIRCUIT01"], "calibrated")
    assert (calibrated.schedule, calibrated.immediate) == (1.0, 1.5)
