"""The regression of each sensor on the others, compiled.

A library for linear algebra would start threads of its own for products of this size; they wait for
each other while the circuits' threads want the same cores, and their sums depend on the machine.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.compiling import compiled

FloatArray = NDArray[np.float64]

_LANES: Final = 8
"""Sums that are taken side by side, as wide as vector instructions are."""
_BLOCK: Final = 512
"""Rows of readings looked at together, a multiple of the lanes: they stay in the nearest cache."""


@compiled
def moments(
    values: FloatArray,
    center: FloatArray,
    scale: FloatArray,
    bound: float,
    mean: FloatArray,
    covariance: FloatArray,
) -> int:
    """Write mean and covariance of standardised values, cut at the bound; count complete columns.

    A column in which a value is not finite is left out.
    """
    features, columns = values.shape
    block = np.empty((features, _BLOCK))
    sums = np.zeros((features, _LANES))
    products = np.zeros((features, features, _LANES))
    complete = 0
    for start in range(0, columns, _BLOCK):
        filled = _standardised(values[:, start : start + _BLOCK], center, scale, bound, block)
        complete += filled
        block[:, filled:] = 0.0  # adds nothing
        for i in range(features):
            for k in range(0, filled, _LANES):
                for lane in range(_LANES):
                    sums[i, lane] += block[i, k + lane]
            for j in range(i + 1):
                for k in range(0, filled, _LANES):
                    for lane in range(_LANES):
                        products[i, j, lane] += block[i, k + lane] * block[j, k + lane]
    for i in range(features):
        mean[i] = sums[i].sum() / max(complete, 1)
        for j in range(i + 1):
            covariance[i, j] = products[i, j].sum() / max(complete, 1) - mean[i] * mean[j]
            covariance[j, i] = covariance[i, j]
    return complete


@compiled
def _standardised(
    values: FloatArray, center: FloatArray, scale: FloatArray, bound: float, block: FloatArray
) -> int:
    """Write complete columns, standardised and cut at the bound, to the front; count them."""
    features, columns = values.shape
    for i in range(features):
        for k in range(columns):
            block[i, k] = (values[i, k] - center[i]) / scale[i]
    filled = 0
    for k in range(columns):
        total = 0.0
        for i in range(features):
            total += block[i, k]
        if not abs(total) < np.inf:
            continue
        for i in range(features):
            block[i, filled] = min(max(block[i, k], -bound), bound)
        filled += 1
    return filled


@compiled
def fill_residuals(
    values: FloatArray, center: FloatArray, weights: FloatArray, result: FloatArray
) -> None:
    """Write `weights @ (values - center)`, NaN for columns in which a value is not finite."""
    features, columns = values.shape
    for start in range(0, columns, _BLOCK):
        left = result[start : start + _BLOCK]
        left[:] = 0.0
        for j in range(features):
            row = values[j, start : start + _BLOCK]
            for k in range(row.size):
                left[k] += weights[j] * (row[k] - center[j])
        for k in range(left.size):
            if not abs(left[k]) < np.inf:
                left[k] = np.nan
