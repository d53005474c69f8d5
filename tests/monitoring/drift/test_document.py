"""The source document's detector: its tests, its result, its ladder."""

import json
from datetime import date
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.drift.document import DocumentResult, DriftDetector
from monitoring.drift.ladder import DriftStatus, Ladder, Step
from monitoring.drift.statistics import FloatArray, compare
from monitoring.sensors import CircuitReadings
from monitoring.windows import Windows

WINDOWS = Windows.of(date(2026, 3, 10))
HOUR = 3_600_000_000
TIMES = np.arange(WINDOWS.whole.start_us, WINDOWS.whole.end_us, HOUR)
IS_CURRENT = WINDOWS.current.start_us <= TIMES
DETECTOR = DriftDetector(0.05, 0.25, Ladder(0.15, 0.25, "default"))


def noise(seed: int) -> FloatArray:
    return np.random.default_rng(seed).normal(50.0, 2.0, TIMES.size)


def detect(**values: FloatArray) -> DocumentResult:
    readings = CircuitReadings("PLANT001", "CIRCUIT01", TIMES, values, {})
    return DETECTOR.detect_drift_for_circuit(readings, WINDOWS, ("temperature", "pressure"))


def shifted(by: float, seed: int = 1) -> FloatArray:
    return np.where(IS_CURRENT, noise(seed) + by, noise(seed))


def test_the_result_is_the_documents_field_for_field() -> None:
    result = detect(temperature=shifted(8.0), pressure=np.tile([1.0, 2.0], TIMES.size)[::2])
    written = json.loads(json.dumps(result.as_json(), allow_nan=False))

    temperature, pressure = written["features"]
    reference, current = noise(1)[~IS_CURRENT], noise(1)[IS_CURRENT] + 8.0
    compared = compare(reference, current)
    assert temperature == {
        "feature": "temperature",
        "tests": {
            "ks_test": {
                "statistic": compared.ks_statistic,
                "pvalue": compared.ks_pvalue,
                "drift_detected": True,
            },
            "wasserstein": {"distance": compared.wasserstein_distance, "drift_detected": True},
            "psi": {"value": compared.psi, "drift_detected": True},
        },
        "drift_detected": True,
    }
    assert pressure["drift_detected"] is False
    del written["features"]
    assert written == {
        "plant_id": "PLANT001",
        "circuit_id": "CIRCUIT01",
        "baseline_period": "2026-02-01 to 2026-03-02",
        "current_period": "2026-03-03 to 2026-03-09",
        "summary": {
            "total_features": 2,
            "drifted_features_count": 1,
            "drifted_features": ["temperature"],
            "overall_drift": True,
        },
    }


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.full(TIMES.size, nan), "the reference has 0 values, 50 are needed."),
        (np.where(IS_CURRENT, nan, noise(2)), "the current window has 0 values, 50 are needed."),
        (
            np.where(IS_CURRENT & (TIMES // HOUR % 3 > 0), nan, noise(2)),
            "33% of the current window are values, 50% are needed.",
        ),
    ],
)
def test_a_feature_without_values_is_never_without_drift(values: FloatArray, reason: str) -> None:
    result = detect(temperature=noise(1) * 0 + 3.0, pressure=values)

    assert result.status is DriftStatus.INSUFFICIENT_DATA
    assert result.overall_drift is None
    assert result.features[1].drift_detected is None
    assert result.features[1].reason == f"PLANT001/CIRCUIT01 pressure: {reason}"
    written = json.dumps(result.as_json(), allow_nan=False)
    assert '"psi": {"value": null, "drift_detected": null}' in written or "33%" in reason
    evidence = result.evidence()
    assert (evidence.step, evidence.reason) == (Step.NONE, result.features[1].reason)


def test_a_missing_column_is_named_and_has_no_verdict() -> None:
    result = detect(temperature=noise(1) * 0 + 3.0)

    assert result.status is DriftStatus.INSUFFICIENT_DATA
    assert result.features[1].reason == "PLANT001/CIRCUIT01 pressure: the data have no such column."
    assert json.loads(json.dumps(result.as_json()))["summary"]["total_features"] == 2


def test_a_drifted_feature_counts_although_another_could_not_be_judged() -> None:
    result = detect(temperature=shifted(8.0), pressure=np.full(TIMES.size, nan))

    assert (result.status, result.overall_drift) == (DriftStatus.DRIFT, True)


def test_one_value_that_is_missing_does_not_hide_a_shift() -> None:
    values = shifted(8.0)
    values[0], values[-1] = nan, nan

    assert detect(temperature=values, pressure=noise(2)).overall_drift is True


def test_the_ladder_is_held_against_the_largest_jensen_shannon_distance() -> None:
    result = detect(temperature=shifted(1.0), pressure=shifted(4.0, 2))
    distances = {
        e.feature: e.comparison.jensen_shannon_distance for e in result.features if e.comparison
    }

    assert result.score == max(distances.values()) == distances["pressure"]
    evidence = result.evidence()
    assert evidence.exceedance == result.score / 0.15
    assert evidence.drifted_features == ("pressure", "temperature")


@pytest.mark.parametrize(
    ("score", "step"),
    [(0.0, "none"), (0.149, "none"), (0.15, "schedule"), (0.25, "schedule"), (0.251, "immediate")],
)
def test_the_documents_ladder(score: float, step: str) -> None:
    assert DETECTOR.ladder.step(score) == step


def test_a_score_that_is_no_number_is_on_no_step() -> None:
    with pytest.raises(ValueError, match="not a number"):
        DETECTOR.ladder.step(nan)


def test_what_leaves_the_range_of_the_reference_counts() -> None:
    # A fifth of the readings far outside; the document's closed bins made that PSI .05.
    values = np.where(IS_CURRENT & (TIMES // HOUR % 5 == 0), 1e3, noise(3))

    feature = detect(temperature=values, pressure=noise(2)).features[0]

    assert feature.flags["psi"]


def test_a_flag_without_a_large_distance_warns_and_schedules_nothing() -> None:
    # Raw Wasserstein is in the sensor's unit: .2 of a sensor that spreads over 200.
    values = noise(1) * 100.0
    result = detect(
        temperature=values + np.where(IS_CURRENT, 0.2, 0.0), pressure=noise(2) * 0 + 1.0
    )

    assert result.features[0].flags["wasserstein"]
    assert result.score < 0.15
    assert (result.status, result.evidence().step) == (DriftStatus.WARN, Step.NONE)


@given(st.lists(st.sampled_from(["shift", "none", "nan"]), min_size=2, max_size=2))
def test_every_feature_has_a_flag_or_a_reason(kinds: list[str]) -> None:
    made = {"shift": shifted(8.0), "none": noise(1), "nan": np.full(TIMES.size, nan)}
    result = detect(temperature=made[kinds[0]], pressure=made[kinds[1]])

    for each in result.features:
        assert (each.drift_detected is None) == bool(each.reason)
    assert not (result.status is DriftStatus.OK and "nan" in kinds)
