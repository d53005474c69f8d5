"""Stuck sensors, and coarse ones that only look so."""

from datetime import timedelta

import numpy as np
import pytest

from monitoring.quality import CircuitQuality, QualityStatus, check_circuit
from monitoring.sensors import CircuitReadings, FloatArray
from tests.monitoring.quality.conftest import (
    HOURS_LEFT,
    TIMES,
    WINDOWS,
    Rows,
    between,
    check,
    find,
    last,
    readings,
    requirements,
    walk,
    with_values,
)

QUANTISED = np.round(walk(7, hours=24.0) * 4) / 4
"""Steps of an eighth of a sigma: rests of some rows."""
COARSE = np.round(walk(8, hours=72.0) / 4) * 4
"""Steps of two sigmas and three days of memory: rests of hours."""


def held(values: FloatArray, rows: Rows) -> FloatArray:
    return np.where(rows, values[np.flatnonzero(rows)[0]], values)


def check_temperature(values: FloatArray) -> CircuitQuality:
    return check(with_values("temperature", lambda _: values))


@pytest.mark.parametrize("values", [walk(7), QUANTISED], ids=["fine", "quantised"])
@pytest.mark.parametrize("ends_before", [0.0, 9.0, 17.9])
def test_a_sensor_that_was_stuck_for_six_hours_yesterday_is_found(
    values: FloatArray, ends_before: float
) -> None:
    quality = check_temperature(held(values, between(ends_before + 6, ends_before)))

    flat = find(quality, "flat_line", "temperature")
    assert (quality.status, flat.status) == (QualityStatus.FAILED, QualityStatus.FAILED)
    assert 6.0 <= flat.value <= 6.5
    assert "PLANT001/CIRCUIT01 temperature: the same value for 6." in flat.reason


def test_a_stretch_of_the_day_before_is_found_by_the_run_after_one_that_failed() -> None:
    quality = check_temperature(held(walk(7), between(42, 36)))

    assert find(quality, "flat_line", "temperature").status is QualityStatus.FAILED


def test_a_stretch_that_was_over_before_the_last_two_days_only_warns() -> None:
    quality = check_temperature(held(walk(7), between(60, 54)))

    assert find(quality, "flat_line", "temperature").status is QualityStatus.OK
    share = find(quality, "flat_share", "temperature")
    assert share.value == pytest.approx(6 / 168, abs=1e-3)
    assert quality.status is QualityStatus.WARN


def test_three_flat_days_of_seven_fail_even_if_they_are_over() -> None:
    quality = check_temperature(held(walk(7), between(120, 48)))

    assert find(quality, "flat_share", "temperature").status is QualityStatus.FAILED


@pytest.mark.parametrize("values", [QUANTISED, COARSE], ids=["quantised", "coarse"])
def test_a_sensor_that_rests_by_itself_is_not_stuck(values: FloatArray) -> None:
    flat = find(check_temperature(values), "flat_line", "temperature")

    assert flat.status is QualityStatus.OK
    assert flat.limit > 2.0 or values is QUANTISED


def test_coarse_sensors_raise_no_more_than_the_stated_chance() -> None:
    # 40 sensors, each with rests of 2 to 9 h on average, on 7 runs: .3 would be expected of 1e-3.
    failed = 0
    for seed in range(40):
        values = np.round(walk(100 + seed, hours=36.0) / 2) * 2
        for shift in range(7):
            moved = np.roll(values, shift * 288)
            flat = find(check_temperature(moved), "flat_line", "temperature")
            failed += flat.status is QualityStatus.FAILED
    assert failed <= 2


def test_a_set_point_that_was_changed_once_a_month_ago_is_not_stuck() -> None:
    # The second longest stretch of the reference is a day; that it changed once in 30 says more.
    values = np.where(HOURS_LEFT > 24 * 36, 1.0, 2.0)

    assert find(check_temperature(values), "flat_line", "temperature").status is QualityStatus.OK


def test_a_coarse_sensor_that_is_stuck_is_still_found_in_days() -> None:
    quality = check_temperature(held(COARSE, last(160)))

    assert find(quality, "flat_line", "temperature").status is QualityStatus.FAILED


def test_a_plant_that_rests_each_weekend_is_not_stuck() -> None:
    is_weekend = (HOURS_LEFT // 24) % 7 < 2

    resting = np.where(is_weekend, 0.0, walk(7))
    assert find(check_temperature(resting), "flat_line", "temperature").status is QualityStatus.OK


def test_one_stuck_stretch_in_the_reference_does_not_hide_the_next() -> None:
    values = held(held(walk(7), between(500, 470)), between(10, 4))

    assert find(check_temperature(values), "flat_line", "temperature").status is (
        QualityStatus.FAILED
    )


def test_rows_that_are_missing_end_a_stretch() -> None:
    values = held(walk(7), between(10, 4))
    values[between(8.5, 7) | between(6.5, 5)] = np.nan

    assert find(check_temperature(values), "flat_line", "temperature").value < 2.0


def test_nulls_within_a_stretch_do_not_hide_it() -> None:
    values = held(walk(7), between(10, 4))
    values[np.arange(TIMES.size) % 3 == 0] = np.nan

    flat = find(check_temperature(values), "flat_line", "temperature")
    assert flat.status is QualityStatus.FAILED


def test_a_feature_that_never_changes_warns_and_is_not_called_stuck() -> None:
    quality = check_temperature(np.full(TIMES.size, 3.0))

    assert quality.status is QualityStatus.WARN
    assert find(quality, "constant", "temperature").reason == (
        "PLANT001/CIRCUIT01 temperature: every value of the current window is the same."
    )


def test_a_constant_that_begins_to_move_warns() -> None:
    quality = check_temperature(np.where(HOURS_LEFT > 168, 60.0, walk(7)))

    assert "was constant in the whole reference" in find(quality, "constant", "temperature").reason
    assert quality.status is QualityStatus.WARN


def test_without_a_reference_the_current_window_says_how_long_the_sensor_rests() -> None:
    values = {
        "temperature": held(walk(7), last(6)),
        "pressure": np.round(walk(8, hours=72.0) / 2) * 2,
    }
    rows = HOURS_LEFT <= 168

    quality = check(readings(values, rows))

    assert find(quality, "flat_line", "temperature").status is QualityStatus.FAILED
    assert find(quality, "flat_line", "pressure").value > 2.0
    assert find(quality, "flat_line", "pressure").status is QualityStatus.OK
    assert find(quality, "unit_jump", "pressure").status is QualityStatus.WARN


def test_an_hourly_sensor_needs_more_than_a_few_equal_values() -> None:
    hourly = np.arange(TIMES.size) % 12 == 0
    values = walk(7)[hourly]
    values[-4:] = values[-4]
    given = CircuitReadings("PLANT001", "CIRCUIT01", TIMES[hourly], {"temperature": values}, {})
    asked = requirements(("temperature",), timedelta(hours=1))

    quality = check_circuit(given, asked, WINDOWS)
    assert find(quality, "flat_line", "temperature").status is QualityStatus.OK
    values[-12:] = values[-12]
    quality = check_circuit(given, asked, WINDOWS)
    assert find(quality, "flat_line", "temperature").status is QualityStatus.FAILED
