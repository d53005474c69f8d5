"""Statistics of two ascending arrays of finite values, compiled, without Python's global lock.

All of them share one sort. `statistics.py` says what each one means.
"""

import math
import warnings
from collections.abc import Callable
from typing import Final, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Readings = NDArray[np.float64] | NDArray[np.float32]
Function = TypeVar("Function", bound=Callable[..., object])

KS, WASSERSTEIN, PSI, JENSEN_SHANNON = 1, 2, 4, 8
"""Parts of a comparison that take their own time."""
BINS: Final = 10
SMOOTHING: Final = 0.5
_BLOCK: Final = 64
_LARGE: Final[float] = 2.0**900
_SMALL: Final[float] = 2.0**-900
_FAR: Final[float] = 2.0**200
_CORES: Final = ((0.25, 1.349), (0.1, 2.563), (0.05, 3.290), (0.01, 4.653), (0.0, 4.653))


def compiled(function: Function) -> Function:
    """Compile when first called, for the types it is called with, and keep the machine code.

    It is kept beside this file, else in the user's cache; `NUMBA_CACHE_DIR` names another folder.
    """
    try:
        result = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError as error:  # numba found no folder that it may write into
        warnings.warn(
            f"every process compiles anew: {error}; set NUMBA_CACHE_DIR", RuntimeWarning, 2
        )
        result = njit(nogil=True, error_model="numpy")(function)
    return cast(Function, result)


@compiled
def finite_range(values: Readings) -> tuple[int, int]:
    """Tell where the finite values of a sorted array begin and end; NaN are sorted to the end."""
    low, high = 0, values.size
    while low < high:
        middle = (low + high) // 2
        if values[middle] == -np.inf:
            low = middle + 1
        else:
            high = middle
    first, high = low, values.size
    while low < high:
        middle = (low + high) // 2
        if values[middle] < np.inf:
            low = middle + 1
        else:
            high = middle
    return first, low


@compiled
def count_below(values: Readings, limit: float, low: int, high: int) -> int:
    """Tell how many of a sorted array are below the limit, known to be from `low` to `high`."""
    while low < high:
        middle = (low + high) // 2
        if values[middle] < limit:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def count_up_to(values: Readings, limit: float, low: int, high: int) -> int:
    """Tell how many of a sorted array are at most the limit, known to be from `low` to `high`."""
    while low < high:
        middle = (low + high) // 2
        if values[middle] <= limit:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def ks_statistic(reference: Readings, current: Readings) -> float:
    """Find the largest difference of the two distribution functions, rounded as scipy rounds it.

    It lies at a current value or just before one. Blocks of them are bounded by what is known at
    their ends, and only blocks that can beat the largest difference so far are looked into.
    Rounding is monotone, so the bounds hold for the rounded differences too.
    """
    n, m = reference.size, current.size
    blocks = (m + _BLOCK - 1) // _BLOCK
    below = np.empty(blocks + 1, np.int64)  # reference values below the first value of each block
    below[blocks] = n
    largest, i = 0.0, 0
    for block in range(blocks):
        j = block * _BLOCK
        i = count_below(reference, current[j], i, n)
        below[block] = i
        largest = max(largest, i / n - j / m)
        if j > 0 and current[j - 1] < current[j]:
            largest = max(largest, j / m - i / n)
    for block in range(blocks):
        start = block * _BLOCK
        end = min(start + _BLOCK, m)
        i, last = below[block], below[block + 1]
        if max(end / m - i / n, last / n - start / m) <= largest:
            continue
        up_to = i
        for j in range(start, end):
            while i < n and reference[i] < current[j]:
                i += 1
            up_to = max(up_to, i)
            while up_to < n and reference[up_to] <= current[j]:
                up_to += 1
            largest = max(largest, i / n - j / m, (j + 1) / m - up_to / n)
    return largest


@compiled
def wasserstein_distance(first: Readings, second: Readings) -> float:
    """Integrate the distance of the two quantile functions.

    Extreme magnitudes are scaled by a power of two, so that no sum overflows or loses digits.
    """
    largest = max(abs(first[0]), abs(first[-1]), abs(second[0]), abs(second[-1]))
    if largest > _LARGE:
        distance = _quantile_distance(first / _FAR, second / _FAR)
        return distance * _FAR
    if largest < _SMALL:
        distance = _quantile_distance(first * _FAR, second * _FAR)
        return distance / _FAR
    return _quantile_distance(first, second)


@compiled
def _quantile_distance(first: Readings, second: Readings) -> float:
    """Sum over each value of the smaller sample the distances to its share of the larger one."""
    if first.size < second.size:
        first, second = second, first
    n, m = first.size, second.size
    # Each value of `first` is m units of probability, each of `second` n units.
    total, i, left = 0.0, 0, m
    for j in range(m):
        value, units = float(second[j]), n
        partial = 0.0
        if left < m:
            partial = left / m * abs(first[i] - value)
            units -= left
            i += 1
        whole = units // m
        for k in range(i, i + whole):
            partial += abs(first[k] - value)
        i += whole
        units -= whole * m
        left = m - units
        if units > 0:
            partial += units / m * abs(first[i] - value)
        total += partial
    return total / n


@compiled
def quantile(values: Readings, probability: float) -> float:
    """Interpolate a quantile of a sorted array between its two neighbours, as numpy does."""
    position = probability * (values.size - 1)
    i = min(int(position), values.size - 2)
    if i < 0:
        return float(values[0])
    share = position - i
    return float(values[i]) * (1 - share) + float(values[i + 1]) * share


@compiled
def robust_scale(values: Readings) -> float:
    """Tell the spread of the widest core that is needed to see any, in standard deviations.

    Each core's width is divided by that of a normal distribution's with standard deviation 1.
    """
    for tail, width in _CORES:
        spread = quantile(values, 1 - tail) - quantile(values, tail)
        if spread > 0:
            return spread / width
    return 0.0


@compiled
def quantile_edges(values: Readings, edges: FloatArray) -> int:
    """Write the distinct inner edges of quantile bins and tell how many they are.

    Edges are values of the sample. Where the lowest is the sample's least value, an edge below it
    opens a bin for what lies lower.
    """
    n, count = values.size, 0
    for k in range(1, BINS):
        edge = values[(k * n + BINS - 1) // BINS - 1]
        if count == 0 and edge == values[0]:
            edges[0] = np.nextafter(edge, -np.inf)
            count = 1
        if count == 0 or edge > edges[count - 1]:
            edges[count] = edge
            count += 1
    return count


@compiled
def count_by_bin(values: Readings, edges: FloatArray, counts: NDArray[np.int64]) -> None:
    """Count a sorted array's values in the bins that each include their upper edge."""
    i = 0
    for k in range(edges.size):
        up_to = count_up_to(values, edges[k], i, values.size)
        counts[k] = up_to - i
        i = up_to
    counts[edges.size] = values.size - i


@compiled
def population_stability_index(
    reference: NDArray[np.int64], current: NDArray[np.int64], smoothing: float
) -> float:
    """Sum the differences of the bins' shares, weighted by the logarithms of their ratios."""
    n = reference.sum() + smoothing * reference.size
    m = current.sum() + smoothing * current.size
    index = 0.0
    for k in range(reference.size):
        p, q = (reference[k] + smoothing) / n, (current[k] + smoothing) / m
        index += (q - p) * math.log(q / p)
    return index


@compiled
def mixture_edges(first: Readings, second: Readings, edges: FloatArray) -> int:
    """Write the distinct inner edges of bins that each hold a like share of the mixture of both.

    Both samples weigh the same in it, whatever their sizes.
    """
    n, m, count = first.size, second.size, 0
    for k in range(1, BINS):
        weight = (2 * k * n * m + BINS - 1) // BINS  # of the values up to the edge, of 2 n m
        edge = min(_edge_among(first, second, weight), _edge_among(second, first, weight))
        if count == 0 or edge > edges[count - 1]:
            edges[count] = edge
            count += 1
    return count


@compiled
def _edge_among(values: Readings, others: Readings, weight: int) -> float:
    """Find the least value up to which both samples weigh enough; infinity where none is.

    A value weighs as much as the other sample has values.
    """
    n, m = values.size, others.size
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        needed = (weight - (middle + 1) * m + n - 1) // n
        if needed <= 0 or (needed <= m and others[needed - 1] <= values[middle]):
            high = middle
        else:
            low = middle + 1
    return values[low] if low < n else np.inf


@compiled
def jensen_shannon_distance(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Take the square root of the mean divergence, in bits, from the mixture of both."""
    n, m = first.sum(), second.sum()
    divergence = 0.0
    for k in range(first.size):
        p, q = first[k] / n, second[k] / m
        of_first = p * math.log2(2 * p / (p + q)) if p > 0 else 0.0
        of_second = q * math.log2(2 * q / (p + q)) if q > 0 else 0.0
        divergence += of_first + of_second
    return math.sqrt(min(max(divergence / 2, 0.0), 1.0))


@compiled
def compare_sorted(
    reference: Readings,
    current: Readings,
    resolution: float,
    wanted: int,
    result: FloatArray,
) -> None:
    """Write the wanted statistics of two sorted arrays of finite values, none empty."""
    if wanted & KS:
        result[0] = ks_statistic(reference, current)
    if wanted & WASSERSTEIN:
        result[1] = distance = wasserstein_distance(reference, current)
        scale = max(robust_scale(reference), resolution)
        result[2] = distance / scale if distance > 0 else 0.0
    if wanted & (PSI | JENSEN_SHANNON):
        edges = np.empty(BINS)
        ours, theirs = np.empty(BINS + 1, np.int64), np.empty(BINS + 1, np.int64)
    if wanted & PSI:
        bins = quantile_edges(reference, edges) + 1
        count_by_bin(reference, edges[: bins - 1], ours[:bins])
        count_by_bin(current, edges[: bins - 1], theirs[:bins])
        result[3] = population_stability_index(ours[:bins], theirs[:bins], SMOOTHING)
    if wanted & JENSEN_SHANNON:
        bins = mixture_edges(reference, current, edges) + 1
        count_by_bin(reference, edges[: bins - 1], ours[:bins])
        count_by_bin(current, edges[: bins - 1], theirs[:bins])
        result[4] = jensen_shannon_distance(ours[:bins], theirs[:bins])


@compiled
def compare_sorted_rows(
    reference: Readings,
    current: Readings,
    resolution: FloatArray,
    wanted: int,
    result: FloatArray,
    finite: NDArray[np.int64],
) -> None:
    """Count the finite values of each pair of sorted rows and compare them.

    `result` has a row of five for each pair and stays as it is where a side is empty; `finite`
    has a row of two.
    """
    for row in range(reference.shape[0]):
        start, end = finite_range(reference[row])
        first, last = finite_range(current[row])
        finite[row, 0], finite[row, 1] = end - start, last - first
        if end > start and last > first:
            compare_sorted(
                reference[row, start:end],
                current[row, first:last],
                resolution[row],
                wanted,
                result[row],
            )
