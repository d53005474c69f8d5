"""P-values of the Kolmogorov-Smirnov statistic, compiled.

scipy.stats.kstwo.sf sums one term for each reading and takes up to 10 ms for one statistic; most of
the terms are nothing, and the others change so slowly that a few of them tell the sum. Importing it
takes most of a second.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.compiling import compiled

FloatArray = NDArray[np.float64]

_HALF_LOG_2_PI: Final = 0.9189385332046727
_PI: Final = math.pi
_LARGE: Final[float] = 2.0**128
_LARGE_EXPONENT: Final = 128


@compiled
def fill_pvalues(statistics: FloatArray, readings: FloatArray, pvalues: FloatArray) -> None:
    """Write the chance of larger statistics of so many readings.

    The ranges are about those that scipy.stats.kstwo.sf chooses among, after Simard and L'Ecuyer,
    https://doi.org/10.18637/jss.v039.i11, which also gives both ends.
    """
    for k in range(statistics.size):
        n, x = readings[k], statistics[k]
        squared = n * x * x
        if n * x <= 0.5:
            pvalues[k] = 1.0
        elif x >= 1 or (n > 140 and squared >= 370 and x < 0.5):
            pvalues[k] = 0.0
        elif n * x >= n - 1:
            pvalues[k] = 2 * (1 - x) ** n
        elif n * x > 1 and (x >= 0.5 or squared >= (2.2 if n > 140 else 4.0)):
            pvalues[k] = min(2 * one_sided(n, x), 1.0)
        elif n > 140 and (n > 100000 or n * x**1.5 > 1.4):
            pvalues[k] = 1 - pelz_good(n, x)
        else:
            pvalues[k] = 1 - durbin(n, x)


@compiled
def one_sided(n: float, x: float) -> float:
    """Tell the chance that the one-sided statistic of n readings is above x, not near 0 or 1.

    The sum of https://doi.org/10.1214/aoms/1177729550, x C(n, v) (x + v/n)^(v-1) (1-x-v/n)^(n-v)
    over v from 0 to n (1 - x). Its terms form a bump that is smooth on the scale of its width, so
    a trapezoid rule of wider steps tells the same.
    """
    last = math.floor(n * (1 - x))
    center, width = n * (1 - x) / 2, math.sqrt(n / (16 * x * x))
    step = max(math.floor(width / 16), 1.0)
    total, v = 0.0, float(math.floor(center))
    peak = _term(n, x, v)
    while v <= last:
        term = _term(n, x, v)
        total += term
        if term < peak * 1e-18:
            break
        v += step
    v = math.floor(center) - step
    while v >= 0:
        term = _term(n, x, v)
        total += term
        if term < peak * 1e-18:
            break
        v -= step
    return min(x * step * total, 1.0)


@compiled
def _term(n: float, x: float, v: float) -> float:
    """Tell a term over x, from logarithms in which nothing large cancels."""
    share, rest = v / n, (n - v) / n
    if rest - x <= 0:
        return 0.0
    if v == 0:
        return math.exp(n * math.log1p(-x)) / x
    exponent = v * math.log1p(x / share) + (n - v) * math.log1p(-x / rest)
    correction = _stirling(n) - _stirling(v) - _stirling(n - v)
    return math.exp(exponent + correction) * math.sqrt(n / (2 * _PI * v * (n - v))) / (x + share)


@compiled
def _stirling(n: float) -> float:
    """Tell by how much ln n! is above Stirling's formula."""
    if n < 16:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - _HALF_LOG_2_PI
    square = n * n
    return (
        1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square
    ) / n


@compiled
def pelz_good(n: float, x: float) -> float:
    """Tell the chance that the two-sided statistic is at most x, by an expansion for large n.

    Pelz and Good, https://doi.org/10.1111/j.2517-6161.1976.tb01579.x: K0 + K1 / sqrt(n) + K2 / n +
    K3 / n^1.5 in z = x sqrt(n), each a sum that falls off as exp(-k^2 / z^2).
    """
    z = x * math.sqrt(n)
    z2, pi2 = z * z, _PI * _PI
    z4, z6 = z2 * z2, z2 * z2 * z2
    k0 = k1 = k2 = k3 = extra2 = extra3 = 0.0
    for k in range(1, math.ceil(16 * z / _PI) + 1):
        m2 = (2 * k - 1) ** 2 * pi2 / 4
        m4, m6 = m2 * m2, m2 * m2 * m2
        weight = math.exp(-m2 / (2 * z2))
        k0 += weight
        k1 += weight * (m2 - z2)
        k2 += weight * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * m2 + (1 - 2 * z2) * m4)
        k3 += weight * (
            -30 * z6
            - 90 * z4 * z4
            + (135 * z4 - 96 * z6) * m2
            + (212 * z4 - 60 * z2) * m4
            + (5 - 30 * z2) * m6
        )
        l2 = pi2 * k * k
        weight = math.exp(-l2 / (2 * z2))
        extra2 += weight * l2
        extra3 += weight * l2 * (3 * z2 - l2)
    root = math.sqrt(n)
    k2 = k2 / (72 * z4 * z2 * z) - extra2 / (36 * z2 * z)
    k3 = k3 / (6480 * z6 * z4) + extra3 / (216 * z6)
    total = k0 / z + k1 / (6 * z4) / root + k2 / n + k3 / (n * root)
    return min(max(math.sqrt(2 * _PI) * total, 0.0), 1.0)


@compiled
def durbin(n: float, x: float) -> float:
    """Tell the chance that the two-sided statistic is at most x, exactly, for few n x.

    With n x = k - h, k whole and h in [0, 1), it is n! / n^n times an entry of the n-th power of a
    matrix of 2 k - 1 rows: Marsaglia, Tsang and Wang, https://doi.org/10.18637/jss.v008.i18.
    Powers of two are taken out of what grows or shrinks, and put back at the end.
    """
    k = math.ceil(n * x)
    step = _transition(2 * k - 1, k - n * x)
    power = np.eye(2 * k - 1)
    of_step = of_power = 0
    left = int(n)
    while left > 0:
        if left % 2:
            power = _product(power, step)
            of_power += of_step
        step = _product(step, step)
        of_step *= 2
        if step[k - 1, k - 1] > _LARGE:
            step /= _LARGE
            of_step += _LARGE_EXPONENT
        if power[k - 1, k - 1] > _LARGE:
            power /= _LARGE
            of_power += _LARGE_EXPONENT
        left //= 2
    chance = power[k - 1, k - 1]
    for i in range(1, int(n) + 1):
        chance *= i / n
        if chance < 1 / _LARGE:
            chance *= _LARGE
            of_power -= _LARGE_EXPONENT
    return min(max(math.ldexp(chance, of_power), 0.0), 1.0)


@compiled
def _transition(size: int, h: float) -> FloatArray:
    """Write the matrix: 1 / (i - j + 1)! up to one above the diagonal, with a border that has h."""
    result = np.zeros((size, size))
    for i in range(size):
        value = 1.0
        for j in range(min(i + 1, size - 1), -1, -1):
            if i - j + 1 > 0:
                value /= i - j + 1
            result[i, j] = value
    factorial = 1.0
    for i in range(size):
        factorial /= i + 1
        result[i, 0] -= h ** (i + 1) * factorial
        result[size - 1, size - 1 - i] -= h ** (i + 1) * factorial
    result[size - 1, 0] += max(2 * h - 1, 0.0) ** size * factorial
    return result


@compiled
def _product(first: FloatArray, second: FloatArray) -> FloatArray:
    size = len(first)
    result = np.zeros((size, size))
    for i in range(size):
        for k in range(size):
            for j in range(size):
                result[i, j] += first[i, k] * second[k, j]
    return result
