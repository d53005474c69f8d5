"""Null, type-error, out-of-bounds and infinite values, and the gate they close."""

from datetime import timedelta
from math import inf, nan

import numpy as np
import pytest

from monitoring.quality import QualityStatus
from monitoring.sensors import CircuitReadings
from tests.monitoring.quality.conftest import (
    CALM,
    FEATURES,
    TIMES,
    Rows,
    between,
    check,
    find,
    last,
    readings,
    requirements,
    with_values,
)

EVERY_THIRD = np.arange(TIMES.size) % 10 < 3


def replaced(rows: Rows, value: float) -> CircuitReadings:
    return with_values("temperature", lambda v: np.where(rows, value, v))


def test_a_calm_circuit_passes_without_a_word() -> None:
    quality = check(readings())

    assert (quality.status, quality.passes, quality.reasons) == (QualityStatus.OK, True, ())
    assert quality.rows == 7 * 288
    assert quality.coverage == 1.0
    assert quality.largest("null_rate") == 0.0


def test_nulls_of_the_last_day_alone_close_the_gate() -> None:
    quality = check(replaced(EVERY_THIRD & last(24), nan))

    assert quality.status is QualityStatus.FAILED
    assert not quality.passes
    assert quality.reasons == (
        "PLANT001/CIRCUIT01 temperature: 30.2% of the cells of the last day hold no number; "
        "the limit is 5.0% (default).",
    )
    assert find(quality, "null_rate", "pressure").status is QualityStatus.OK
    ((feature, failed),) = quality.failures()
    assert (feature, failed.name) == ("temperature", "null_rate")
    assert failed.exceedance == failed.value / 0.05


def test_a_day_of_few_rows_is_not_judged_by_itself() -> None:
    hourly = np.arange(TIMES.size) % 12 == 0
    nulls = last(3) & hourly
    values = {**CALM, "temperature": np.where(nulls, nan, CALM["temperature"])}

    quality = check(readings(values, hourly), requirements(sample_every=timedelta(hours=1)))

    assert find(quality, "null_rate", "temperature").value == pytest.approx(3 / 168)
    assert quality.passes


def test_nulls_of_earlier_days_count_over_the_window() -> None:
    quality = check(replaced(between(120, 48), nan))

    null_rate = find(quality, "null_rate", "temperature")
    assert null_rate.value == pytest.approx(72 / 168, abs=1e-3)
    assert "of the current window" in null_rate.reason


def test_nulls_of_the_reference_are_no_matter() -> None:
    assert check(replaced(HOURS_BEFORE, nan)).largest("null_rate") == 0.0


HOURS_BEFORE = between(600, 168)


def test_a_rate_near_its_limit_warns_and_passes() -> None:
    nulls = (np.arange(TIMES.size) % 22 == 0) & last(168)

    quality = check(replaced(nulls, nan))

    assert 0.04 < find(quality, "null_rate", "temperature").value <= 0.05
    assert (quality.status, quality.passes) == (QualityStatus.WARN, True)


def test_the_circuits_own_limit_holds() -> None:
    given = replaced(EVERY_THIRD & last(24), nan)

    assert check(given, requirements(null_rate=0.35)).passes


def test_type_errors_are_at_most_the_missing_numbers_of_the_window() -> None:
    nulls = np.arange(TIMES.size) % 50 == 0
    values = {**CALM, "temperature": np.where(nulls, nan, CALM["temperature"])}
    errors = int(np.count_nonzero(nulls))

    quality = check(readings(values, type_errors={"temperature": errors}))

    type_errors = find(quality, "type_error_rate", "temperature")
    assert type_errors.value == pytest.approx(0.02, abs=1e-3)
    assert type_errors.status is QualityStatus.FAILED
    assert "hold something else than a number" in type_errors.reason


def test_values_beyond_the_physical_limit_close_the_gate() -> None:
    quality = check(replaced(EVERY_THIRD & last(24), 181.0))

    assert find(quality, "out_of_bounds_rate", "temperature").status is QualityStatus.FAILED
    assert "outside -inf to 180" in find(quality, "out_of_bounds_rate", "temperature").reason
    assert check(replaced(EVERY_THIRD & last(24), 180.0)).largest("out_of_bounds_rate") == 0.0


def test_a_value_above_a_limit_is_no_news_for_a_feature_that_has_none() -> None:
    given = with_values("pressure", lambda v: np.where(EVERY_THIRD, 181.0, v))

    assert find(check(given), "out_of_bounds_rate", "pressure").value == 0.0


def test_infinite_values_are_out_of_bounds_and_a_warning_even_if_few() -> None:
    few = replaced(last(0.2), inf)
    assert check(few).status is QualityStatus.WARN
    assert find(check(few), "infinite_values", "temperature").value == 2

    many = check(replaced(EVERY_THIRD & last(24), -inf))
    assert find(many, "out_of_bounds_rate", "temperature").status is QualityStatus.FAILED


def test_a_feature_without_any_value_fails_and_nothing_of_it_is_ok_by_default() -> None:
    quality = check(replaced(last(24 * 40), nan))

    assert quality.status is QualityStatus.FAILED
    assert find(quality, "null_rate", "temperature").value == 1.0
    for name in ("out_of_bounds_rate", "flat_line", "flat_share", "unit_jump", "constant"):
        assert find(quality, name, "temperature").status is not QualityStatus.OK


def test_a_missing_column_is_an_error_that_names_it() -> None:
    quality = check(readings(), requirements((*FEATURES, "vibration")))

    assert (quality.status, quality.passes) == (QualityStatus.ERROR, False)
    assert quality.reasons == ("PLANT001/CIRCUIT01 vibration: the data have no such column.",)


def test_readings_of_another_circuit_are_refused() -> None:
    other = CircuitReadings("PLANT001", "CIRCUIT02", TIMES, CALM, {})

    with pytest.raises(ValueError, match="PLANT001/CIRCUIT02 judged as PLANT001/CIRCUIT01"):
        check(other)
