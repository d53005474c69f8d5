import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitoring.drift._sorting import sort_finite

FloatArray = NDArray[np.float64]
RANDOM = np.random.default_rng(0)
NORMAL = RANDOM.normal(size=(2, 20_000))

DISTRIBUTIONS: dict[str, FloatArray] = {
    "normal": NORMAL,
    "offset": 230 + NORMAL,
    "sorted": np.sort(NORMAL),
    "descending": -np.sort(NORMAL),
    "constant": np.ones((2, 5000)),
    "constant but for one": np.where(np.arange(10_000).reshape(2, 5000) % 5000 == 4321, 2.0, 0.0),
    "heavy tails": RANDOM.standard_cauchy((2, 20_000)),
    "all magnitudes": np.exp(100 * NORMAL),
    # Each needs the sort by bits: a step of the range holds a great part of the values.
    "two scales": np.where(NORMAL > 0, 1e-9 * NORMAL, 230 + NORMAL),
    "range that overflows": 1.7e308 * np.tanh(5 * NORMAL),
    "glitches in the sample": np.where(np.arange(40_000).reshape(2, -1) % 9 == 0, 1e300, NORMAL),
    "subnormal": 1e-320 * NORMAL,
    "signed zeros": np.round(NORMAL / 4) * 0.0,
}


def assert_sorts(values: NDArray[np.float64] | NDArray[np.float32]) -> None:
    for row in values:
        result = np.empty(row.size)
        count = sort_finite(row, result)
        expected = np.sort(row[np.isfinite(row)]).astype(np.float64)
        assert np.array_equal(result[:count], expected)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_any_distribution_is_sorted(name: str) -> None:
    values = DISTRIBUTIONS[name]
    assert_sorts(values)
    assert_sorts(np.where(RANDOM.random(values.shape) < 0.1, np.nan, values))
    for size in (0, 1, 2, 3, 100, 1000):
        assert_sorts(values[:, :size])


@given(st.lists(st.floats(), max_size=300))
def test_any_values_are_sorted(values: list[float]) -> None:
    assert_sorts(np.array([values], float))


@given(st.lists(st.floats(width=32), max_size=300))
def test_single_precision_is_sorted(values: list[float]) -> None:
    assert_sorts(np.array([values], np.float32))
