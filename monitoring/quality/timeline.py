"""Rows of a circuit in order of time, and where the windows lie in them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from monitoring.sensors import CircuitReadings, FloatArray, MicrosecondArray
from monitoring.windows import Window, Windows

HOUR: Final = 3_600_000_000
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Readings in order of time; rows of one time are ordered by value, feature by feature.

    So nothing but the order check depends on how rows were stored.
    """

    readings: CircuitReadings
    windows: Windows
    times: MicrosecondArray
    """In ascending order."""
    reference: slice
    current: slice
    last_day: slice
    """The last 24 hours of the current window."""
    _order: MicrosecondArray | None
    _has_ties: bool

    @classmethod
    def of(cls, readings: CircuitReadings, windows: Windows) -> "Timeline":
        """Sort readings where they are not."""
        stored = readings.timestamps
        order = None
        if np.any(stored[1:] < stored[:-1]):
            order = np.argsort(stored, kind="stable")
        times = stored if order is None else stored[order]
        end = windows.current.end
        day = Window(max(end - timedelta(days=1), windows.current.start), end)
        return cls(
            readings,
            windows,
            times,
            _rows(times, windows.reference),
            _rows(times, windows.current),
            _rows(times, day),
            order,
            bool(np.any(times[1:] == times[:-1])),
        )

    def values(self, feature: str) -> FloatArray:
        """Return a feature's values in order of time."""
        values = self.readings.values[feature]
        if self._has_ties:
            return values[np.lexsort((values, self.readings.timestamps))]
        return values if self._order is None else values[self._order]

    def stored_times(self) -> MicrosecondArray:
        """Return the timestamps of the current window as they were stored."""
        stored, current = self.readings.timestamps, self.windows.current
        if self._order is None:
            return self.times[self.current]
        return stored[(stored >= current.start_us) & (stored < current.end_us)]


def longest_gap(times: MicrosecondArray, every: timedelta, within: Window | None = None) -> float:
    """Return the longest time between rows beyond the regular one, in hours, 0 or more.

    Args:
        times: ascending, microseconds.
        every: regular time between rows.
        within: a window whose ends count as rows; without it only gaps between rows count.
    """
    step = every // timedelta(microseconds=1)
    if within is not None:
        times = np.concatenate(([within.start_us - step], times, [within.end_us]))
    if times.size < 2:
        return 0.0
    return max(float(np.diff(times).max() - step) / HOUR, 0.0)


def count_distinct(times: MicrosecondArray) -> int:
    """Return the number of distinct values of an ascending array."""
    return int(np.count_nonzero(times[1:] != times[:-1])) + 1 if times.size else 0


def count_disordered(stored: MicrosecondArray) -> int:
    """Return the number of rows that are stored behind a row of a later time."""
    if stored.size < 2:
        return 0
    return int(np.count_nonzero(stored < np.maximum.accumulate(stored)))


def _rows(times: MicrosecondArray, window: Window) -> slice:
    first, last = np.searchsorted(times, (window.start_us, window.end_us), side="left")
    return slice(int(first), int(last))
