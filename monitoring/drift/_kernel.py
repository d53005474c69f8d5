"""Statistics of two ascending arrays of finite values, compiled.

`statistics.py` says what each one means.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.compiling import compiled

FloatArray = NDArray[np.float64]
IntegerArray = NDArray[np.int64]

KS, WASSERSTEIN, PSI, JENSEN_SHANNON = 1, 2, 4, 8
"""Parts of a comparison that take their own time."""
BINS: Final = 10
SMOOTHING: Final = 0.5
_BLOCK, _PART = 64, 8
_LARGE: Final[float] = 2.0**900
_SMALL: Final[float] = 2.0**-900
_FAR: Final[float] = 2.0**200
_CORES: Final = ((0.25, 1.349), (0.1, 2.563), (0.05, 3.290), (0.01, 4.653), (0.0, 4.653))


@compiled
def count_below(values: FloatArray, limit: float, low: int, high: int) -> int:
    """Tell how many of a sorted array are below the limit, known to be from `low` to `high`."""
    while low < high:
        middle = (low + high) // 2
        if values[middle] < limit:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def count_up_to(values: FloatArray, limit: float, low: int, high: int) -> int:
    """Tell how many of a sorted array are at most the limit, known to be from `low` to `high`."""
    while low < high:
        middle = (low + high) // 2
        if values[middle] <= limit:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def ks_statistic(reference: FloatArray, current: FloatArray) -> float:
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
        for part in range(start, end, _PART):
            part_end = min(part + _PART, end)
            until = count_below(reference, current[part_end], i, last) if part_end < end else last
            if max(part_end / m - i / n, until / n - part / m) > largest:
                largest = _largest_difference(reference, current, part, part_end, i, largest)
            i = until
    return largest


@compiled
def _largest_difference(
    reference: FloatArray, current: FloatArray, start: int, end: int, i: int, largest: float
) -> float:
    """Look at each of some current values; `i` reference values are below the first of them."""
    n, m = reference.size, current.size
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
def wasserstein_distance(first: FloatArray, second: FloatArray) -> float:
    """Integrate the distance of the two quantile functions.

    That is a sum over each value of the smaller sample of the distances to its share of the larger
    one, so it takes the same steps whatever the values are.
    """
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
def quantile(values: FloatArray, probability: float) -> float:
    """Interpolate a quantile of a sorted array between its two neighbours, as numpy does."""
    position = probability * (values.size - 1)
    i = min(int(position), values.size - 2)
    if i < 0:
        return float(values[0])
    if values[i] == values[i + 1]:
        return float(values[i])  # the sum below may miss it by a rounding, and be a spread
    share = position - i
    return float(values[i]) * (1 - share) + float(values[i + 1]) * share


@compiled
def robust_scale(values: FloatArray) -> float:
    """Tell the spread of the widest core that is needed to see any, in standard deviations.

    Each core's width is divided by that of a normal distribution's with standard deviation 1.
    """
    for tail, width in _CORES:
        spread = quantile(values, 1 - tail) - quantile(values, tail)
        if spread > 0:
            return spread / width
    return 0.0


@compiled
def quantile_edges(values: FloatArray, edges: FloatArray) -> int:
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
def count_by_bin(values: FloatArray, edges: FloatArray, counts: IntegerArray) -> None:
    """Count a sorted array's values in the bins that each include their upper edge."""
    i = 0
    for k in range(edges.size):
        up_to = count_up_to(values, edges[k], i, values.size)
        counts[k] = up_to - i
        i = up_to
    counts[edges.size] = values.size - i


@compiled
def population_stability_index(
    reference: IntegerArray, current: IntegerArray, smoothing: float
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
def mixture_edges(first: FloatArray, second: FloatArray, edges: FloatArray) -> int:
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
def _edge_among(values: FloatArray, others: FloatArray, weight: int) -> float:
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
def jensen_shannon_distance(first: IntegerArray, second: IntegerArray) -> float:
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
def distances(reference: FloatArray, current: FloatArray, resolution: float) -> tuple[float, float]:
    """Tell the Wasserstein distance, and what it is when divided by the reference's spread.

    Extreme magnitudes are scaled by a power of two, so that no sum overflows or loses digits.
    """
    factor = 1.0
    largest = max(abs(reference[0]), abs(reference[-1]), abs(current[0]), abs(current[-1]))
    if largest > _LARGE:
        factor = 1 / _FAR
    elif largest < _SMALL:
        factor = _FAR
    if factor != 1:
        reference, current, resolution = reference * factor, current * factor, resolution * factor
    distance = wasserstein_distance(reference, current)
    scale = max(robust_scale(reference), resolution)
    return distance / factor, distance / scale if distance > 0 else 0.0


@compiled
def compare_sorted(
    reference: FloatArray,
    current: FloatArray,
    resolution: float,
    wanted: int,
    result: FloatArray,
) -> None:
    """Write the wanted statistics of two sorted arrays of finite values, none empty."""
    if wanted & KS:
        result[0] = ks_statistic(reference, current)
    if wanted & WASSERSTEIN:
        result[1], result[2] = distances(reference, current, resolution)
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
