"""How far the distribution of current values is from that of reference values.

Values that are not finite are no readings: they are left out and counted. Where either side has no
finite value, every statistic is NaN and its count is 0; whoever decides looks at the counts first.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from monitoring.drift import _kernel
from monitoring.drift._kernel import compare_sorted
from monitoring.drift._pvalues import fill_pvalues
from monitoring.drift._sorting import sort_finite

FloatArray = NDArray[np.float64]
IntegerArray = NDArray[np.int64]
Readings = NDArray[np.float64] | NDArray[np.float32]
Statistic = Literal[
    "ks_statistic",
    "ks_pvalue",
    "wasserstein_distance",
    "normalized_wasserstein_distance",
    "psi",
    "jensen_shannon_distance",
]
_PARTS: Final[dict[Statistic, int]] = {
    "ks_statistic": _kernel.KS,
    "ks_pvalue": _kernel.KS,
    "wasserstein_distance": _kernel.WASSERSTEIN,
    "normalized_wasserstein_distance": _kernel.WASSERSTEIN,
    "psi": _kernel.PSI,
    "jensen_shannon_distance": _kernel.JENSEN_SHANNON,
}
STATISTICS: Final = tuple(_PARTS)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far current values are from reference values.

    Statistics are NaN where a side is empty or where they were not asked for. Where n_reference
    and n_current are above 0, those asked for are numbers, of which only
    normalized_wasserstein_distance can be infinite (wasserstein_distance too, beyond 1.8e308).
    """

    ks_statistic: float
    """Largest difference of the two empirical distribution functions, 0 to 1, no unit.

    Equal to that of scipy.stats.ks_2samp. https://doi.org/10.1214/aoms/1177730256
    """
    ks_pvalue: float
    """Chance of so large a ks_statistic for independent readings of one distribution, 0 to 1.

    Asymptotic, as ks_2samp(method="asymp") has it: the distribution of the one-sample statistic of
    round(n m / (n + m)) readings, https://doi.org/10.18637/jss.v039.i11. Readings of a sensor are
    not independent, so it is far too small for them: no evidence on its own.
    """
    wasserstein_distance: float
    """Mean distance that values move, at least 0, in the unit of the readings.

    The integral of |F - G| over the values, equal to scipy.stats.wasserstein_distance to 1e-12 of
    the largest magnitude. https://doi.org/10.1007/s00440-014-0577-0 (p = 1)
    """
    normalized_wasserstein_distance: float
    """wasserstein_distance over the spread of the reference, at least 0, no unit.

    The spread is the interquartile range over 1.349, which is the standard deviation of normal
    values and is not moved by glitches; at least the resolution that was given. Where the
    interquartile range is 0, the range of the middle 80 %, 90 %, 98 % or of all readings is taken,
    the first that is not, over what it is for normal values (2.563, 3.290, 4.653, 4.653).
    Infinite where the reference is constant, no resolution was given and the current differs.
    """
    psi: float
    """Population stability index, at least 0, no unit, natural logarithm.

    Sum of (q - p) ln(q / p) over bins between the deciles of the reference, each closed on the
    right, the outer ones open, equal edges merged. Where the lowest edge is the least reading
    (many are equal to it, or all), what lies below it has a bin of its own, as what lies above the
    greatest has. p and q are smoothed by half a reading in each bin (Jeffreys), so none is 0.
    https://doi.org/10.1057/s41278-019-00143-6
    """
    jensen_shannon_distance: float
    """Square root of the Jensen-Shannon divergence of base 2, 0 to 1, symmetric, no unit.

    Over bins that hold a tenth each of the mixture in which both sides weigh the same, equal edges
    merged. Bins of equal width would be as wide as one glitch makes them and see nothing else;
    these only depend on the order of readings, and are fine wherever either side is dense: bins
    between deciles of the reference alone see far less of what happens within one of them.
    https://doi.org/10.1109/TIT.2003.813506
    """
    n_reference: int
    """Finite reference values."""
    n_current: int
    """Finite current values."""
    coverage_reference: float
    """Share of the given reference values that are finite; 0 where none is given."""
    coverage_current: float
    """Share of the given current values that are finite; 0 where none is given."""


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Comparisons of many pairs: the fields of `Comparison`, each an array with one value a row."""

    ks_statistic: FloatArray
    ks_pvalue: FloatArray
    wasserstein_distance: FloatArray
    normalized_wasserstein_distance: FloatArray
    psi: FloatArray
    jensen_shannon_distance: FloatArray
    n_reference: NDArray[np.int64]
    n_current: NDArray[np.int64]
    coverage_reference: FloatArray
    coverage_current: FloatArray

    def __len__(self) -> int:
        return len(self.n_reference)

    def __getitem__(self, row: int) -> Comparison:
        return Comparison(*(getattr(self, field.name)[row].item() for field in fields(self)))

    def __iter__(self) -> Iterator[Comparison]:
        return (self[row] for row in range(len(self)))


def compare(reference: Readings, current: Readings, *, resolution: float = 0.0) -> Comparison:
    """Compare two arrays of one dimension, which stay as they are.

    Args:
        reference: float64 or float32, in any order.
        current: as reference.
        resolution: smallest difference that the sensor can tell, in the unit of the readings; the
            least scale that differences are normalized by.

    Raises:
        TypeError: an argument is no array of float64 or float32.
        ValueError: an array has not one dimension, or the resolution is negative or not finite.
    """
    for name, values in (("reference", reference), ("current", current)):
        _check(name, values, dimensions=1)
    return compare_many(reference[np.newaxis], current[np.newaxis], resolution=resolution)[0]


def compare_many(
    reference: Readings,
    current: Readings,
    *,
    resolution: float | FloatArray = 0.0,
    statistics: Collection[Statistic] = STATISTICS,
) -> Comparisons:
    """Compare row by row, such as the features of a circuit, or days of its history.

    The given arrays stay as they are; eight bytes a value are needed beside them. Almost all of it
    runs without Python's global lock, so threads on arrays of their own scale.

    Args:
        reference: float64 or float32 of two dimensions; a row's values in any order. Rows of
            unlike lengths are filled up with NaN, which counts against their coverage.
        current: as reference; as many rows.
        resolution: as for `compare`, one for all rows or one for each.
        statistics: what is wanted; the others stay NaN and cost nothing.

    Raises:
        TypeError: an argument is no array of float64 or float32.
        ValueError: an array has not two dimensions, numbers of rows differ, a statistic is unknown
            or a resolution is negative or not finite.
    """
    _check("reference", reference, dimensions=2)
    _check("current", current, dimensions=2)
    rows = len(reference)
    if len(current) != rows:
        raise ValueError(f"reference has {rows} rows but current has {len(current)}")
    scale = np.broadcast_to(np.asarray(resolution, np.float64), rows)
    if not (np.isfinite(scale) & (scale >= 0)).all():
        raise ValueError(f"resolution is {resolution}, not a finite number of at least 0")
    return compare_pairs(zip(reference, current, scale, strict=True), statistics=statistics)


def compare_pairs(
    pairs: Iterable[tuple[Readings, Readings, float]],
    *,
    statistics: Collection[Statistic] = STATISTICS,
) -> Comparisons:
    """Compare pair by pair: what is sorted of one stays in the processor's cache until compared.

    Args:
        pairs: reference and current of one dimension, and their resolution, as for `compare`.
        statistics: as for `compare_many`.

    Raises:
        ValueError: a statistic is unknown.
    """
    unknown = [name for name in statistics if name not in _PARTS]
    if unknown:
        raise ValueError(f"there is no statistic {unknown[0]!r}; known are {', '.join(STATISTICS)}")
    wanted = 0
    for name in statistics:
        wanted |= _PARTS[name]
    rows = []
    for reference, current, resolution in pairs:
        ours, theirs = np.empty(reference.size), np.empty(current.size)
        n, m = sort_finite(reference, ours), sort_finite(current, theirs)
        row = np.full(5, np.nan)
        if n > 0 and m > 0:
            compare_sorted(ours[:n], theirs[:m], resolution, wanted, row)
        rows.append((*row, n, m, n / max(reference.size, 1), m / max(current.size, 1)))
    return _comparisons(np.array(rows).reshape(-1, 9), statistics)


def _comparisons(rows: FloatArray, statistics: Collection[Statistic]) -> Comparisons:
    ks_statistic, distance, normalized, psi, jensen_shannon, *coverages = rows.T
    n, m = (counts.astype(np.int64) for counts in coverages[:2])
    missing = np.full(len(rows), np.nan)
    return Comparisons(
        ks_statistic if "ks_statistic" in statistics else missing,
        _ks_pvalue(ks_statistic, n, m) if "ks_pvalue" in statistics else missing,
        distance if "wasserstein_distance" in statistics else missing,
        normalized if "normalized_wasserstein_distance" in statistics else missing,
        psi,
        jensen_shannon,
        n,
        m,
        *coverages[2:],
    )


def _ks_pvalue(statistic: FloatArray, n: IntegerArray, m: IntegerArray) -> FloatArray:
    # Of one reading each nothing can be said: they always differ as much as distributions can.
    result = np.where(n * m == 1, 1.0, np.nan)
    known = (n * m > 1) & ~np.isnan(statistic)
    readings = np.round(n[known] * m[known] / (n[known] + m[known])).astype(np.float64)
    pvalues = np.empty(len(readings))
    fill_pvalues(statistic[known], readings, pvalues)
    result[known] = pvalues
    return result


def _check(name: str, values: object, *, dimensions: int) -> None:
    wanted = "not an array of float64 or float32"
    if not isinstance(values, np.ndarray) or isinstance(values, np.ma.MaskedArray):
        raise TypeError(f"{name} is a {type(values).__name__}, {wanted}")
    if values.dtype not in (np.float64, np.float32):
        raise TypeError(f"{name} is an array of {values.dtype}, {wanted}")
    if values.ndim != dimensions:
        raise ValueError(f"{name} has {values.ndim} dimensions, not {dimensions}")
