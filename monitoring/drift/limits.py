"""Limits of scores from a circuit's own history, and what replaces them while it is short.

A circuit's limit is a quantile of the scores of its own past runs. Nothing shorter will do: a month
holds about four independent weeks, and limits set inside it are passed on most days.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.history import MICROSECONDS_A_DAY, DailySeries, ScoreHistory
from monitoring.drift.scores import SCORES, exceedances, largest, measure
from monitoring.windows import CURRENT_DAYS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FLOORS: Final[FloatArray] = np.array([0.1, 0.04, 0.04, 0.04])
"""Least limit of each of SCORES.

A shift of .1 standard deviations is no drift whatever the history says, and moves a normal
variable's distribution function by .04. Histories of real sensors lie far above.
"""


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How limits are taken from a history."""

    quantile: float = 0.99
    runs: int = 330
    """Past runs that are looked at, at most."""
    gap_days: int = CURRENT_DAYS
    """A run is judged by runs that ended at least so many days before it."""
    minimum_runs: int = 300
    """Fewer past runs with a score: it is warming up.

    Limits that have not seen each season are passed in the next: see docs/drift.md for what was
    measured. A year without a few failed days is asked for.
    """

    def __post_init__(self) -> None:
        if not 0 < self.quantile < 1:
            raise ValueError(f"quantile is {self.quantile}, not between 0 and 1")
        if self.gap_days < CURRENT_DAYS:
            raise ValueError(
                f"gap_days is {self.gap_days}: below {CURRENT_DAYS}, a run's own readings are in "
                "the history that it is judged by"
            )
        least = smallest_sample(self.quantile)
        if not least <= self.minimum_runs <= self.runs:
            raise ValueError(
                f"minimum_runs is {self.minimum_runs}, not between {least}, the fewest runs that "
                f"have a quantile of {self.quantile}, and runs, which is {self.runs}"
            )


def smallest_sample(quantile: float) -> int:
    """Tell how many values are needed for one of them to be a limit of the quantile."""
    return math.ceil(round(quantile / (1 - quantile), 9))


def upper_quantile(values: FloatArray, quantile: float) -> FloatArray:
    """Take along the first axis the value that the next one exceeds with at most 1 - quantile.

    Of n values it is the one of rank ceil((n + 1) quantile), which holds for any distribution if
    the next value is exchangeable with them: split conformal prediction,
    https://doi.org/10.1561/2200000101 section 1. Daily runs over weeks that overlap are not quite:
    the average over circuits and years holds, one circuit's year scatters around it.

    Returns:
        NaN where too few values are not NaN.
    """
    known = (~np.isnan(values)).sum(axis=0)
    rank = np.ceil(np.round((known + 1) * quantile, 9)).astype(np.int64)
    ordered = np.sort(values, axis=0)  # NaN last
    enough = (rank <= known) & (known > 0)
    index = np.where(enough, rank - 1, 0)[np.newaxis]
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    taken = np.take_along_axis(ordered, index, axis=0)[0]
    result: FloatArray = np.where(enough, taken, np.nan)
    return result


def past_runs(history: ScoreHistory, day: int, settings: LimitSettings) -> IntArray:
    """List the runs of a history by which the run that ends with this day may be judged."""
    usable = (history.days <= day - settings.gap_days) & ~history.excluded
    return np.flatnonzero(usable)[-settings.runs :]


def own_limits(history: ScoreHistory, day: int, settings: LimitSettings) -> tuple[FloatArray, int]:
    """Take the limits of a run from the circuit's own past.

    Returns:
        Limits by feature and SCORES, NaN where fewer than `minimum_runs` runs have the score, and
        the number of runs that were looked at.
    """
    past = past_runs(history, day, settings)
    if past.size < settings.minimum_runs:  # as below, without the sorting
        return np.full(history.scores.shape[1:], np.nan), past.size
    scores = history.scores[past]
    limits = upper_quantile(scores, settings.quantile)
    known = (~np.isnan(scores)).sum(axis=0)
    limits = np.where(known >= settings.minimum_runs, np.maximum(limits, FLOORS), np.nan)
    return limits, past.size


def fleet_limits(
    histories: Sequence[ScoreHistory], day: int, settings: LimitSettings
) -> dict[str, FloatArray]:
    """Take limits from all circuits' past together, by feature, for those that are warming up.

    Returns:
        Limits as SCORES for each feature; NaN where the whole fleet has too few runs.
    """
    pools: dict[str, list[FloatArray]] = {}
    for history in histories:
        past = past_runs(history, day, settings)
        for j, feature in enumerate(history.features):
            pools.setdefault(feature, []).append(history.scores[past, j])
    return {
        feature: np.maximum(upper_quantile(np.concatenate(pool), settings.quantile), FLOORS)
        for feature, pool in pools.items()
    }


def block_limits(series: DailySeries, day: int) -> FloatArray:
    """Take limits from the rolling reference alone, for a fleet that has no history at all.

    Each whole week of the reference is compared with the rest of it; the limit is mean + 3
    standard deviations of those scores. Four weeks say little: of null cases of real data such
    limits are passed on about half of all days, so they are reported and call nobody.

    Returns:
        Limits by feature and SCORES; NaN where there are fewer than two weeks with the score.
    """
    reference_end = day - CURRENT_DAYS
    scores = []
    for week in range(4):
        end = reference_end - 7 * week
        block = series.between(end - 7, end)
        rest = _without(series, reference_end, end - 7, end)
        if block.shape[1] and rest.shape[1]:
            scores.append(measure(series.features, rest, block, statistics=()).scores)
    stacked = np.array(scores).reshape(-1, len(series.features), len(SCORES))
    known = (~np.isnan(stacked)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(stacked, axis=0) / known
        variance = np.nansum((stacked - mean) ** 2, axis=0) / (known - 1)
        limits = np.maximum(mean + 3 * np.sqrt(variance), FLOORS)
    result: FloatArray = np.where(known >= 2, limits, np.nan)
    return result


def _without(series: DailySeries, reference_end: int, first: int, end: int) -> FloatArray:
    reference = series.reference(reference_end + CURRENT_DAYS)
    start = np.searchsorted(series.timestamps, (reference_end - 30) * MICROSECONDS_A_DAY)
    low, high = np.searchsorted(
        series.timestamps, [first * MICROSECONDS_A_DAY, end * MICROSECONDS_A_DAY]
    )
    return np.concatenate([reference[:, : low - start], reference[:, high - start :]], axis=1)


@dataclass(frozen=True, slots=True)
class ReplayedVerdicts:
    """Exceedances of past runs, each judged by what was known when it ran."""

    days: IntArray
    limits: FloatArray
    """By run, feature and SCORES; NaN while warming up."""
    exceedance: FloatArray
    """By run and feature; NaN while warming up or without a score."""

    @property
    def of_circuit(self) -> FloatArray:
        """Take the largest exceedance of each run; NaN where no feature has one."""
        return largest(self.exceedance)


def replay_verdicts(
    history: ScoreHistory, settings: LimitSettings, exclude_above: float = math.inf
) -> ReplayedVerdicts:
    """Judge every run of a history by its own past.

    Args:
        history: scores of daily runs.
        settings: how limits are taken.
        exclude_above: runs with a larger exceedance are kept out of later runs' history.
    """
    excluded = history.excluded.copy()
    seen = ScoreHistory(history.features, history.days, history.scores, excluded)
    limits = np.full(history.scores.shape, np.nan)
    exceedance = np.full(history.scores.shape[:2], np.nan)
    for i, day in enumerate(history.days.tolist()):
        limits[i], _ = own_limits(seen, day, settings)
        exceedance[i] = largest(exceedances(history.scores[i], limits[i]))
        if (exceedance[i] > exclude_above).any():
            excluded[i] = True
    return ReplayedVerdicts(history.days, limits, exceedance)
