import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.drift.scores import exceedances, largest, measure
from tests.monitoring.drift.circuits import FEATURES, coupled


def test_both_statistics_of_a_space_have_to_be_over_their_limits() -> None:
    limits = np.ones(4)

    found = exceedances(np.array([[2.0, 0.5, 3.0, 1.2], [1.5, 1.8, 0.2, 9.0]]), limits)

    assert found.tolist() == [[0.5, 1.2], [1.5, 0.2]]
    assert largest(found).tolist() == [1.2, 1.5]


def test_a_missing_score_or_limit_is_no_exceedance_rather_than_none_found() -> None:
    scores = np.array([[np.nan, 5.0, 0.5, 0.5], [1.0, 1.0, 1.0, 1.0]])
    limits = np.array([[1.0, 1.0, 1.0, 1.0], [np.nan, 1.0, 1.0, np.nan]])

    found = exceedances(scores, limits)

    np.testing.assert_array_equal(found, [[np.nan, 0.5], [np.nan, np.nan]])
    np.testing.assert_array_equal(largest(found), [0.5, np.nan])


def test_nothing_is_over_an_infinite_limit() -> None:
    scores = np.array([[np.inf, 9.0, 0.0, 0.0], [7.0, 9.0, 0.0, 0.0]])
    limits = np.array([np.inf, 1.0, 1.0, 1.0])

    assert exceedances(scores, limits)[:, 0].tolist() == [1.0, 0.0]


def test_a_thin_feature_has_no_scores() -> None:
    readings = coupled(37)
    reference, current = readings.between(20_000, 20_030), readings.between(20_030, 20_037).copy()
    current[0, : current.shape[1] * 6 // 10] = np.nan

    measured = measure(FEATURES, reference, current)

    assert np.isnan(measured.scores[0]).all()
    assert np.isfinite(measured.scores[1:]).all()
    assert measured.residual_reasons[0] == "the current window has too few readings"


def test_a_feature_alone_is_scored_in_raw_space_only() -> None:
    readings = coupled(37).values[:1]

    scores = measure(["flow"], readings[:, :720], readings[:, 720:]).scores

    assert np.isfinite(scores[0, :2]).all()
    assert np.isnan(scores[0, 2:]).all()


def test_rows_have_to_be_as_many_as_features() -> None:
    with pytest.raises(ValueError, match=r"2 features but 4 rows of reference and 4 of current"):
        measure(["a", "b"], np.zeros((4, 9)), np.zeros((4, 9)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3), st.floats(0.0, 3.0), st.floats(0.1, 3.0))
def test_a_larger_shift_never_lowers_the_exceedance_of_its_sensor(
    j: int, size: float, more: float
) -> None:
    readings = coupled(37).values
    reference, current = readings[:, :720], np.array(readings[:, 552:720])

    def exceedance(sigmas: float) -> float:
        shifted = current.copy()
        shifted[j] += sigmas * reference[j].std()
        scores = measure(FEATURES, reference, shifted, statistics=()).scores
        return float(largest(exceedances(scores, np.full(4, 0.2)))[j])

    # The current window is a week of the reference: no shift is the least distance but for the
    # week's own, which a small shift may make up for.
    assert exceedance(size + more) >= exceedance(size) - 0.35
    assert exceedance(size + 3) > exceedance(0)
