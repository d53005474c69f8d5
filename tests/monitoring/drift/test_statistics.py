import math
from dataclasses import fields, replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import ks_2samp, wasserstein_distance

from monitoring.drift import _kernel
from monitoring.drift.statistics import STATISTICS, Comparison, Statistic, compare, compare_many

FloatArray = NDArray[np.float64]

KINDS = [
    "normal",
    "shifted",
    "whole numbers",
    "tenths",
    "one constant",
    "both constant",
    "heavy tails",
    "two scales",
    "negative zeros",
    "huge",
    "subnormal",
    "with gaps",
]


def pair(kind: str, n: int, m: int, random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    x, y = random.normal(size=n), random.normal(size=m)
    match kind:
        case "shifted":
            return x + 230, y + 229.5
        case "whole numbers":
            return np.round(x), np.round(y)
        case "tenths":
            return np.round(x, 1), np.round(y + 0.3, 1)
        case "one constant":
            return np.full(n, 0.25), y
        case "both constant":
            return np.full(n, 0.25), np.full(m, 0.1 * random.integers(4))
        case "heavy tails":
            return random.standard_cauchy(n), np.exp(4 * y)
        case "two scales":
            return np.where(x > 0, 1e-9 * x, 230 + x), np.where(y > 0, 1e-9 * y, 230 - y)
        case "negative zeros":
            return np.round(x) * -0.0, np.round(y) * 0.0
        case "huge":
            return x * 1e300, y * 1e300
        case "subnormal":
            return x * 1e-310, y * 1e-310
        case "with gaps":
            x[random.random(n) < 0.3] = np.nan
            y[random.random(m) < 0.3] = random.choice([np.nan, np.inf, -np.inf])
    return x, y


def assert_equals_scipy(x: FloatArray, y: FloatArray) -> None:
    comparison = compare(x, y)
    x, y = x[np.isfinite(x)], y[np.isfinite(y)]
    assert (comparison.n_reference, comparison.n_current) == (len(x), len(y))
    if not len(x) or not len(y):
        return
    scale = max(abs(x).max(), abs(y).max())
    # Each of scipy's own terms is off by up to the smallest number there is.
    tolerance = 1e-12 * scale + 5e-324 * (len(x) + len(y))
    expected = wasserstein_distance(x, y)
    assert abs(comparison.wasserstein_distance - expected) <= tolerance
    alone = len(x) + len(y) == 2  # scipy divides by 0 then
    test = ks_2samp(x, y, method="exact" if alone else "asymp")
    assert comparison.ks_statistic == test.statistic
    if not alone:
        assert comparison.ks_pvalue == pytest.approx(test.pvalue, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_equal_those_of_scipy(kind: str) -> None:
    random = np.random.default_rng(KINDS.index(kind))
    for most in (3, 30, 300, 3000):
        for _ in range(25):
            n, m = random.integers(1, most, size=2)
            assert_equals_scipy(*pair(kind, n, m, random))


@pytest.mark.parametrize("kind", KINDS)
def test_a_circuit_of_minutes_equals_scipy(kind: str) -> None:
    random = np.random.default_rng(KINDS.index(kind))
    assert_equals_scipy(*pair(kind, 43_200, 10_080, random))
    assert_equals_scipy(*pair(kind, 10_081, 43_199, random))


def test_autocorrelated_readings_equal_scipy() -> None:
    steps = np.random.default_rng(0).normal(size=53_280)
    walk = np.cumsum(steps)
    assert_equals_scipy(walk[:43_200], walk[43_200:])


ANY = st.floats(allow_subnormal=True)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
# Multiples of a quarter of which sums and products with powers of two are exact.
EXACT = st.integers(-400, 400).map(lambda quarters: quarters / 4)


def samples(values: st.SearchStrategy[float], least: int = 1) -> st.SearchStrategy[FloatArray]:
    return st.lists(values, min_size=least, max_size=40).map(lambda v: np.array(v, dtype=float))


@given(samples(EXACT), samples(EXACT))
def test_any_readings_equal_scipy(x: FloatArray, y: FloatArray) -> None:
    assert_equals_scipy(x, y)


@given(samples(ANY, 0), samples(ANY, 0))
def test_every_statistic_is_a_number_in_its_range_unless_a_side_is_empty(
    x: FloatArray, y: FloatArray
) -> None:
    comparison = compare(x, y)
    statistics = [getattr(comparison, name) for name in STATISTICS]
    if not np.isfinite(x).any() or not np.isfinite(y).any():
        assert all(math.isnan(statistic) for statistic in statistics)
        return
    assert not any(math.isnan(statistic) for statistic in statistics)
    assert all(statistic >= 0 for statistic in statistics)
    assert max(comparison.ks_statistic, comparison.ks_pvalue) <= 1
    assert comparison.jensen_shannon_distance <= 1
    assert math.isfinite(comparison.psi)


@given(samples(ANY, 0), samples(ANY, 0), st.randoms(use_true_random=False))
def test_the_order_of_readings_changes_nothing(
    x: FloatArray, y: FloatArray, random: Random
) -> None:
    shuffled_x, shuffled_y = x.tolist(), y.tolist()
    random.shuffle(shuffled_x)
    random.shuffle(shuffled_y)
    shuffled = compare(np.array(shuffled_x, float), np.array(shuffled_y, float))
    assert np.array_equal(as_array(compare(x, y)), as_array(shuffled), equal_nan=True)


def as_array(comparison: Comparison) -> FloatArray:
    return np.array([getattr(comparison, field.name) for field in fields(comparison)], float)


@pytest.mark.parametrize("value", [0.75, 0.1, -3.3, 1e300, 5e-324])
@pytest.mark.parametrize("count", [1, 2, 3, 100])
def test_a_constant_reference_has_no_scale(value: float, count: int) -> None:
    found = compare(np.full(count, value), np.array([value * 2]))

    assert found.normalized_wasserstein_distance == math.inf


@given(samples(EXACT), samples(EXACT), st.integers(-1000, 1000), st.integers(-8, 8))
def test_only_the_wasserstein_distance_has_a_unit(
    x: FloatArray, y: FloatArray, shift: int, exponent: int
) -> None:
    before = compare(x, y)
    after = compare(x * 2.0**exponent + shift, y * 2.0**exponent + shift)
    distance = before.wasserstein_distance * 2.0**exponent
    assert after.wasserstein_distance == pytest.approx(distance, rel=1e-9, abs=1e-12)
    in_new_unit = replace(before, wasserstein_distance=after.wasserstein_distance)
    assert as_array(after) == pytest.approx(as_array(in_new_unit), rel=1e-9)


@given(samples(EXACT), samples(EXACT), st.sampled_from([-1072, 1017]))
def test_the_least_and_greatest_numbers_are_compared_like_others(
    x: FloatArray, y: FloatArray, exponent: int
) -> None:
    """Their differences overflow, or have no digits left."""
    unit = math.ldexp(1, exponent)
    usual, extreme = compare(x, y, resolution=0.5), compare(x * unit, y * unit, resolution=unit / 2)
    in_new_unit = replace(usual, wasserstein_distance=0.0)
    told = replace(extreme, wasserstein_distance=0.0)
    assert as_array(told) == pytest.approx(as_array(in_new_unit), rel=1e-9)
    if exponent > 0 and usual.wasserstein_distance < 127:  # else it overflows itself
        distance = extreme.wasserstein_distance / unit
        assert distance == pytest.approx(usual.wasserstein_distance, rel=1e-12)


@given(samples(EXACT), samples(EXACT))
def test_the_statistics_that_are_symmetric(x: FloatArray, y: FloatArray) -> None:
    one, other = compare(x, y), compare(y, x)
    assert one.ks_statistic == other.ks_statistic
    assert one.ks_pvalue == other.ks_pvalue
    assert one.jensen_shannon_distance == other.jensen_shannon_distance
    distance = other.wasserstein_distance
    assert one.wasserstein_distance == pytest.approx(distance, rel=1e-12, abs=1e-300)


@given(samples(FINITE))
def test_readings_are_at_no_distance_from_themselves(x: FloatArray) -> None:
    comparison = compare(x, x)
    distances = replace(comparison, ks_pvalue=0.0, n_reference=0, n_current=0)
    assert as_array(distances)[:6].tolist() == [0, 0, 0, 0, 0, 0]
    assert comparison.ks_pvalue == 1


@given(samples(EXACT), samples(EXACT), samples(EXACT))
def test_a_detour_is_not_shorter(x: FloatArray, y: FloatArray, z: FloatArray) -> None:
    for name in ("ks_statistic", "wasserstein_distance"):
        direct = getattr(compare(x, z), name)
        detour = getattr(compare(x, y), name) + getattr(compare(y, z), name)
        assert direct <= detour + 1e-9


COUNTS = st.lists(st.tuples(st.integers(1, 500), st.integers(1, 500)), min_size=2, max_size=12)


@given(COUNTS, st.data())
def test_psi_falls_or_stays_when_bins_merge(
    counts: list[tuple[int, int]], data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(counts) - 1))
    fine = np.array(counts).T
    coarse = np.add.reduceat(fine, [i for i in range(len(counts)) if i != k], axis=1)
    psi = _kernel.population_stability_index
    assert psi(coarse[0], coarse[1], 0.0) <= psi(fine[0], fine[1], 0.0) + 1e-12


def test_psi_is_that_of_the_definition() -> None:
    reference = np.arange(100.0)
    current = np.concatenate([np.arange(10.0), np.full(30, 95.0), [-5.0] * 5, [1000.0] * 5])
    # One decile each of the reference; below 10, from 90 and what is outside, of 50.
    p = np.full(10, 10.5) / 105
    q = np.array([15.5, *[0.5] * 8, 35.5]) / 55
    assert compare(reference, current).psi == pytest.approx(((q - p) * np.log(q / p)).sum())


def test_the_jensen_shannon_distance_is_that_of_the_definition() -> None:
    reference, current = np.array([1.0, 1.0, 2.0, 3.0]), np.array([2.0, 3.0, 3.0, 4.0, 4.0, 4.0])
    p, q = np.array([2, 1, 1, 0]) / 4, np.array([0, 1, 2, 3]) / 6
    middle = (p + q) / 2
    divergence = 0.5 * sum((s[s > 0] * np.log2(s[s > 0] / middle[s > 0])).sum() for s in (p, q))
    distance = compare(reference, current).jensen_shannon_distance
    assert distance == pytest.approx(math.sqrt(divergence))


def test_edges_hold_a_like_share_of_the_mixture_though_both_sides_have_them() -> None:
    edges = np.empty(10)
    count = _kernel.mixture_edges(np.arange(20.0), np.repeat(np.arange(20.0), 3), edges)
    assert edges[:count].tolist() == [1, 3, 5, 7, 9, 11, 13, 15, 17]


def test_distributions_apart_have_the_largest_distance() -> None:
    comparison = compare(np.arange(50.0), np.arange(100.0, 120.0))
    assert comparison.ks_statistic == 1
    assert comparison.jensen_shannon_distance == pytest.approx(1)


@pytest.mark.parametrize(("share", "least"), [(0.2, 0.22), (0.4, 0.72)])
def test_psi_counts_what_is_outside_the_reference(share: float, least: float) -> None:
    """The document's bins lose readings that are saturated far outside: .047 and .206."""
    random = np.random.default_rng(3)
    reference, current = random.normal(size=43_200), random.normal(size=10_080)
    current[: int(share * 10_080)] = 50
    bins = np.array([0.1 * (1 - share)] * 9 + [0.1 * (1 - share) + share])
    expected = ((bins - 0.1) * np.log(bins / 0.1)).sum()
    assert compare(reference, current).psi == pytest.approx(expected, rel=0.05)
    assert expected > least
    assert compare(reference, -current).psi == pytest.approx(expected, rel=0.05)


def test_a_glitch_does_not_blind() -> None:
    random = np.random.default_rng(4)
    reference, current = random.normal(size=43_200), random.normal(size=10_080) + 0.5
    before = compare(reference, current)
    reference[77] = 1e4
    after = compare(reference, current)
    assert after.jensen_shannon_distance == pytest.approx(before.jensen_shannon_distance, abs=1e-3)
    assert after.psi == pytest.approx(before.psi, abs=1e-3)
    # The glitch adds its own way, 1e4 / 43,200, but the scale stays.
    assert after.normalized_wasserstein_distance > before.normalized_wasserstein_distance
    assert before.normalized_wasserstein_distance == pytest.approx(0.5, abs=0.02)


def test_psi_of_quantised_readings_sees_a_shift() -> None:
    random = np.random.default_rng(5)
    reference = np.round(random.normal(size=43_200))
    current = np.round(random.normal(size=10_080) + 0.6)
    values = np.unique(np.concatenate([reference, current]))
    shares = [np.array([(s == v).mean() for v in values]) + 1e-6 for s in (reference, current)]
    finest = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()
    assert 0.8 * finest < compare(reference, current).psi <= finest


@pytest.mark.parametrize("moved", [-1.0, 1.0, 1e-9, -1e-9])
def test_a_constant_sensor_that_moves_is_infinitely_far(moved: float) -> None:
    comparison = compare(np.zeros(100), np.full(50, moved))
    assert comparison.normalized_wasserstein_distance == math.inf
    assert comparison.psi > 5
    assert comparison.ks_statistic == comparison.jensen_shannon_distance == 1


def test_a_constant_sensor_that_stays_has_no_distance() -> None:
    comparison = compare(np.full(100, 7.0), np.full(50, 7.0))
    assert comparison.normalized_wasserstein_distance == 0
    assert comparison.ks_statistic == comparison.jensen_shannon_distance == 0
    assert comparison.psi < 0.01


def test_the_resolution_is_the_least_scale() -> None:
    constant, moved = np.zeros(100), np.full(50, 0.3)
    assert compare(constant, moved, resolution=0.1).normalized_wasserstein_distance == (
        pytest.approx(3)
    )
    wide = np.arange(1000.0)
    assert compare(wide, wide + 9) == compare(wide, wide + 9, resolution=0.1)


def test_the_scale_is_that_of_normal_readings() -> None:
    reference = np.random.default_rng(6).normal(20, 3, size=50_000)
    distance = compare(reference, reference + 6).normalized_wasserstein_distance
    assert distance == pytest.approx(2, rel=0.02)
    quartiles = np.percentile(reference, [25, 75])
    assert distance == pytest.approx(6 * 1.349 / np.diff(quartiles)[0], rel=1e-12)


def test_a_switch_that_is_mostly_off_has_a_scale() -> None:
    off_and_on = np.array([0.0] * 80 + [10.0] * 20)
    comparison = compare(off_and_on, np.array([0.0] * 60 + [10.0] * 40))
    assert comparison.normalized_wasserstein_distance == pytest.approx(2 / (10 / 2.563))


def test_gaps_are_left_out_and_counted() -> None:
    random = np.random.default_rng(7)
    reference, current = random.normal(size=300), random.normal(size=100)
    gappy = np.insert(reference, [0, 9, 9, 300], [np.nan, np.inf, -np.inf, np.nan])
    comparison = compare(gappy, np.append(current, [np.nan] * 300))
    assert comparison.coverage_reference == 300 / 304
    assert comparison.coverage_current == 0.25
    assert replace(comparison, coverage_reference=1.0, coverage_current=1.0) == (
        compare(reference, current)
    )


@pytest.mark.parametrize("empty", [[], [np.nan] * 4, [np.inf, -np.inf]])
def test_an_empty_side_has_no_statistics_but_its_counts(empty: list[float]) -> None:
    for reference, current in ((empty, [1.0, 2.0]), ([1.0, 2.0], empty), (empty, empty)):
        comparison = compare(np.array(reference, float), np.array(current, float))
        assert np.isnan(as_array(comparison)[:6]).all()
        assert comparison.n_reference == (2 if reference is not empty else 0)
        assert comparison.n_current == (2 if current is not empty else 0)
        assert comparison.coverage_reference == (1 if reference is not empty else 0)


def test_one_reading_each_is_no_evidence() -> None:
    assert compare(np.array([1.0]), np.array([2.0])).ks_pvalue == 1


def test_arrays_stay_as_they_are_and_may_be_views() -> None:
    table = np.random.default_rng(8).normal(size=(500, 3))
    before = table.copy()
    table.flags.writeable = False
    column = compare(table[:300, 1], table[::-2, 1])
    assert np.array_equal(table, before)
    assert column == compare(before[:300, 1].copy(), before[::-2, 1].copy())


def test_single_precision_is_compared_as_it_is() -> None:
    x, y = np.random.default_rng(9).normal(230, 1, size=(2, 700)).astype(np.float32)
    assert compare(x, y) == compare(x.astype(np.float64), y.astype(np.float64))


def test_many_rows_are_compared_as_each_is() -> None:
    random = np.random.default_rng(10)
    reference, current = random.normal(size=(4, 900)), random.normal(size=(4, 200))
    reference[1, ::3], current[2] = np.nan, np.nan
    many = compare_many(reference, current)
    assert len(many) == 4
    for row, comparison in enumerate(many):
        single = compare(reference[row], current[row])
        assert np.array_equal(as_array(comparison), as_array(single), equal_nan=True)


def test_no_rows_are_no_comparisons() -> None:
    assert list(compare_many(np.empty((0, 5)), np.empty((0, 3)))) == []


@pytest.mark.parametrize("wanted", STATISTICS)
def test_only_what_is_wanted_is_told(wanted: Statistic) -> None:
    reference, current = np.random.default_rng(11).normal(size=(2, 2, 300))
    everything = compare_many(reference, current)
    some = compare_many(reference, current, statistics=[wanted])
    for name in STATISTICS:
        told = getattr(some, name)
        if name == wanted:
            assert np.array_equal(told, getattr(everything, name))
        else:
            assert np.isnan(told).all()
    assert some.n_current.tolist() == [300, 300]


GOOD = np.zeros(3)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([1.0, 2.0], "current is a list, not an array of float64 or float32"),
        (None, "current is a NoneType, not an array of float64 or float32"),
        (np.arange(3), "current is an array of int64, not an array of float64 or float32"),
        (np.array(["a"]), "current is an array of <U1, not an array of float64 or float32"),
        (np.array([1.0, None]), "current is an array of object, not an array of float64 or flo"),
        (np.ma.masked_equal([1.0, 2.0], 2.0), "current is a MaskedArray, not an array of float"),
    ],
)
def test_what_is_no_array_of_readings_is_refused(bad: FloatArray, message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}"):
        compare(GOOD, bad)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="reference has 2 dimensions, not 1"):
        compare(np.zeros((2, 2)), GOOD)
    with pytest.raises(ValueError, match="current has 1 dimensions, not 2"):
        compare_many(np.zeros((2, 2)), GOOD)
    with pytest.raises(ValueError, match="reference has 2 rows but current has 3"):
        compare_many(np.zeros((2, 2)), np.zeros((3, 2)))


def test_wrong_settings_are_refused() -> None:
    for resolution in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="resolution"):
            compare(GOOD, GOOD, resolution=resolution)
    with pytest.raises(ValueError, match="there is no statistic 'ks'; known are ks_statistic, "):
        compare_many(np.zeros((1, 2)), np.zeros((1, 2)), statistics=["ks"])  # type: ignore[list-item]
