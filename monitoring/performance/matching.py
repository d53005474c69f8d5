"""Predictions joined to actuals on target time, horizon by horizon. Pure.

A circuit's rows come as they are stored: in any order, twice, with holes and with wrong clocks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitoring.prediction_table import PREDICTED
from monitoring.sensors import CircuitReadings, FloatArray, MicrosecondArray
from monitoring.windows import Window

HORIZON: Final = "horizon"
ISSUED_AT: Final = "issued_at"
ACTUAL: Final = "actual_value"

_LARGEST: Final = 1e15
"""What is as large is no measurement: a double has no decimals left there."""

Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Labels:
    """Actuals of one circuit, ascending in time, one each."""

    times: MicrosecondArray
    values: FloatArray
    unusable: int
    """Rows left out, as their value is null, NaN, infinite or absurd."""
    repeated: int
    """Rows left out, as they say once more what another row says."""
    contradicting: int
    """Rows left out, as they give one target time different values."""

    @classmethod
    def of(cls, readings: CircuitReadings, window: Window) -> Self:
        """Take the actuals whose target time is in a window."""
        inside = _inside(readings.timestamps, window)
        usable = inside & (np.abs(readings.values[ACTUAL]) < _LARGEST)
        unusable = int(np.count_nonzero(inside) - np.count_nonzero(usable))
        times, values = readings.timestamps[usable], readings.values[ACTUAL][usable]
        if np.all(times[1:] > times[:-1]):
            return cls(times, values, unusable, 0, 0)
        order = np.lexsort((values, times))
        times, values = times[order], values[order]
        first = np.flatnonzero(np.concatenate([[True], times[1:] != times[:-1]]))
        rows = np.diff(np.append(first, times.size))
        agreed = values[first] == values[first + rows - 1]  # the smallest and the largest
        contradicting = int(rows[~agreed].sum())
        kept = first[agreed]
        repeated = times.size - contradicting - kept.size
        return cls(times[kept], values[kept], unusable, repeated, contradicting)

    def at(self, times: MicrosecondArray) -> FloatArray:
        """Return what happened at some times, NaN where nobody knows."""
        if not self.times.size:
            return np.full(times.size, np.nan)
        places = np.minimum(np.searchsorted(self.times, times), self.times.size - 1)
        return np.where(self.times[places] == times, self.values[places], np.nan)


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Predictions of one circuit, ascending in target time, one for each time and horizon."""

    times: MicrosecondArray
    horizons: FloatArray
    """Minutes; NaN where it is not known."""
    values: FloatArray
    unusable: int
    """Rows left out, as their value is null, NaN, infinite or absurd."""
    skewed: int
    """Rows left out, as they were issued after the time that they forecast."""
    repeated: int
    """Rows left out, as a row stored later has the same target time and horizon."""
    without: Mapping[str, int]
    """Rows that count, and yet lack a usable value, by `HORIZON` and `ISSUED_AT`."""

    @classmethod
    def of(cls, readings: CircuitReadings, window: Window) -> Self:
        """Take the predictions whose target time is in a window."""
        times, values = readings.timestamps, readings.values[PREDICTED]
        horizons = readings.values[HORIZON]
        inside = _inside(times, window)
        early = (readings.values[ISSUED_AT] > times) | (horizons < 0)
        skewed = int(np.count_nonzero(inside & early))
        usable = inside & ~early & (np.abs(values) < _LARGEST)
        unusable = int(np.count_nonzero(inside) - skewed - np.count_nonzero(usable))
        without = {
            name: int(np.count_nonzero(np.isnan(readings.values[name][usable])))
            for name in (HORIZON, ISSUED_AT)
        }
        times, horizons, values = times[usable], horizons[usable], values[usable]
        if np.all(times[1:] > times[:-1]):
            return cls(times, horizons, values, unusable, skewed, 0, without)
        order = np.lexsort((horizons, times))  # stable: equal ones stay as they are stored
        times, horizons, values = times[order], horizons[order], values[order]
        same = (horizons[1:] == horizons[:-1]) | (np.isnan(horizons[1:]) & np.isnan(horizons[:-1]))
        last = np.append((times[1:] != times[:-1]) | ~same, True)
        repeated = int(times.size - np.count_nonzero(last))
        return cls(times[last], horizons[last], values[last], unusable, skewed, repeated, without)


def _inside(times: MicrosecondArray, window: Window) -> Mask:
    return (times >= window.start_us) & (times < window.end_us)
