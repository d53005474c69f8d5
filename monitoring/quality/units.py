"""Unit jumps: whole days whose values are the reference's times a factor that units differ by."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitoring.quality.timeline import Timeline
from monitoring.sensors import FloatArray, MicrosecondArray
from monitoring.windows import Window

MIN_REFERENCE_DAYS: Final = 7
"""A week has seen every weekday."""
_MIN_VALUES: Final = 8
"""Values from which a day has quartiles."""
_SAMPLE: Final = 144
"""Values looked at of a day, evenly spread: one in ten minutes of minute data."""
_USUAL: Final = (10.0, 90.0)
"""Percentiles of the reference's days between which a day is as always. A rest or a campaign of one
day a week is within; three days of thirty may themselves be in another unit."""
_NEAR_SIGMAS: Final = 1.0
_FAR_SIGMAS: Final = 3.0
"""Room around the usual days, in robust sigmas of the reference: within the first a day is as
always, beyond the second it is not."""
_NEAR_FACTOR: Final = 2.0
_FAR_FACTOR: Final = 4.0
"""The same for a day's interquartile range, as a factor. No unit is as near as 4 without an offset
or another location; faults such as a scale of 1.5 are nearer."""
_ROUNDING: Final = 1e-6
"""Relative room for a conversion's own rounding, for references without any spread."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A change of units: new = factor x old + offset."""

    name: str
    factor: float
    offset: float = 0.0


def _both_ways(name: str, factor: float) -> tuple[Conversion, Conversion]:
    there, back = name.split(" to ")
    return Conversion(name, factor), Conversion(f"{back} to {there}", 1.0 / factor)


CONVERSIONS: Final = (
    *(Conversion(f"x {10**n:,}", 10.0**n) for n in (1, 2, 3, 5, 6)),
    *(Conversion(f"/ {10**n:,}", 10.0**-n) for n in (1, 2, 3, 5, 6)),
    *_both_ways("per minute to per hour", 60.0),
    *_both_ways("per second to per hour", 3600.0),
    *_both_ways("l/s to m3/h", 3.6),
    *_both_ways("m3/h to l/min", 1000.0 / 60.0),
    *_both_ways("bar to psi", 14.503774),
    *_both_ways("psi to kPa", 6.894757),
    *_both_ways("in to mm", 25.4),
    Conversion("degrees Celsius to Fahrenheit", 1.8, 32.0),
    Conversion("degrees Fahrenheit to Celsius", 1.0 / 1.8, -32.0 / 1.8),
    Conversion("degrees Celsius to kelvin", 1.0, 273.15),
    Conversion("kelvin to degrees Celsius", 1.0, -273.15),
)
"""Conversions that are looked for. Factors from NIST SP 811, appendix B
(https://www.nist.gov/pml/special-publication-811). g to m/s2 is within 2 % of `x 10`."""


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
        first, rows = edges[:-1], np.diff(edges)
        taken = np.minimum(rows, _SAMPLE)
        place = np.arange(_SAMPLE)
        steps = np.minimum(place * rows[:, None] // np.maximum(taken, 1)[:, None], rows[:, None])
        self._missing = place >= taken[:, None]
        self._index: MicrosecondArray = np.where(self._missing, 0, first[:, None] + steps)
        self._reference_days = len(list(_days(windows.reference)))

    def find_jump(self, values: FloatArray) -> Jump | None:
        """Find the days of the current window that a conversion explains and nothing else does.

        A day is in another unit if its median or its interquartile range is far from those of the
        reference's days, and both are near them once converted back. So a shift (whose range
        stays), a wider range (whose median stays) and a gain that no unit has are none.

        Args:
            values: of the feature, in order of time, all windows.

        Raises:
            TooFewDays: the reference has fewer than `MIN_REFERENCE_DAYS` days with values.
        """
        sample = np.where(self._missing, np.nan, values[self._index])
        sample[~np.isfinite(sample)] = np.nan
        sample.sort(axis=1)
        counts = np.count_nonzero(~np.isnan(sample), axis=1)
        low, median, high = (_quantile(sample, counts, share) for share in (0.25, 0.5, 0.75))
        usable = counts >= _MIN_VALUES
        is_reference = np.arange(counts.size) < self._reference_days
        known = is_reference & usable
        if np.count_nonzero(known) < MIN_REFERENCE_DAYS:
            raise TooFewDays
        usual = _Usual.of(median[known], (high - low)[known], sample[known])
        jumps: list[tuple[int, Conversion]] = []
        for day in np.flatnonzero(usable & ~is_reference):
            conversion = usual.explain(float(median[day]), float(high[day] - low[day]))
            if conversion is not None:
                jumps.append((int(day) - self._reference_days, conversion))
        return Jump(jumps[-1][1], tuple(day for day, _ in jumps)) if jumps else None


class TooFewDays(Exception):  # noqa: N818 - not an error, but nothing to compare with
    """The reference has too few days with values to say what is usual."""


@dataclass(frozen=True, slots=True)
class _Usual:
    """Where days of the reference lie, and how wide."""

    lowest: float
    highest: float
    sigma: float
    narrowest: float
    widest: float
    resolution: float
    middle: float

    @classmethod
    def of(cls, medians: FloatArray, ranges: FloatArray, sample: FloatArray) -> "_Usual":
        lower, upper = np.percentile(medians, _USUAL)
        narrow, wide = np.percentile(ranges, _USUAL)
        pooled = np.sort(sample[np.isfinite(sample)])
        quarter = pooled.size // 4
        sigma = float(pooled[-1 - quarter] - pooled[quarter]) / 1.349
        steps = np.diff(pooled)
        steps = steps[steps > 0]
        return cls(
            float(lower),
            float(upper),
            sigma,
            float(narrow),
            float(wide),
            float(np.median(steps)) if steps.size else 0.0,
            float(np.median(medians)),
        )

    def explain(self, median: float, spread: float) -> Conversion | None:
        """Return the conversion that explains a day best, None for a day as always."""
        if not self._is_far(median, spread):
            return None
        fits = [
            (abs((median - each.offset) / each.factor - self.middle), each)
            for each in CONVERSIONS
            if self._is_near((median - each.offset) / each.factor, spread / each.factor)
        ]
        return min(fits, key=lambda fit: fit[0])[1] if fits else None

    def _is_far(self, median: float, spread: float) -> bool:
        return not (self._is_located(median, _FAR_SIGMAS) and self._is_as_wide(spread, _FAR_FACTOR))

    def _is_near(self, median: float, spread: float) -> bool:
        return self._is_located(median, _NEAR_SIGMAS) and self._is_as_wide(spread, _NEAR_FACTOR)

    def _is_located(self, median: float, sigmas: float) -> bool:
        room = sigmas * self.sigma + _ROUNDING * abs(self.middle)
        return self.lowest - room <= median <= self.highest + room

    def _is_as_wide(self, spread: float, factor: float) -> bool:
        # A sensor's resolution is added, because the range of a coarse one is zero on calm days.
        width = spread + self.resolution
        return (self.narrowest + self.resolution) / factor <= width * (1 + _ROUNDING) and width <= (
            self.widest + self.resolution
        ) * factor * (1 + _ROUNDING)


def _quantile(sample: FloatArray, counts: MicrosecondArray, share: float) -> FloatArray:
    """Return a lower quantile of each row; NaN are sorted to its end."""
    place = ((np.maximum(counts, 1) - 1) * share).astype(np.int64)
    result: FloatArray = sample[np.arange(counts.size), place]
    return result


def _days(window: Window) -> Iterator[int]:
    """Yield the starts of stretches of 24 hours of a window, in microseconds."""
    day = 24 * 3600 * 1_000_000
    yield from range(window.start_us, window.end_us, day)
