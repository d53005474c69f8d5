"""Changes of units, told from shifts, scales and failures."""

from collections.abc import Callable

import numpy as np
import pytest

from monitoring.quality import Check, QualityStatus
from monitoring.sensors import FloatArray
from tests.monitoring.quality.conftest import (
    HOURS_LEFT,
    TIMES,
    between,
    check,
    find,
    last,
    walk,
    with_values,
)

Change = Callable[[FloatArray], FloatArray]


def jump(values: FloatArray) -> Check:
    return find(check(with_values("temperature", lambda _: values)), "unit_jump", "temperature")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("x 10)", lambda v: v * 10),
        ("x 1,000)", lambda v: v * 1000),
        ("/ 10)", lambda v: v / 10),
        ("Celsius to Fahrenheit", lambda v: v * 1.8 + 32),
        ("Fahrenheit to Celsius", lambda v: (v - 32) / 1.8),
        ("Celsius to kelvin", lambda v: v + 273.15),
        ("bar to psi", lambda v: v * 14.503774),
    ],
)
@pytest.mark.parametrize("days", [1, 3, 7])
def test_a_change_of_units_is_found_and_named(name: str, change: Change, days: int) -> None:
    values = walk(3)

    found = jump(np.where(last(24 * days), change(values), values))

    assert found.status is QualityStatus.FAILED
    assert found.value == days
    assert name in found.reason
    assert f"the first 2026-03-{10 - days:02}" in found.reason


def test_a_change_during_a_day_is_found_on_the_next_one() -> None:
    values = walk(3)

    assert jump(np.where(last(36), values * 10, values)).value == 1


def test_a_change_that_began_in_the_reference_is_still_found() -> None:
    values = walk(3)

    assert jump(np.where(last(24 * 9), values * 10, values)).value == 7


def test_a_change_that_was_undone_fails_while_its_days_are_in_the_window() -> None:
    values = walk(3)

    assert jump(np.where(between(96, 72), values * 10, values)).status is QualityStatus.FAILED


def test_a_sensor_around_zero_is_told_by_its_range() -> None:
    values = walk(3, level=0.0, hours=0.2)

    assert jump(np.where(last(48), values * 10, values)).value == 2


def test_a_coarse_sensor_changes_its_unit_too() -> None:
    values = np.round(walk(3) / 2) * 2

    assert jump(np.where(last(48), values * 10, values)).value == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda v: v, id="nothing"),
        pytest.param(lambda v: v + 3 * 2.0, id="shift of 3 sigmas"),
        pytest.param(lambda v: v + 30 * 2.0, id="shift of 30 sigmas"),
        pytest.param(lambda v: 60 + (v - 60) * 1.5, id="range x 1.5"),
        pytest.param(lambda v: v * 1.5, id="gain of 1.5"),
        pytest.param(lambda v: v * 0.0, id="zero"),
        pytest.param(lambda v: v * 0.0 + 60, id="stuck"),
        pytest.param(lambda v: v * 0.0 + 600, id="saturated"),
    ],
)
def test_other_faults_are_no_change_of_units(change: Change) -> None:
    values = walk(3)

    assert jump(np.where(last(72), change(values), values)).value == 0


def test_a_fall_that_takes_hours_to_a_tenth_is_no_change_of_units() -> None:
    values = walk(3)
    fading = np.clip((HOURS_LEFT - 48) / 12, 0.1, 1.0)

    assert jump(values * fading).value == 0


def test_a_sensor_that_is_mostly_zero_has_no_unit_to_change() -> None:
    values = np.zeros(TIMES.size)
    values[last(48)] = np.abs(walk(3))[last(48)]

    assert jump(values).value == 0


def test_a_sensor_that_is_off_on_most_days_has_no_unit_to_change() -> None:
    is_on = (HOURS_LEFT // 24) % 3 == 0
    values = np.where(is_on, walk(3), 0.0)

    assert jump(np.where(is_on & last(168), values * 8, values)).value == 0


def test_days_that_are_always_different_are_no_change_of_units() -> None:
    weekly = np.where((HOURS_LEFT // 24) % 7 == 1, walk(3) * 10, walk(3))

    assert jump(weekly).value == 0
