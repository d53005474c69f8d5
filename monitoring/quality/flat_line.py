"""Stuck sensors: stretches of equal values, judged by how long the sensor itself rests."""

from dataclasses import dataclass
from math import inf, log, log1p, nan
from typing import Final

import numpy as np

from monitoring.quality._scanning import fill_stretches
from monitoring.quality.settings import QualitySettings
from monitoring.quality.timeline import HOUR
from monitoring.sensors import FloatArray, MicrosecondArray

MIN_VALUES: Final = 100
"""Values from which a window can say how long its sensor rests; else the current window says it
of itself, in which one stuck stretch is the longest, never the second longest."""

_BREAK_ROWS: Final = 10
"""A time without values of more than ten rows ends a stretch: nobody knows what was in it."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of equal values of one feature, in order of time; times in microseconds."""

    starts: MicrosecondArray
    ends: MicrosecondArray
    """Time of the last value and one regular step."""
    values: int
    """Finite values in all."""

    @classmethod
    def of(cls, times: MicrosecondArray, values: FloatArray, step: int) -> "Stretches":
        """Find the stretches in values that are in order of time; what is not finite is skipped.

        Args:
            times: ascending, microseconds.
            values: one per time.
            step: regular time between rows, microseconds.
        """
        starts, ends = np.empty_like(times), np.empty_like(times)
        count, finite = fill_stretches(times, values, step, _BREAK_ROWS * step, starts, ends)
        return cls(starts[:count], ends[:count], finite)

    @property
    def lengths(self) -> MicrosecondArray:
        """How long each is."""
        return self.ends - self.starts

    @property
    def hours(self) -> FloatArray:
        """How long each is."""
        return self.lengths / HOUR

    @property
    def repeat_probability(self) -> float:
        """Share of values that equal the one before, 0 to 1."""
        return 1.0 - (self.starts.size - 1) / (self.values - 1) if self.values > 1 else nan


def flat_line_limit(
    reference: Stretches, current_rows: int, step_hours: float, settings: QualitySettings
) -> float:
    """Return the hours of equal values up to which a sensor may only be coarse or slow.

    The largest of three: the shortest stretch that matters at all; `flat_line_margin` times the
    second longest stretch of the reference; and the length that a sensor whose values repeat with
    the reference's probability q exceeds in a window of m rows with a chance of at most
    p = `flat_line_chance`. m (1 - q) stretches begin in the window, each is longer than L rows with
    probability q^L, so L = ln(p / (m (1 - q))) / ln q. The last one serves slow sensors, of which
    a month has seen few stretches; the second those that rest more than their average, as at night.

    A sensor whose values never change has no limit: infinite.
    """
    shortest = max(settings.flat_line.total_seconds() / 3600, settings.flat_line_rows * step_hours)
    repeats = reference.repeat_probability
    if repeats == 1.0:
        return inf
    lengths = reference.lengths
    longest = int(np.argmax(lengths))
    others = (lengths[:longest], lengths[longest + 1 :])
    second = max(int(each.max(initial=0)) for each in others) / HOUR
    return max(
        shortest,
        settings.flat_line_margin * second,
        step_hours * _rare_length(repeats, current_rows, settings.flat_line_chance),
    )


def _rare_length(repeats: float, rows: int, chance: float) -> float:
    if not 0.0 < repeats < 1.0 or rows == 0:
        return 0.0
    rows_changed = rows * (1.0 - repeats)
    return max(log(chance / rows_changed) / log1p(repeats - 1.0), 0.0)
