"""What the other sensors of a circuit do not explain of each one.

Sensors of one machine move together: load raises a current and a temperature alike. What is left
of each after a linear fit on all others varies far less than its readings do, so a fault of one
sensor stands out of it that drowns in the readings. Residuals tell that something changed between
sensors, not which of them is at fault: a shifted sensor also moves what it explains of the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.drift._kernel import robust_scale
from monitoring.drift._regression import fill_residuals, moments
from monitoring.drift._sorting import sort_finite

FloatArray = NDArray[np.float64]

RIDGE: Final = 1e-3
"""Penalty, as a share of the variance of a standardised feature.

Small enough to leave the fit alone, large enough to keep it stable where two sensors are one.
"""
WINSOR_SCALES: Final = 6.0
"""Readings farther from the median than so many robust scales count as that far in the fit."""
MINIMUM_COVERAGE: Final = 0.5
"""Least share of finite readings of a feature that takes part in the fit."""
MINIMUM_ROWS_PER_FEATURE: Final = 10
"""Least complete rows of the reference for each feature in the fit."""
_SCALE_ROWS: Final = 8_192


@dataclass(frozen=True, slots=True)
class ResidualModel:
    """A ridge regression of each feature on all others, fitted on a reference window."""

    reasons: tuple[str | None, ...]
    """Why a feature has no residual space, one per feature; None where it has one."""
    center: FloatArray
    scale: FloatArray
    weights: FloatArray
    """Residual of standardised features, one row per feature that has a residual space."""

    @property
    def fitted(self) -> NDArray[np.bool_]:
        """Tell which features have a residual space."""
        return np.array([reason is None for reason in self.reasons], np.bool_)

    def residuals(self, values: FloatArray) -> Iterator[FloatArray]:
        """Take what the fit leaves of readings, in robust scales of each feature's reference.

        Args:
            values: a row of readings per feature, as many as were fitted.

        Yields:
            A row per feature. It is NaN where any feature of the fit is not finite, and all NaN
            for features without a residual space.
        """
        explaining = _rows(values, self.fitted)
        weights = iter(self.weights / self.scale)
        for reason in self.reasons:
            left = np.full(values.shape[1], np.nan)
            if reason is None:
                fill_residuals(explaining, self.center, next(weights), left)
            yield left


def fit_residuals(reference: FloatArray, usable: NDArray[np.bool_] | None = None) -> ResidualModel:
    """Regress each feature on all others, by one inverse of their penalised correlation.

    With C the covariance of standardised features plus the ridge on its diagonal and P its
    inverse, the ridge regression of feature j on all others leaves z P[:, j] / P[j, j], as the
    inverse of a partitioned matrix shows.
    Ridge: https://doi.org/10.1080/00401706.1970.10488634; without one:
    https://en.wikipedia.org/wiki/Partial_correlation#Using_matrix_inversion
    Features are centred at their median and scaled by their robust scale, and winsorised for the
    fit only, so a glitch in the reference does not bend it. Rows in which a feature of the fit is
    missing are left out.

    Args:
        reference: a row of readings per feature; NaN where missing.
        usable: features that may take part, for those that the current window lacks; all if None.

    Returns:
        A model in which a feature has no residual space if it is not usable, has less than half of
        its readings, is constant, or if fewer than two features or too few complete rows are left.
    """
    count = len(reference)
    reasons: list[str | None] = [None] * count
    center, scale = _center_and_scale(reference)
    coverage = np.isfinite(reference).mean(axis=1) if reference.shape[1] else np.zeros(count)
    for j in range(count):
        if coverage[j] < MINIMUM_COVERAGE:
            reasons[j] = "the reference has too few readings"
        elif not scale[j] > 0:
            reasons[j] = "the reference is constant"
        elif usable is not None and not usable[j]:
            reasons[j] = "the current window has too few readings"
    fitted = [j for j in range(count) if reasons[j] is None]
    if len(fitted) < 2:
        return _no_model(reasons, "no other feature is left to explain it")
    chosen = np.array([reason is None for reason in reasons], np.bool_)
    center, scale = center[chosen], scale[chosen]
    mean, covariance = np.empty(len(fitted)), np.empty((len(fitted), len(fitted)))
    rows = moments(_rows(reference, chosen), center, scale, WINSOR_SCALES, mean, covariance)
    if rows < MINIMUM_ROWS_PER_FEATURE * len(fitted):
        return _no_model(reasons, f"only {rows} rows of the reference are complete")
    precision = np.linalg.inv(covariance + RIDGE * np.eye(len(fitted)))
    weights = precision / np.diag(precision)[:, np.newaxis]
    return ResidualModel(tuple(reasons), center + mean * scale, scale, weights)


def _no_model(reasons: list[str | None], reason: str) -> ResidualModel:
    nothing = np.empty(0)
    return ResidualModel(
        tuple(known or reason for known in reasons), nothing, nothing, np.empty((0, 0))
    )


def _rows(values: FloatArray, chosen: NDArray[np.bool_]) -> FloatArray:
    return values if chosen.all() else values[chosen]


def _center_and_scale(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Tell each row's median and robust scale; NaN and 0 where nothing is finite.

    They set units and bounds only, for which every so manieth row does where there are many.
    """
    seen = values[:, :: max(1, values.shape[1] // _SCALE_ROWS)]
    ordered = np.empty(seen.shape[1])
    center, scale = np.full(len(values), np.nan), np.zeros(len(values))
    for j, row in enumerate(seen):
        if count := sort_finite(row, ordered):
            center[j] = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
            scale[j] = robust_scale(ordered[:count])
    return center, scale
