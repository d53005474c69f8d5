"""The scores that the calibrated rule looks at, of one circuit and one pair of windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.residuals import MINIMUM_COVERAGE, fit_residuals
from monitoring.drift.statistics import (
    STATISTICS,
    Comparisons,
    Statistic,
    compare_many,
    compare_pairs,
)

FloatArray = NDArray[np.float64]
Space = Literal["raw", "residual"]
ReferenceKind = Literal["rolling", "training"]

SCORES: Final[tuple[tuple[Space, Statistic], ...]] = (
    ("raw", "normalized_wasserstein_distance"),
    ("raw", "ks_statistic"),
    ("residual", "ks_statistic"),
    ("residual", "jensen_shannon_distance"),
)
"""What the last axis of every array of scores, limits and floors holds.

Each space is judged by two statistics that both have to be over their limit. In residual space the
bounded ones are better: the history of distances has outliers that leave their limit useless.
"""
SPACES: Final[tuple[Space, ...]] = ("raw", "residual")
_NEEDED: Final[tuple[Statistic, ...]] = tuple(dict.fromkeys(name for _, name in SCORES))


@dataclass(frozen=True, slots=True)
class Measurement:
    """How far a circuit's current window is from a reference window."""

    features: tuple[str, ...]
    raw: Comparisons
    """Of readings, a row per feature."""
    residual: Comparisons
    """Of what the other features leave, a row per feature; NaN where there is no such space."""
    residual_reasons: tuple[str | None, ...]
    """Why a feature has no residual space; None where it has one."""
    scores: FloatArray
    """A row per feature, a column for each of SCORES; NaN where there is no such score."""


def measure(
    features: Sequence[str],
    reference: FloatArray,
    current: FloatArray,
    *,
    resolution: float | FloatArray = 0.0,
    statistics: Sequence[Statistic] = STATISTICS,
) -> Measurement:
    """Compare a circuit's features in raw and in residual space.

    Args:
        features: names, one per row.
        reference: a row of readings per feature; NaN where missing.
        current: as reference.
        resolution: see `compare_many`; of the readings, not of the residuals.
        statistics: those wanted beside the ones that are judged.

    Raises:
        ValueError: the numbers of rows differ from the number of features.
    """
    if not len(features) == len(reference) == len(current):
        raise ValueError(
            f"{len(features)} features but {len(reference)} rows of reference "
            f"and {len(current)} of current"
        )
    wanted = tuple(dict.fromkeys((*_NEEDED, *statistics)))
    raw = compare_many(reference, current, resolution=resolution, statistics=wanted)
    model = fit_residuals(reference, raw.coverage_current >= MINIMUM_COVERAGE)
    residual = compare_pairs(
        zip(model.residuals(reference), model.residuals(current), repeat(0.0), strict=False),
        statistics=wanted,
    )
    scores = _scores(raw, residual)
    return Measurement(tuple(features), raw, residual, model.reasons, scores)


def exceedances(scores: FloatArray, limits: FloatArray) -> FloatArray:
    """Tell how far scores are over their limits, by space, broadcasting over leading axes.

    A space's exceedance is the smaller of its two ratios of score to limit, so that both have to
    be over 1 for it to be. A score over an infinite limit does not exist: it counts as 1 where it
    is infinite too, else as 0.

    Args:
        scores: last axis as SCORES.
        limits: as scores, above 0.

    Returns:
        The last axis holds raw and residual; NaN where a score or a limit is NaN.
    """
    with np.errstate(invalid="ignore"):
        ratios = scores / limits
    ratios = np.where(np.isinf(scores) & np.isinf(limits), 1.0, ratios)
    pairs = ratios.reshape(*ratios.shape[:-1], len(SPACES), 2)
    result: FloatArray = pairs.min(axis=-1)
    return result


def largest(exceedance: FloatArray) -> FloatArray:
    """Take the largest along the last axis, leaving out NaN; NaN where nothing else is there."""
    known = np.where(np.isnan(exceedance), -np.inf, exceedance).max(axis=-1, initial=-np.inf)
    result: FloatArray = np.where(np.isneginf(known), np.nan, known)
    return result


def _scores(raw: Comparisons, residual: Comparisons) -> FloatArray:
    spaces = {"raw": raw, "residual": residual}
    columns = [getattr(spaces[space], statistic) for space, statistic in SCORES]
    result: FloatArray = np.stack(columns, axis=-1)
    for first, comparisons in ((0, raw), (2, residual)):
        thin = np.minimum(comparisons.coverage_reference, comparisons.coverage_current)
        result[thin < MINIMUM_COVERAGE, first : first + 2] = np.nan
    return result
