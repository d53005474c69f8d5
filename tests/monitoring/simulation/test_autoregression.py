import numpy as np
from scipy.signal import lfilter

from monitoring.simulation._autoregression import first_order


def test_a_series_is_that_of_a_filter() -> None:
    noise = np.random.default_rng(0).standard_normal(1_000)

    expected, _ = lfilter([0.6], [1, -0.8], noise, zi=[0.8 * 2.5])

    np.testing.assert_array_equal(first_order(noise, 0.6, 0.8, 2.5), expected)
