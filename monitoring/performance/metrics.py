"""Measures of a forecast's error, each NaN where it has no meaning. Pure.

Arrays are of pairs, a prediction and what happened: as long as each other, all values finite.
"""

from dataclasses import dataclass
from math import nan, sqrt
from typing import Final, Self

import numpy as np

from monitoring.sensors import FloatArray, MicrosecondArray

NEAR_ZERO: Final = 0.01
"""An actual is near zero if it is below this part of the mean absolute actual of the scale."""
FLAT: Final = 0.1
"""Actuals are flat if their standard deviation is at most this part of the scale's."""
_ROUNDING: Final = 1e-12
"""Part of a value below which a difference is nothing but rounding."""
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a circuit's actuals are and how much they vary, over weeks.

    A ratio to actuals that are nothing beside it, as in a week of standstill, would be absurd.
    """

    size: float
    """Mean absolute actual; in the unit of the forecast, as the spread is."""
    spread: float
    """Standard deviation of the actuals."""

    @classmethod
    def of(cls, actual: FloatArray) -> Self:
        """Take the scale of some actuals; nothing is near zero or flat beside that of none."""
        if not actual.size:
            return cls(0.0, 0.0)
        return cls(float(np.abs(actual).mean()), float(actual.std()))


@dataclass(frozen=True, slots=True)
class Metrics:
    """Every measure of one window."""

    mae: float
    rmse: float
    mape: float
    r2: float
    wape: float
    mase: float


def measure(predicted: FloatArray, actual: FloatArray, naive: FloatArray, scale: Scale) -> Metrics:
    """Compute every measure.

    Args:
        predicted: forecasts.
        actual: what happened.
        naive: forecasts of the same, of `naive_forecast`.
        scale: of the circuit's actuals.
    """
    return Metrics(
        mae(predicted, actual),
        rmse(predicted, actual),
        mape(predicted, actual, scale),
        r2(predicted, actual, scale),
        wape(predicted, actual, scale),
        mase(predicted, actual, naive),
    )


def mae(predicted: FloatArray, actual: FloatArray) -> float:
    """Return the mean absolute error, mean(|p - a|): 0 and more, in the unit of the forecast.

    NaN without pairs. https://en.wikipedia.org/wiki/Mean_absolute_error
    """
    return float(np.abs(predicted - actual).mean()) if actual.size else nan


def rmse(predicted: FloatArray, actual: FloatArray) -> float:
    """Return the root mean squared error, sqrt(mean((p - a)^2)): the MAE and more, in its unit.

    NaN without pairs. https://en.wikipedia.org/wiki/Root_mean_square_deviation
    """
    return sqrt(np.square(predicted - actual).mean()) if actual.size else nan


def mape(predicted: FloatArray, actual: FloatArray, scale: Scale) -> float:
    """Return the mean absolute percentage error, mean(|p - a| / |a|), as a fraction: 0 and more.

    NaN if any actual is near zero: its ratio would be the whole mean.
    https://en.wikipedia.org/wiki/Mean_absolute_percentage_error
    """
    sizes = np.abs(actual)
    if not actual.size or sizes.min() <= NEAR_ZERO * scale.size:
        return nan
    return float((np.abs(predicted - actual) / sizes).mean())


def wape(predicted: FloatArray, actual: FloatArray, scale: Scale) -> float:
    """Return the weighted absolute percentage error, sum(|p - a|) / sum(|a|): 0 and more.

    NaN if the actuals are near zero on average.
    https://en.wikipedia.org/wiki/Mean_absolute_percentage_error#WMAPE
    """
    if not actual.size or np.abs(actual).mean() <= NEAR_ZERO * scale.size:
        return nan
    return float(np.abs(predicted - actual).sum() / np.abs(actual).sum())


def r2(predicted: FloatArray, actual: FloatArray, scale: Scale) -> float:
    """Return the coefficient of determination, 1 - sum((p - a)^2) / sum((a - mean(a))^2).

    1 and less, without unit; 0 is as good as the mean of the actuals. NaN if these are flat: there
    is next to nothing to explain, and a small error would be many times as much.
    https://en.wikipedia.org/wiki/Coefficient_of_determination
    """
    if actual.size < 2:
        return nan
    spread = actual.std()
    if spread <= max(FLAT * scale.spread, _ROUNDING * np.abs(actual).max()):
        return nan
    return float(1 - np.square(predicted - actual).mean() / np.square(spread))


def mase(predicted: FloatArray, actual: FloatArray, naive: FloatArray) -> float:
    """Return the mean absolute scaled error, MAE over the naive forecast's: 0 and more.

    Both are of the pairs that have a naive forecast. Above 1 the model is worse than it. NaN if it
    makes no error, or there is none. Hyndman and Koehler scale by the training data; here it is the
    window itself, as a job has no others. https://otexts.com/fpp3/accuracy.html#scaled-errors
    """
    known = ~np.isnan(naive)
    own, theirs = mae(predicted[known], actual[known]), mae(naive[known], actual[known])
    return own / theirs if theirs > _ROUNDING * np.abs(actual[known]).max(initial=0) else nan


def naive_forecast(
    times: MicrosecondArray, label_times: MicrosecondArray, labels: FloatArray
) -> FloatArray:
    """Return the naive forecast of each of some times, NaN where there is none.

    It is what was a day before, where half of the times or more have such an actual; else what was
    last before the time.

    Args:
        times: that are forecast.
        label_times: of all actuals that are known, ascending, each once.
        labels: these actuals.
    """
    if not label_times.size:
        return np.full(times.size, nan)
    before = np.searchsorted(label_times, times - _DAY_US).clip(max=label_times.size - 1)
    seasonal = label_times[before] == times - _DAY_US
    if 2 * np.count_nonzero(seasonal) >= times.size:
        return np.where(seasonal, labels[before], nan)
    newest = np.searchsorted(label_times, times) - 1
    return np.where(newest >= 0, labels[newest], nan)
