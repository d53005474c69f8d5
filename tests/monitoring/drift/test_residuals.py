import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.drift.residuals import RIDGE, ResidualModel, fit_residuals
from tests.monitoring.drift.circuits import coupled


def _readings(rows: int = 720, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    load = rng.normal(size=rows)
    return np.stack([load + 0.1 * rng.normal(size=rows) for _ in range(4)]) * 3 + 10


def _residuals(model: ResidualModel, values: np.ndarray) -> np.ndarray:
    return np.array(list(model.residuals(values))).reshape(values.shape)


def test_residuals_are_those_of_a_ridge_regression_on_all_others() -> None:
    readings = _readings()
    model = fit_residuals(readings)
    scaled = (readings - model.center[:, np.newaxis]) / model.scale[:, np.newaxis]

    residuals = _residuals(model, readings)

    for j in range(4):
        others = np.delete(scaled, j, axis=0)
        gram = others @ others.T / others.shape[1] + RIDGE * np.eye(3)
        beta = np.linalg.solve(gram, others @ scaled[j] / others.shape[1])
        np.testing.assert_allclose(residuals[j], scaled[j] - beta @ others, atol=1e-9)


def test_a_shift_of_a_coupled_sensor_stands_out_of_its_residuals() -> None:
    readings = _readings()
    shifted = readings.copy()
    shifted[1] += readings[1].std()

    model = fit_residuals(readings)
    before, after = _residuals(model, readings)[1], _residuals(model, shifted)[1]

    assert (after - before).mean() > 5 * before.std()


def test_one_glitch_in_the_reference_does_not_bend_the_fit() -> None:
    readings = _readings()
    broken = readings.copy()
    broken[0, 100] = 1e6

    clean = _residuals(fit_residuals(readings), readings)
    bent = _residuals(fit_residuals(broken), readings)

    assert np.abs(clean - bent).max() < 0.3


def test_rows_with_a_missing_reading_are_left_out_of_the_fit_and_have_no_residual() -> None:
    readings = _readings()
    holed = readings.copy()
    holed[2, :70] = np.nan
    holed[3, 70] = np.inf

    model = fit_residuals(holed)
    residuals = _residuals(model, holed)

    assert np.isnan(residuals[:, :71]).all()
    assert np.isfinite(residuals[:, 71:]).all()
    scaled = _residuals(fit_residuals(readings[:, 71:]), readings[:, 71:])
    assert np.abs(residuals[:, 71:] - scaled).max() < 0.1


@pytest.mark.parametrize(
    ("value", "reason"),
    [(np.nan, "the reference has too few readings"), (4.2, "the reference is constant")],
)
def test_a_dead_sensor_has_no_residual_space_and_leaves_the_others_theirs(
    value: float, reason: str
) -> None:
    readings = _readings()
    readings[1] = value

    model = fit_residuals(readings)
    residuals = _residuals(model, readings)

    assert model.reasons == (None, reason, None, None)
    assert np.isnan(residuals[1]).all()
    assert np.isfinite(residuals[[0, 2, 3]]).all()


def test_a_sensor_that_died_since_the_reference_leaves_the_others_theirs() -> None:
    readings = _readings()
    current = readings.copy()
    current[1] = np.nan

    model = fit_residuals(readings, np.array([True, False, True, True]))

    assert model.reasons[1] == "the current window has too few readings"
    assert np.isfinite(_residuals(model, current)[[0, 2, 3]]).all()


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_features_have_no_residual_space(count: int) -> None:
    readings = _readings()[:count]
    model = fit_residuals(readings)

    assert model.reasons == ("no other feature is left to explain it",) * count
    assert np.isnan(_residuals(model, readings)).all()


def test_too_few_complete_rows_are_no_fit() -> None:
    model = fit_residuals(_readings(rows=39))

    assert model.reasons == ("only 39 rows of the reference are complete",) * 4


def test_two_equal_sensors_are_no_error() -> None:
    readings = _readings()
    readings[1] = readings[0]

    residuals = _residuals(fit_residuals(readings), readings)

    assert np.isfinite(residuals).all()
    assert residuals[0].std() < 0.01


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.integers(0, 3))
def test_units_of_a_sensor_do_not_matter(factor: float, offset: float, j: int) -> None:
    readings = coupled(30).values
    converted = readings.copy()
    converted[j] = converted[j] * factor + offset

    expected = _residuals(fit_residuals(readings), readings)
    found = _residuals(fit_residuals(converted), converted)

    np.testing.assert_allclose(found, expected, atol=1e-6)
