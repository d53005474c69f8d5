"""Passes over a feature's values, compiled.

Numpy would need many, with Python's global lock in between, which other circuits' threads wait for.
"""

import numpy as np
from numpy.typing import NDArray

from monitoring.compiling import compiled
from monitoring.sensors import FloatArray, MicrosecondArray


@compiled
def fill_stretches(
    times: MicrosecondArray,
    values: FloatArray,
    step: int,
    longest_break: int,
    starts: MicrosecondArray,
    ends: MicrosecondArray,
) -> tuple[int, int]:
    """Write start and end of each stretch of equal values; count stretches and finite values.

    What is not finite is skipped. A longer time without values than `longest_break` ends a stretch.
    """
    count, finite = 0, 0
    value, time = np.nan, np.int64(0)
    for k in range(values.size):
        if not abs(values[k]) < np.inf:
            continue
        finite += 1
        if values[k] != value or times[k] - time > longest_break:
            starts[count] = times[k]
            count += 1
        value, time = values[k], times[k]
        ends[count - 1] = time + step
    return count, finite


@compiled
def fill_samples(
    values: FloatArray,
    edges: NDArray[np.int64],
    bound: float,
    sample: FloatArray,
    counts: NDArray[np.int64],
) -> None:
    """Write evenly spread values of each day, behind them NaN, and count them.

    Values that are not below the bound in magnitude are left out.

    Args:
        values: in order of time.
        edges: of the days, positions in `values`.
        bound: above 0.
        sample: a row per day, as wide as there are values to take of one.
        counts: one per day.
    """
    for day in range(edges.size - 1):
        first, rows, count = edges[day], edges[day + 1] - edges[day], 0
        taken = min(rows, sample.shape[1])
        for place in range(taken):
            value = values[first + place * rows // taken]
            if abs(value) < bound:
                sample[day, count] = value
                count += 1
        sample[day, count:] = np.nan
        counts[day] = count
