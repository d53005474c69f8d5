"""Changes of units, and which of them would make a day as always."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.sensors import FloatArray

_LOW, _HIGH = 0.1, 0.9
"""Quantiles of the reference's days between which a day is as always. A rest or a campaign of one
day a week is within; three days of thirty may themselves be in another unit."""
_NEAR_SIGMAS: Final = 1.0
_FAR_SIGMAS: Final = 3.0
"""Room around the usual days, in robust sigmas of the reference: within the first a day is as
always, beyond the second it is not."""
_FAR_SHARE: Final = 0.25
"""More of such room beyond which a day is not as always, as a share of what usual days span."""
_NEAR_FACTOR: Final = 2.0
_FAR_FACTOR: Final = 4.0
"""The same for a day's interquartile range, as a factor. No unit is as near as 4 without an offset
or another location; faults such as a scale of 1.5 are nearer."""
ROUNDING: Final = 1e-6
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
class Usual:
    """Where days of the reference lie, and how wide they are."""

    lowest: float
    highest: float
    middle: float
    sigma: float
    """Interquartile range of all days over 1.349, which is a Gaussian's standard deviation."""
    narrowest: float
    widest: float
    resolution: float
    """Typical distance of neighbouring values."""

    @classmethod
    def of(cls, medians: FloatArray, ranges: FloatArray, sample: FloatArray) -> "Usual":
        """Measure the days of a reference.

        Args:
            medians: of each day.
            ranges: interquartile, of each day.
            sample: values of all days.
        """
        lowest, middle, highest = _quantiles(medians, _LOW, 0.5, _HIGH)
        narrowest, widest = _quantiles(ranges, _LOW, _HIGH)
        pooled = np.sort(sample, axis=None)  # NaN last
        pooled = pooled[: np.searchsorted(pooled, np.inf)]
        quarter = pooled.size // 4
        sigma = float(pooled[-1 - quarter] - pooled[quarter]) / 1.349
        steps = np.diff(pooled)
        steps = steps[steps > 0]
        half = steps.size // 2
        resolution = float(np.partition(steps, half)[half]) if steps.size else 0.0
        return cls(lowest, highest, middle, sigma, narrowest, widest, resolution)

    def is_far(self, median: FloatArray, spread: FloatArray) -> NDArray[np.bool_]:
        """Tell which days are not as always."""
        room = _FAR_SIGMAS * self.sigma + _FAR_SHARE * (self.highest - self.lowest)
        return ~(self._is_located(median, room) & self._is_as_wide(spread, _FAR_FACTOR))

    def explain(self, median: float, spread: float) -> Conversion | None:
        """Return the conversion that explains a day best, None if none does.

        Zero is the same in many units: where it is usual, only a range tells a factor, and only if
        the reference's days have one.
        """
        if self.has_usual_zero and self.narrowest <= 0.0:
            return None
        fits = [
            (abs((median - each.offset) / each.factor - self.middle), each)
            for each in CONVERSIONS
            if self._is_near((median - each.offset) / each.factor, spread / each.factor)
        ]
        return min(fits, key=lambda fit: fit[0])[1] if fits else None

    @property
    def has_usual_zero(self) -> bool:
        """Whether the location of a day tells nothing about its unit."""
        room = _FAR_SIGMAS * self.sigma
        return self.lowest - room <= 0.0 <= self.highest + room

    def _is_near(self, median: float, spread: float) -> bool:
        located = self._is_located(np.array([median]), _NEAR_SIGMAS * self.sigma)
        return bool(np.all(located & self._is_as_wide(np.array([spread]), _NEAR_FACTOR)))

    def _is_located(self, median: FloatArray, room: float) -> NDArray[np.bool_]:
        room += ROUNDING * abs(self.middle)
        return (median >= self.lowest - room) & (median <= self.highest + room)

    def _is_as_wide(self, spread: FloatArray, factor: float) -> NDArray[np.bool_]:
        # The range of a coarse sensor is zero on calm days; its resolution is what it cannot tell.
        narrowest = (self.narrowest - self.resolution) / factor * (1 - ROUNDING)
        widest = (self.widest + self.resolution) * factor * (1 + ROUNDING)
        return (spread >= narrowest) & (spread <= widest)


def _quantiles(values: FloatArray, *shares: float) -> Iterator[float]:
    """Interpolate between the two nearest of some values, of which there is at least one."""
    ordered = sorted(values.tolist())
    for share in shares:
        place = share * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        yield ordered[below] + (place - below) * (ordered[above] - ordered[below])
