from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np
import pytest

from monitoring.drift.calibrated import (
    JudgedLimits,
    Status,
    judge,
    limits_for,
)
from monitoring.drift.calibration import Calibration, CircuitHistory, calibrate
from monitoring.drift.history import DailySeries, replay
from monitoring.drift.ladder import Ladder
from monitoring.drift.limits import block_limits
from monitoring.drift.scores import Measurement, measure
from tests.monitoring.drift.circuits import FEATURES, FIRST_DAY, coupled

LADDER = Ladder(schedule=1.0, immediate=1.5)
DAYS = 360
DAY = FIRST_DAY + DAYS


@cache
def _series() -> DailySeries:
    return coupled(DAYS)


@cache
def _calibration() -> Calibration:
    history = replay(_series())
    young = replay(_series(), history.days[-40:].tolist())
    fleet = [
        CircuitHistory("P1", "C1", history, replay(_series(), training=_training()), "7"),
        CircuitHistory("P1", "C2", young),
    ]
    return calibrate(fleet, DAY, configured_immediate=1.5)


def _training() -> np.ndarray:
    return _series().between(FIRST_DAY, FIRST_DAY + 30)


def _limits(circuit: str = "C1", **options: object) -> JudgedLimits:
    return limits_for(_calibration(), "P1", circuit, FEATURES, day=DAY, **options)  # type: ignore[arg-type]


def _measured(j: int | None = None, sigmas: float = 0.0) -> Measurement:
    reference, current = _series().reference(DAY), _series().current(DAY).copy()
    if j is not None:
        current[j] += sigmas * reference[j].std()
    return measure(FEATURES, reference, current)


def test_a_day_like_its_past_is_ok() -> None:
    verdict = judge(_measured(), _limits(), LADDER)

    assert verdict.status == "ok"
    assert 0 < verdict.exceedance <= 1
    assert verdict.drifted == ()
    assert "times its limit" in verdict.reason


def test_a_shifted_sensor_drifts_and_its_verdict_says_where_that_shows() -> None:
    verdict = judge(_measured(2, 1.0), _limits(), LADDER)

    assert verdict.status == "drift"
    first = verdict.drifted[0]
    assert first.exceedance == verdict.exceedance > 1.5
    assert (first.feature, first.space) == ("flow", "residual")
    assert first.exceedance == pytest.approx(first.score / first.limit)
    assert verdict.reason.startswith("flow: ")


def test_the_raw_exceedance_of_healthy_sensors_does_not_move_with_a_faulty_one() -> None:
    before, after = (judge(_measured(2, size), _limits(), LADDER).features for size in (0.0, 3.0))

    for healthy in (0, 1, 3):
        assert after[healthy].raw_exceedance == before[healthy].raw_exceedance
        assert after[healthy].exceedance > before[healthy].exceedance
    assert after[2].raw_exceedance > 1.5 > before[2].raw_exceedance
    assert all(each.exceedance >= each.raw_exceedance for each in (*before, *after))


def test_between_the_rungs_is_a_warning() -> None:
    severe = judge(_measured(2, 1.0), _limits(), LADDER).exceedance

    verdict = judge(_measured(2, 1.0), _limits(), Ladder(1.0, severe))

    assert verdict.status == "warn"
    assert verdict.drifted[0].status == "warn"


def test_larger_shifts_have_larger_exceedances() -> None:
    sizes = [0.3, 0.6, 1.0, 2.0, 4.0]
    found = [judge(_measured(1, size), _limits(), LADDER).exceedance for size in sizes]

    assert found == sorted(found)
    assert found[0] < found[-1]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda window: np.full_like(window, np.nan), "0 readings in the current window"),
        (lambda window: np.full_like(window, np.inf), "0 readings in the current window"),
        (lambda window: np.where(np.arange(168) < 100, np.nan, window), "40% of the current"),
    ],
)
def test_a_feature_without_readings_is_never_ok(spoil: object, reason: str) -> None:
    current = _series().current(DAY).copy()
    current[1] = spoil(current[1])  # type: ignore[operator]

    verdict = judge(measure(FEATURES, _series().reference(DAY), current), _limits(), LADDER)

    assert verdict.status == verdict.features[1].status == "insufficient_data"
    assert np.isnan(verdict.features[1].exceedance)
    assert reason in verdict.reason
    assert verdict.features[0].status == "ok"
    assert "current window has too few readings" not in verdict.features[0].reason


def test_a_drifted_sensor_is_not_hidden_by_a_dead_one() -> None:
    current = _series().current(DAY).copy()
    current[1] = np.nan
    current[3] += 3 * current[3].std()

    verdict = judge(measure(FEATURES, _series().reference(DAY), current), _limits(), LADDER)

    assert verdict.status == "drift"
    assert verdict.features[1].status == "insufficient_data"


def test_an_empty_window_is_insufficient_data_for_all_features() -> None:
    nothing = np.empty((4, 0))
    measured = measure(FEATURES, _series().reference(DAY), nothing)

    verdict = judge(measured, _limits(), LADDER)

    assert verdict.status == "insufficient_data"
    assert np.isnan(verdict.exceedance)


def test_a_constant_sensor_that_moves_drifts_and_one_that_does_not_is_ok() -> None:
    reference, current = np.array(_series().reference(DAY)), _series().current(DAY).copy()
    reference[0] = current[0] = 4.0
    still = judge(measure(FEATURES, reference, current), _limits(), LADDER)
    current[0] = 4.5
    moved = judge(measure(FEATURES, reference, current), _limits(), LADDER)

    assert still.features[0].status == "ok"
    assert "not judged by the other features: the reference is constant" in still.features[0].reason
    assert moved.features[0].status == "drift"


@pytest.mark.parametrize(
    ("circuit", "options", "reason"),
    [
        ("C2", {}, "33 past runs, 300 are needed"),
        ("C3", {}, "the circuit has not been calibrated"),
        ("C1", {"model_version": "8"}, "limits are of model version 7, not 8"),
    ],
)
def test_a_circuit_without_limits_of_its_own_is_warming_up_and_still_measured(
    circuit: str, options: dict[str, object], reason: str
) -> None:
    verdict = judge(_measured(2, 3.0), _limits(circuit, **options), LADDER)

    assert verdict.status == "warming_up"
    assert verdict.exceedance > 1.5
    assert verdict.drifted == ()
    assert reason in verdict.reason


def test_a_fleet_without_history_warms_up_on_the_weeks_of_its_reference() -> None:
    empty = calibrate([], DAY, configured_immediate=1.5)
    blocks = block_limits(_series(), DAY)

    without = limits_for(empty, "P1", "C1", FEATURES, day=DAY)
    limits = limits_for(empty, "P1", "C1", FEATURES, day=DAY, blocks=blocks)

    assert judge(_measured(), without, LADDER).status == "warming_up"
    assert np.isnan(judge(_measured(), without, LADDER).exceedance)
    assert judge(_measured(), limits, LADDER).exceedance > 0


def test_one_feature_with_a_short_history_keeps_the_circuit_from_ok() -> None:
    limits = _limits()
    rolling = limits.rolling.copy()
    rolling[3] = np.nan

    verdict = judge(_measured(), replace(limits, rolling=rolling), LADDER)

    assert verdict.status == verdict.features[3].status == "warming_up"
    assert verdict.features[0].status == "ok"


def test_the_training_snapshot_is_reported_and_does_not_decide() -> None:
    far = _training() + 1e3
    measured = measure(FEATURES, far, _series().current(DAY))

    verdict = judge(_measured(), _limits(), LADDER, training=measured)

    assert verdict.status == "ok"
    assert {f.status for f in verdict.training} == {"drift"}
    assert {f.reference for f in verdict.training} == {"training"}
    assert verdict.training_exceedance > 1.5 > verdict.exceedance


def test_a_calibration_that_knows_the_future_is_refused() -> None:
    with pytest.raises(ValueError, match=r"later than the run of"):
        limits_for(_calibration(), "P1", "C1", FEATURES, day=DAY - 1)


def test_a_circuit_without_features_is_an_error() -> None:
    nothing = measure([], np.empty((0, 700)), np.empty((0, 168)))
    limits = JudgedLimits(np.empty((0, 4)), np.empty((0, 4)), None)

    verdict = judge(nothing, limits, LADDER)

    assert (verdict.status, verdict.reason) == ("error", "the circuit has no features")
    assert np.isnan(verdict.exceedance)


def test_statuses_are_those_of_the_records() -> None:
    assert set(get_args(Status)) == {
        *("ok", "warn", "drift", "insufficient_data", "stale", "error", "warming_up")
    }
