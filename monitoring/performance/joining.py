"""A circuit's predictions with their actuals, and the distinct runs that these make. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import nan
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from monitoring.performance.matching import Forecasts, Labels
from monitoring.sensors import CircuitReadings, FloatArray, MicrosecondArray
from monitoring.windows import Window, Windows

LEAST_LABELS: Final = 24
"""Pairs that a verdict takes: a day of hourly forecasts, below which one bad hour decides."""
LEAST_COVERAGE: Final = 0.5
"""Share of the predictions of a window that must have a label: with fewer, the labels that came
may be those of the easy hours."""
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """Predictions with what happened, ascending in target time."""

    times: MicrosecondArray
    horizons: FloatArray
    predicted: FloatArray
    actual: FloatArray

    @classmethod
    def of(cls, forecasts: Forecasts, labels: Labels) -> Self:
        """Take the predictions that have a label."""
        actual = labels.at(forecasts.times)
        known = ~np.isnan(actual)
        return cls(
            forecasts.times[known],
            forecasts.horizons[known],
            forecasts.values[known],
            actual[known],
        )


@dataclass(frozen=True, slots=True)
class Joined:
    """What is known of a circuit, and how much of it up to each midnight.

    A midnight is given by its number: 0 begins the first day that is looked at.
    """

    windows: Windows
    forecasts: Forecasts
    labels: Labels
    pairs: Pairs
    matured: NDArray[np.intp]
    """Predictions before each midnight."""
    paired: NDArray[np.intp]
    """Pairs before each midnight."""

    @classmethod
    def of(cls, predictions: CircuitReadings, actuals: CircuitReadings, windows: Windows) -> Self:
        """Join what is in both windows together."""
        whole = windows.whole
        forecasts, labels = Forecasts.of(predictions, whole), Labels.of(actuals, whole)
        pairs = Pairs.of(forecasts, labels)
        midnights = np.arange(whole.start_us, whole.end_us + 1, _DAY_US)
        return cls(
            windows,
            forecasts,
            labels,
            pairs,
            np.searchsorted(forecasts.times, midnights),
            np.searchsorted(pairs.times, midnights),
        )

    @property
    def days(self) -> int:
        """Days of a run's window."""
        current = self.windows.current
        return (current.end - current.start).days

    @property
    def newest(self) -> int:
        """The midnight that ends the last day."""
        return self.paired.size - 1

    def window(self, end: int) -> Window:
        """Return the window that a midnight ends."""
        until = self.windows.whole.start + timedelta(days=end)
        return Window(until - timedelta(days=self.days), until)

    def moment(self, microseconds: int) -> datetime:
        """Return an instant of the windows that is given in microseconds since 1970."""
        whole = self.windows.whole
        return whole.start + timedelta(microseconds=int(microseconds) - whole.start_us)

    def count(self, end: int) -> int:
        """Count the pairs of the window that a midnight ends."""
        return int(self.paired[end] - self.paired[end - self.days])

    def predictions(self, end: int) -> int:
        """Count the predictions of the window that a midnight ends."""
        return int(self.matured[end] - self.matured[end - self.days])

    def coverage(self, end: int) -> float:
        """Return the share of a window's predictions that have a label; NaN without predictions."""
        predictions = self.predictions(end)
        return self.count(end) / predictions if predictions else nan

    def runs(self) -> Iterator[int]:
        """Yield the midnights of the distinct runs, the oldest first.

        The day before has new labels, and the window has enough of them for a verdict.
        """
        for end in range(self.days, self.paired.size):
            is_new = self.paired[end] > self.paired[end - 1]
            if is_new and self.count(end) >= LEAST_LABELS and self.coverage(end) >= LEAST_COVERAGE:
                yield end

    def pairs_of(self, end: int) -> Pairs:
        """Return the pairs of the window that a midnight ends."""
        part = slice(self.paired[end - self.days], self.paired[end])
        return Pairs(
            self.pairs.times[part],
            self.pairs.horizons[part],
            self.pairs.predicted[part],
            self.pairs.actual[part],
        )
