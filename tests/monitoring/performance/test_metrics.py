"""Each measure against its formula, and what must hold of it for any numbers."""

from math import isnan, nan, sqrt
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitoring.performance.metrics import (
    Scale,
    mae,
    mape,
    mase,
    measure,
    naive_forecast,
    r2,
    rmse,
    wape,
)
from monitoring.sensors import FloatArray, MicrosecondArray

DAY_US = 86_400_000_000
NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: round(x, 6))
Pair = tuple[FloatArray, FloatArray]


@st.composite
def pairs(draw: st.DrawFn, numbers: st.SearchStrategy[float] = NUMBERS) -> Pair:
    size = draw(st.integers(2, 40))
    values = [draw(st.lists(numbers, min_size=size, max_size=size)) for _ in range(2)]
    return np.array(values[0]), np.array(values[1])


@given(pairs())
def test_measures_are_what_their_formulas_say(pair: Pair) -> None:
    predicted, actual = pair
    errors = [abs(p - a) for p, a in zip(predicted.tolist(), actual.tolist(), strict=True)]
    mean = sum(actual.tolist()) / actual.size
    varies = sum((a - mean) ** 2 for a in actual.tolist())
    scale = Scale.of(actual)

    assert mae(predicted, actual) == pytest.approx(sum(errors) / len(errors))
    assert rmse(predicted, actual) == pytest.approx(sqrt(sum(e * e for e in errors) / len(errors)))
    if min(abs(actual)) > 0.02 * scale.size:
        ratios = [e / abs(a) for e, a in zip(errors, actual.tolist(), strict=True)]
        assert mape(predicted, actual, scale) == pytest.approx(sum(ratios) / len(ratios))
    if scale.size > 0:
        total = sum(abs(a) for a in actual.tolist())
        assert wape(predicted, actual, scale) == pytest.approx(sum(errors) / total)
    if scale.spread > 1e-6 * (1 + scale.size):
        expected = 1 - sum(e * e for e in errors) / varies
        assert r2(predicted, actual, scale) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(pairs())
def test_measures_stay_in_their_ranges(pair: Pair) -> None:
    predicted, actual = pair
    found = measure(predicted, actual, _naive(actual), Scale.of(actual))

    assert 0 <= found.mae <= found.rmse * (1 + 1e-12)
    assert isnan(found.r2) or found.r2 <= 1
    assert all(isnan(each) or each >= 0 for each in (found.mape, found.wape, found.mase))


@given(pairs(), st.randoms(use_true_random=False))
def test_the_order_of_pairs_says_nothing(pair: Pair, random: Random) -> None:
    predicted, actual = pair
    order = list(range(actual.size))
    random.shuffle(order)
    scale = Scale.of(actual)

    naive = _naive(actual)
    there = measure(predicted, actual, naive, scale)
    back = measure(predicted[order], actual[order], naive[order], scale)

    for name in ("mae", "rmse", "mape", "r2", "wape", "mase"):
        assert getattr(back, name) == pytest.approx(getattr(there, name), nan_ok=True)


@given(pairs(), st.sampled_from([0.001, 0.5, 8.0, 1000.0]))
def test_another_unit_changes_errors_and_no_ratio(pair: Pair, unit: float) -> None:
    predicted, actual = pair
    # Where a value lies right on the edge of having a meaning, rounding may decide.
    smallest, scale = np.abs(actual).min(), Scale.of(actual)
    assume(abs(smallest - 0.01 * scale.size) > 1e-9 * scale.size or scale.size == 0)

    plain = measure(predicted, actual, _naive(actual), scale)
    other = measure(
        unit * predicted,
        unit * actual,
        _naive(unit * actual),
        Scale.of(unit * actual),
    )

    assert other.mae == pytest.approx(unit * plain.mae)
    assert other.rmse == pytest.approx(unit * plain.rmse)
    for name in ("mape", "r2", "wape", "mase"):
        assert getattr(other, name) == pytest.approx(
            getattr(plain, name), nan_ok=True, rel=1e-6, abs=1e-9
        )


@given(pairs(st.integers(-1000, 1000).map(float)), st.sampled_from([-1e5, 1e3, 1e6]))
def test_another_zero_changes_neither_the_error_nor_r2(pair: Pair, shift: float) -> None:
    predicted, actual = pair

    assert mae(predicted + shift, actual + shift) == mae(predicted, actual)
    assert rmse(predicted + shift, actual + shift) == rmse(predicted, actual)
    assert r2(predicted + shift, actual + shift, Scale.of(actual + shift)) == pytest.approx(
        r2(predicted, actual, Scale.of(actual)), nan_ok=True, rel=1e-5
    )


@given(pairs())
def test_a_perfect_forecast_makes_no_error(pair: Pair) -> None:
    actual = pair[1]
    found = measure(actual, actual, _naive(actual), Scale.of(actual))

    assert (found.mae, found.rmse) == (0, 0)
    assert found.r2 == 1 or isnan(found.r2)
    assert all(isnan(each) or each == 0 for each in (found.mape, found.wape, found.mase))


def test_without_pairs_every_measure_is_undefined() -> None:
    nothing = np.empty(0)

    found = measure(nothing, nothing, nothing, Scale.of(nothing))

    assert all(isnan(getattr(found, name)) for name in found.__slots__)


@pytest.mark.parametrize("level", [0.0, 5.0, -1e9, 0.1])
def test_constant_actuals_leave_nothing_to_explain(level: float) -> None:
    actual = np.full(100, level)

    found = measure(actual + 0.1, actual, _naive(actual), Scale.of(actual))

    assert isnan(found.r2)
    assert isnan(found.mase)
    assert found.mae == pytest.approx(0.1)
    assert isnan(found.mape) == isnan(found.wape) == (level == 0)


def test_a_week_of_standstill_gives_no_absurd_ratio() -> None:
    """Noise around zero: a small error is many times as much, and says nothing of the model."""
    rng = np.random.default_rng(0)
    running, still = 10 + rng.normal(0, 1, 700), rng.normal(0, 0.01, 168)
    scale = Scale.of(np.concatenate([running, still]))

    found = measure(still + 0.02, still, _naive(still), scale)

    assert isnan(found.r2)
    assert isnan(found.mape)
    assert isnan(found.wape)
    assert found.mae == pytest.approx(0.02)
    assert r2(still + 0.02, still, Scale.of(still)) < -3, "which it would be by itself"


def test_one_actual_near_zero_takes_the_meaning_from_mape_alone() -> None:
    actual = np.array([10.0, 12.0, 0.001, 11.0])
    scale = Scale.of(actual)

    assert isnan(mape(actual + 1, actual, scale))
    assert wape(actual + 1, actual, scale) == pytest.approx(4 / 33.001)


def test_the_naive_forecast_is_the_day_before_where_there_is_one() -> None:
    hours = np.arange(72)
    times = hours * DAY_US // 24
    wave: FloatArray = np.sin(hours * 2 * np.pi / 24) + np.floor(
        hours / 24
    )  # a day like the other, and 1 higher

    whole, first = naive_forecast(times, times, wave), naive_forecast(times[:24], times, wave)
    assert isnan(whole[0])
    assert whole[24:] == pytest.approx(wave[:48])
    assert first[1:] == pytest.approx(wave[:23]), "the last one before, as no day before is known"
    assert np.isnan(naive_forecast(times, times[:0], wave[:0])).all()
    assert naive_forecast(times[:0], times, wave).size == 0


def test_the_naive_forecast_takes_actuals_of_the_days_before_the_window() -> None:
    times = _hourly(192)
    labels = np.arange(192.0)

    assert naive_forecast(times[24:], times, labels) == pytest.approx(labels[:168])


def test_mase_is_one_for_a_model_as_good_as_the_naive_forecast() -> None:
    actual = np.array([1.0, 3.0, 2.0, 5.0])

    assert mase(actual + 2, actual, _naive(actual)) == pytest.approx(1.0)


def test_mase_compares_errors_of_the_same_pairs() -> None:
    actual = np.array([1.0, 3.0, 2.0, 5.0])
    wrong = np.array([1000.0, 0.0, 2.0, 2.0])

    naive = np.array([nan, 1.0, 3.0, 2.0])

    assert mase(wrong, actual, naive) == pytest.approx((3 + 0 + 3) / (2 + 1 + 3))
    assert isnan(mase(wrong, actual, np.full(4, nan)))


def _naive(actual: FloatArray) -> FloatArray:
    times = _hourly(actual.size)
    return naive_forecast(times, times, actual)


def _hourly(rows: int) -> MicrosecondArray:
    return np.arange(rows) * (DAY_US // 24)
