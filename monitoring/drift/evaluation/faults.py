"""Faults of one sensor, put into real readings from a moment on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.history import MICROSECONDS_A_DAY, DailySeries

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fault:
    """A change of a sensor's readings."""

    name: str
    change: Callable[[FloatArray, FloatArray, float, float], FloatArray]
    """From readings, days since onset, and the sensor's mean and standard deviation before it."""


def shift(sigmas: float) -> Fault:
    """Add a constant, in standard deviations of the reference window."""
    return Fault(f"shift {sigmas:g} σ", lambda values, _, __, sigma: values + sigmas * sigma)


def ramp(sigmas: float, days: float) -> Fault:
    """Add what grows to a number of standard deviations over some days and stays there."""
    return Fault(
        f"ramp 0 to {sigmas:g} σ over {days:g} days",
        lambda values, since, _, sigma: values + sigmas * sigma * np.minimum(since / days, 1),
    )


def scale(factor: float) -> Fault:
    """Widen readings about the mean of the reference window."""
    return Fault(f"scale × {factor:g}", lambda values, _, mean, __: mean + factor * (values - mean))


def gain(percent: float) -> Fault:
    """Multiply readings, as a wrong calibration of the sensor does."""
    return Fault(f"gain {percent:+g} %", lambda values, _, __, ___: values * (1 + percent / 100))


def stuck(after_days: float) -> Fault:
    """Repeat one reading for ever, from some days after the onset on."""

    def change(values: FloatArray, since: FloatArray, _: float, __: float) -> FloatArray:
        held = int(np.searchsorted(since, after_days))
        if held >= values.size:
            return values
        return np.concatenate([values[:held], np.full(values.size - held, values[held])])

    return Fault(f"stuck for the last {7 - after_days:g} of 7 days", change)


FAULTS: Final = (
    shift(0.5),
    shift(1),
    shift(2),
    shift(3),
    scale(1.5),
    ramp(2, 7),
    stuck(4),
    gain(10),
)
"""Those of the published study, and a shift of three."""


def inject(series: DailySeries, fault: Fault, feature: int, onset: int, end: int) -> DailySeries:
    """Put a fault into one feature from the start of a day on, and forget what comes after.

    Args:
        series: readings; at least the 30 days before the onset, whose mean and standard deviation
            size the fault.
        fault: what to put in.
        feature: index of the feature.
        onset: first faulty day, in days since 1970.
        end: day after the last one that is kept.
    """
    start = onset - 60
    low, middle, high = np.searchsorted(
        series.timestamps, np.array([start, onset, end]) * MICROSECONDS_A_DAY
    )
    timestamps = series.timestamps[low:high]
    values = series.values[:, low:high].copy()
    before = series.between(onset - 30, onset)[feature]
    healthy = before[np.isfinite(before)]
    since = (series.timestamps[middle:high] - onset * MICROSECONDS_A_DAY) / MICROSECONDS_A_DAY
    values[feature, middle - low :] = fault.change(
        values[feature, middle - low :], since, float(healthy.mean()), float(healthy.std())
    )
    return DailySeries(series.features, timestamps, values)
