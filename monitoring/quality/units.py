"""Unit jumps: whole days whose values are the reference's times a factor that units differ by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitoring.quality._scanning import fill_samples
from monitoring.quality.conversions import ROUNDING, Conversion, Usual
from monitoring.quality.timeline import Timeline
from monitoring.sensors import FloatArray
from monitoring.windows import Window

MIN_REFERENCE_DAYS: Final = 7
"""A week has seen every weekday."""
_MIN_VALUES: Final = 8
"""Values from which a day has quartiles."""
_SAMPLE: Final = 144
"""Values looked at of a day, evenly spread: one in ten minutes of minute data."""
_QUARTILES: Final = np.array([0.25, 0.5, 0.75])
_HUGE: Final = 1e150
"""No reading; differences of larger numbers overflow."""
_STEP_SIGMAS: Final = 0.5
_STEPS: Final = 6.0
"""How far a converted step may miss: in robust sigmas of the reference, and in typical steps."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Days in another unit."""

    conversion: Conversion
    """The best fit of the newest such day."""
    days: tuple[int, ...]
    """Their numbers in the current window, from 0."""


class DailySamples:
    """Evenly spread values of each day, for all features of a circuit."""

    def __init__(self, timeline: Timeline) -> None:
        windows = timeline.windows
        days = [*_days(windows.reference), *_days(windows.current)]
        edges = np.searchsorted(timeline.times, [*days, windows.current.end_us], side="left")
        self._edges = edges
        self._reference_days = len(list(_days(windows.reference)))

    def find_jump(self, values: FloatArray) -> Jump | None:
        """Find the days of the current window that a conversion explains and nothing else does.

        A day is in another unit if its median or its interquartile range is far from those of the
        reference's days, both are near them once converted back, and the conversion explains the
        step into the first such day as well: what changes its unit does so between two rows. So a
        shift (whose range stays), a wider range (whose median stays), a gain that no unit has and
        a fall that takes its time are none.

        Args:
            values: of the feature, in order of time, all windows.

        Raises:
            TooFewDays: the reference has fewer than `MIN_REFERENCE_DAYS` days with values.
        """
        if values.size == 0:
            raise TooFewDays
        counts = np.empty(self._edges.size - 1, np.int64)
        sample = np.empty((counts.size, _SAMPLE))
        fill_samples(values, self._edges, _HUGE, sample, counts)
        sample.sort(axis=1)
        places = ((np.maximum(counts, 1) - 1)[:, np.newaxis] * _QUARTILES).astype(np.int64)
        low, median, high = np.take_along_axis(sample, places, axis=1).T
        usable = counts >= _MIN_VALUES
        is_reference = np.arange(counts.size) < self._reference_days
        known = is_reference & usable
        if np.count_nonzero(known) < MIN_REFERENCE_DAYS:
            raise TooFewDays
        spread = high - low
        usual = Usual.of(median[known], spread[known], sample[known])
        is_far = usable & usual.is_far(median, spread)
        if not np.any(is_far[self._reference_days :]):
            return None
        explained = {
            int(day): conversion
            for day in np.flatnonzero(is_far)
            if (conversion := usual.explain(float(median[day]), float(spread[day])))
        }
        found = [day for day in explained if self._has_step(day, explained, values, usual)]
        current = [day for day in found if day >= self._reference_days]
        if not current:
            return None
        days = tuple(day - self._reference_days for day in current)
        return Jump(explained[current[-1]], days)

    def _has_step(
        self, day: int, explained: Mapping[int, Conversion], values: FloatArray, usual: Usual
    ) -> bool:
        """Tell whether a conversion explains the step into the days in another unit."""
        if usual.has_usual_zero:
            return True  # its largest step says nothing, as they come from either side of zero
        conversion = explained[day]
        while day - 1 in explained:
            day -= 1
        around = values[self._edges[max(day - 1, 0)] : self._edges[day + 1]]
        around = around[np.abs(around) < _HUGE]
        steps = np.abs(np.diff(around))
        if day == 0 or steps.size == 0:
            return True  # it is before what was read
        at = int(np.argmax(steps))
        after = (float(around[at + 1]) - conversion.offset) / conversion.factor
        room = max(
            _STEP_SIGMAS * usual.sigma, _STEPS * float(np.median(steps[:at] if at else steps))
        )
        return abs(after - float(around[at])) <= room + ROUNDING * abs(usual.middle)


class TooFewDays(Exception):  # noqa: N818 - not an error, but nothing to compare with
    """The reference has too few days with values to say what is usual."""


def _days(window: Window) -> Iterator[int]:
    """Yield the starts of stretches of 24 hours of a window, in microseconds."""
    day = 24 * 3600 * 1_000_000
    yield from range(window.start_us, window.end_us, day)
