from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.drift_evaluation import load
from monitoring.drift.evaluation.detection import judge_delay, judge_fault
from monitoring.drift.evaluation.faults import FAULTS, Fault, inject, shift
from monitoring.drift.evaluation.null import judge_null
from monitoring.drift.evaluation.other_tools import (
    AzureRule,
    DocumentRule,
    EvidentlyRule,
    NannyRule,
    azure_jensen_shannon,
    azure_normalized_wasserstein,
    azure_psi,
    other_tools,
)
from monitoring.drift.evaluation.report import evaluate
from monitoring.drift.evaluation.rules import CalibratedRule, WarmingUpRule, any_feature
from monitoring.drift.ladder import Ladder
from tests.monitoring.drift.circuits import FEATURES, FIRST_DAY, FloatArray, coupled

LADDER = Ladder(schedule=1.0, immediate=1.5)
DATA = Path(__file__).parents[5] / "shared" / "data" / "ETT"
BY_NAME = {fault.name: fault for fault in FAULTS}
WEEK = np.arange(168) / 24


class Threshold:
    """Alarms where a sensor's mean has moved by a number of the reference's deviations."""

    name = "threshold"
    has_severe = True

    def __init__(self, sigmas: float) -> None:
        self._sigmas = sigmas

    def alarms(self, day: int, reference, current):  # type: ignore[no-untyped-def]
        moved = np.abs(current.mean(axis=1) - reference.mean(axis=1)) / reference.std(axis=1)
        return any_feature(moved > self._sigmas, moved > 2 * self._sigmas)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("shift 2 σ", lambda v: v + 6),
        ("scale × 1.5", lambda v: 10 + 1.5 * (v - 10)),
        ("gain +10 %", lambda v: 1.1 * v),
        ("ramp 0 to 2 σ over 7 days", lambda v: v + 6 * WEEK / 7),
        ("stuck for the last 3 of 7 days", lambda v: np.where(WEEK < 4, v, v[96])),
    ],
)
def test_a_fault_changes_readings_as_it_is_named(
    fault: str, expected: Callable[[FloatArray], FloatArray]
) -> None:
    values = np.random.default_rng(1).normal(10, 3, 168)

    found = BY_NAME[fault].change(values, WEEK, 10.0, 3.0)

    np.testing.assert_allclose(found, expected(values))


def test_a_fault_begins_at_its_onset_in_one_sensor_only() -> None:
    series = coupled(100)

    faulty = inject(series, shift(2), 1, FIRST_DAY + 70, FIRST_DAY + 90)

    kept = series.values[:, 10 * 24 : 90 * 24]
    moved = faulty.values - kept
    sigma = series.values[1, 40 * 24 : 70 * 24].std()
    assert (moved[[0, 2, 3]] == 0).all()
    assert (moved[1, : 60 * 24] == 0).all()
    np.testing.assert_allclose(moved[1, 60 * 24 :], 2 * sigma)


def test_detection_counts_the_faulty_sensor_and_the_circuit() -> None:
    series, days = coupled(60), list(range(FIRST_DAY + 40, FIRST_DAY + 60))

    seen = judge_fault(Threshold(1.0), series, shift(5), days)
    missed = judge_fault(Threshold(1.0), series, Fault("none", lambda v, *_: v), days)

    assert (seen.sensor, seen.circuit, seen.severe, seen.injections) == (1, 1, 1, 80)
    assert missed.sensor == missed.circuit == judge_null(Threshold(1.0), series, days).circuit_rate


def test_delay_is_counted_from_the_onset() -> None:
    series = coupled(120)

    delay = judge_delay(Threshold(1.0), series, shift(3.5), [FIRST_DAY + 50, FIRST_DAY + 60])
    never = judge_delay(Threshold(9.0), series, shift(3.5), [FIRST_DAY + 50])

    # A third of the window moves its mean by more than one deviation, a seventh does not.
    assert set(delay.days) <= {2.0, 3.0, 4.0}
    assert delay.within(4) == 1
    assert np.isinf(never.median)


def test_a_null_replay_counts_days_and_episodes() -> None:
    series, days = coupled(60), list(range(FIRST_DAY + 40, FIRST_DAY + 60))

    always = judge_null(Threshold(-1.0), series, days)

    assert (always.feature_rate, always.circuit_rate, always.episodes) == (1, 1, 1)
    with pytest.raises(ValueError, match="no day to judge"):
        judge_null(Threshold(1.0), series, [])


def test_a_rule_that_is_warming_up_has_limits_from_each_days_reference() -> None:
    series = coupled(50)
    rule = WarmingUpRule(series, ladder=LADDER)

    assert np.isfinite(rule.limits(FIRST_DAY + 45)).all()
    assert (rule.limits(FIRST_DAY + 45) != rule.limits(FIRST_DAY + 46)).any()


def test_azures_metrics_are_those_of_its_components() -> None:
    reference, current = np.array([0.0, 1, 2, 3, 4, 5, 6, 7]), np.array([4.0, 5, 6, 7])

    # Bins of Sturges: ceil(log2(4) + 1) = 3 over 0 to 7, so counts 3 2 3 and 0 1 3.
    assert azure_normalized_wasserstein(reference, current) == pytest.approx(2 / np.sqrt(6))
    p, q = np.array([4, 3, 4]) / 11, np.array([1, 2, 4]) / 7
    assert azure_psi(reference, current) == pytest.approx(((q - p) * np.log(q / p)).sum())
    p, q = np.array([3, 2, 3]) / 8, np.array([0, 1, 3]) / 4
    m = (p + q) / 2
    divergence = (p * np.log2(p / m)).sum() + (q[1:] * np.log2(q[1:] / m[1:])).sum()
    assert azure_jensen_shannon(reference, current) == pytest.approx(np.sqrt(divergence / 2))


def test_azure_drops_rows_with_any_missing_reading() -> None:
    series = coupled(37)
    reference, current = series.values[:, :720], series.values[:, 720:].copy()
    current[0, ::2] = np.nan
    current[1, ::2] += 1e6  # in rows that are dropped for another sensor
    rule = AzureRule("normalised Wasserstein", azure_normalized_wasserstein, 100.0)

    assert not rule.alarms(0, reference, current).circuit


def test_other_tools_see_a_large_shift_and_not_an_equal_window() -> None:
    series = coupled(37)
    reference = np.array(series.values[:, :720])

    for rule in other_tools():
        assert rule.alarms(1, reference, reference + 100).features.all(), rule.name
        assert not rule.alarms(2, reference, reference.copy()).features.any(), rule.name


def test_evidently_counts_features_for_the_data_set() -> None:
    reference = np.array(coupled(37).values[:, :720])
    current = reference.copy()
    current[0] += 100

    assert EvidentlyRule(share=0).alarms(0, reference, current).circuit
    assert not EvidentlyRule(share=0.5).alarms(0, reference, current).circuit


def test_the_document_and_nannyml_alarm_on_other_days() -> None:
    series, days = coupled(60), list(range(FIRST_DAY + 40, FIRST_DAY + 60))

    assert judge_null(DocumentRule(), series, days).circuit_rate > 0
    assert judge_null(NannyRule(), series, days).circuit_rate < 1


def test_readings_too_short_to_be_calibrated_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"short: the first of the last 30 runs has fewer than 300"
    ):
        evaluate("short", coupled(100), 30, LADDER)


@pytest.mark.skipif(not DATA.is_dir(), reason="the ETT series are not there")
@pytest.mark.parametrize(
    ("name", "one_sigma", "two_sigma"), [("ETTh1", 0.6, 0.8), ("ETTh2", 0.4, 0.7)]
)
def test_real_transformers_stay_within_the_budget_and_faults_are_seen(
    name: str, one_sigma: float, two_sigma: float
) -> None:
    series = load(DATA / f"{name}.csv")
    rule = CalibratedRule(series, ladder=LADDER)
    year = rule.history.days[-329:].tolist()

    null = judge_null(rule, series, year)

    assert null.circuit_rate <= 0.04
    assert null.severe_rate <= 0.002
    assert judge_fault(rule, series, shift(1), year[::16]).sensor > one_sigma
    assert judge_fault(rule, series, shift(2), year[::16]).sensor > two_sigma
    assert len(FEATURES) < len(series.features)
