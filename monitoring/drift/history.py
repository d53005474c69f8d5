"""A circuit's daily runs replayed over its past, and the scores they would have had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.scores import measure
from monitoring.windows import CURRENT_DAYS, REFERENCE_DAYS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MICROSECONDS_A_DAY: Final = 86_400_000_000
MINIMUM_READINGS: Final = 48
"""Least finite readings of a feature in a window that is compared."""
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class ScoreHistory:
    """Scores of daily runs of one circuit."""

    features: tuple[str, ...]
    days: IntArray
    """Exclusive end of each run's current window, in days since 1970 UTC, ascending."""
    scores: FloatArray
    """By run, feature and SCORES; NaN where a run has no such score."""
    excluded: NDArray[np.bool_]
    """Runs that tell nothing about normal days, such as those of maintenance or a known fault."""


@dataclass(frozen=True, slots=True)
class DailySeries:
    """Readings of one circuit in order of time, cut into windows of whole days."""

    features: tuple[str, ...]
    timestamps: IntArray
    """Microseconds since 1970 UTC, ascending."""
    values: FloatArray
    """A row per feature; NaN where missing."""

    @classmethod
    def of(cls, timestamps: IntArray, values: Mapping[str, FloatArray]) -> "DailySeries":
        """Stack a circuit's features and bring its rows into order of time.

        Rows without a time, or from before 1970, are left out.

        Raises:
            ValueError: a feature has not one value per timestamp.
        """
        for name, column in values.items():
            if column.shape != timestamps.shape:
                raise ValueError(f"{name} has {column.size} values at {timestamps.size} times")
        stacked = np.empty((len(values), timestamps.size))
        for j, column in enumerate(values.values()):
            stacked[j] = column
        known = timestamps > 0  # rows without a time have the least number
        if not known.all():
            timestamps, stacked = timestamps[known], stacked[:, known]
        if timestamps.size and not (timestamps[1:] >= timestamps[:-1]).all():
            order = np.argsort(timestamps, kind="stable")
            timestamps, stacked = timestamps[order], stacked[:, order]
        return cls(tuple(values), timestamps, stacked)

    def between(self, first_day: int, end_day: int) -> FloatArray:
        """Take the readings of the days from the first to before the end, without a copy."""
        start, end = np.searchsorted(
            self.timestamps, [first_day * MICROSECONDS_A_DAY, end_day * MICROSECONDS_A_DAY]
        )
        return self.values[:, start:end]

    def days_with_rows(self, first_day: int, end_day: int) -> int:
        """Count the days that have a row, from the first day to before the end."""
        edges = np.arange(first_day, end_day + 1) * MICROSECONDS_A_DAY
        return int(np.count_nonzero(np.diff(np.searchsorted(self.timestamps, edges))))

    def current(self, day: int) -> FloatArray:
        """Take the current window of the run that ends with this day."""
        return self.between(day - CURRENT_DAYS, day)

    def reference(self, day: int) -> FloatArray:
        """Take the rolling reference window of the run that ends with this day."""
        return self.between(day - CURRENT_DAYS - REFERENCE_DAYS, day - CURRENT_DAYS)

    def complete_days(self) -> range:
        """List the ends of runs whose windows lie within the readings."""
        if not self.timestamps.size:
            return range(0)
        first = -(-int(self.timestamps[0]) // MICROSECONDS_A_DAY)
        # The last day counts once a reading has come that is at most an hour from its end.
        end = (int(self.timestamps[-1]) + MICROSECONDS_A_DAY // 24) // MICROSECONDS_A_DAY
        return range(first + CURRENT_DAYS + REFERENCE_DAYS, end + 1)


def replay(
    series: DailySeries,
    days: Sequence[int] | None = None,
    *,
    training: FloatArray | None = None,
    resolution: float | FloatArray = 0.0,
    excluded_days: Sequence[int] = (),
) -> ScoreHistory:
    """Score the daily runs of a circuit as they would have been scored at the time.

    Args:
        series: readings of the circuit, those of the reference of the first run included.
        days: ends of the runs, ascending; all that lie within the readings if None.
        training: reference of all runs, a row per feature; each run's rolling one if None.
        resolution: see `measure`.
        excluded_days: days of maintenance and known faults; runs whose current window has one are
            excluded.
    """
    chosen = np.array(series.complete_days() if days is None else days, np.int64)
    scores = np.full((chosen.size, len(series.features), 4), np.nan)
    for i, day in enumerate(chosen.tolist()):
        reference = series.reference(day) if training is None else training
        current = series.current(day)
        if min(reference.shape[1], current.shape[1]) >= MINIMUM_READINGS:
            measured = measure(
                series.features, reference, current, resolution=resolution, statistics=()
            )
            scores[i] = measured.scores
    excluded = np.zeros(chosen.size, np.bool_)
    for day in excluded_days:
        excluded |= (chosen > day) & (chosen <= day + CURRENT_DAYS)
    return ScoreHistory(series.features, chosen, scores, excluded)


def day_number(moment: datetime) -> int:
    """Tell the days since 1970 UTC of a midnight.

    Raises:
        ValueError: it is not midnight in UTC.
    """
    if moment.tzinfo is None or moment.astimezone(UTC).time() != datetime.min.time():
        raise ValueError(f"{moment.isoformat()} is not midnight in UTC")
    return (moment.astimezone(UTC).date() - _EPOCH).days


def day_date(day: int) -> date:
    """Tell the date of a number of days since 1970."""
    return _EPOCH + timedelta(days=day)
