"""Rows become pairs: whatever is wrong with them is left out, and counted."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.performance.joining import Pairs
from monitoring.performance.matching import Forecasts, Labels
from tests.monitoring.performance.rows import HOURS, WINDOWS, actuals, hour, predictions

WHOLE = WINDOWS.whole


def test_a_prediction_meets_the_actual_of_its_target_time_at_every_horizon() -> None:
    made = predictions([3, 1, 1, 2], [30, 10, 11, 20], horizon=[60, 60, 120, 60])
    happened = actuals([2, 1], [200, 100])

    pairs = Pairs.of(Forecasts.of(made, WHOLE), Labels.of(happened, WHOLE))

    assert pairs.times.tolist() == [hour(1), hour(1), hour(2)]
    assert pairs.horizons.tolist() == [60, 120, 60]
    assert pairs.predicted.tolist() == [10, 11, 20]
    assert pairs.actual.tolist() == [100, 100, 200]


def test_of_actuals_that_come_twice_equal_ones_count_once_and_contradicting_ones_not() -> None:
    found = Labels.of(actuals([2, 1, 1, 2, 3, 2], [20, 10, 10, 20, 30, 21]), WHOLE)

    assert found.times.tolist() == [hour(1), hour(3)]
    assert found.values.tolist() == [10, 30]
    assert (found.repeated, found.contradicting, found.unusable) == (1, 3, 0)


def test_of_predictions_that_come_twice_the_last_stored_one_counts() -> None:
    found = Forecasts.of(predictions([2, 1, 2, 1], [1, 2, 3, 4], horizon=[60, 60, 60, 30]), WHOLE)

    assert found.values.tolist() == [4, 2, 3]
    assert found.repeated == 1


def test_without_horizons_the_last_prediction_of_a_time_counts() -> None:
    found = Forecasts.of(predictions([2, 2, 1], [1, 2, 3], horizon=nan), WHOLE)

    assert found.values.tolist() == [3, 2]
    assert found.repeated == 1


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e300, -1e99, 1e15])
def test_what_is_no_number_is_left_out(value: float) -> None:
    forecasts = Forecasts.of(predictions([1, 2], [value, 5]), WHOLE)
    labels = Labels.of(actuals([1, 2], [value, 5]), WHOLE)

    assert forecasts.values.tolist() == labels.values.tolist() == [5]
    assert forecasts.unusable == labels.unusable == 1


def test_predictions_from_after_their_target_time_are_no_forecasts() -> None:
    late = predictions([1, 2, 3], [1, 2, 3], issued=[1.5, 2, nan])
    negative = predictions([1], [1], horizon=-60.0, issued=[nan])

    assert Forecasts.of(late, WHOLE).values.tolist() == [2, 3]
    assert Forecasts.of(late, WHOLE).skewed == 1
    assert Forecasts.of(negative, WHOLE).skewed == 1


def test_only_targets_of_the_days_looked_at_have_matured() -> None:
    hours = [-1, 0, HOURS - 1, HOURS, HOURS + 5]

    forecasts = Forecasts.of(predictions(hours, [1] * 5), WHOLE)
    labels = Labels.of(actuals(hours, [1] * 5), WHOLE)

    assert forecasts.times.tolist() == labels.times.tolist() == [hour(0), hour(HOURS - 1)]


ROWS = st.lists(
    st.tuples(st.integers(0, 8), st.sampled_from([30.0, 60.0, nan]), st.integers(0, 3)), max_size=25
)


@given(ROWS)
def test_forecasts_are_those_of_a_plain_dictionary(rows: list[tuple[int, float, int]]) -> None:
    made = predictions(
        [r[0] for r in rows], [float(r[2]) for r in rows], horizon=np.array([r[1] for r in rows])
    )
    expected = {(hour(at), str(horizon)): float(value) for at, horizon, value in rows}

    found = Forecasts.of(made, WHOLE)

    keys = zip(found.times.tolist(), map(str, found.horizons.tolist()), strict=True)
    assert dict(zip(keys, found.values.tolist(), strict=True)) == expected
    assert found.times.tolist() == sorted(found.times.tolist())
    assert found.repeated == len(rows) - len(expected)


@given(ROWS, st.lists(st.integers(0, 9), max_size=10))
def test_labels_are_those_of_a_plain_dictionary(
    rows: list[tuple[int, float, int]], asked: list[int]
) -> None:
    said: dict[int, set[float]] = {}
    for at, _, value in rows:
        said.setdefault(hour(at), set()).add(float(value))
    agreed = {at: min(values) for at, values in said.items() if len(values) == 1}

    found = Labels.of(actuals([r[0] for r in rows], [float(r[2]) for r in rows]), WHOLE)

    assert dict(zip(found.times.tolist(), found.values.tolist(), strict=True)) == agreed
    assert found.repeated + found.contradicting + len(agreed) == len(rows)
    times = np.array([hour(at) for at in asked], np.int64)
    wanted = [agreed.get(at, nan) for at in times.tolist()]
    np.testing.assert_array_equal(found.at(times), np.array(wanted, float))
