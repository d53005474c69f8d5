"""Forecasts of one target time by several versions of a model, told apart. Pure.

A version takes over from another, or runs beside it as a canary: their errors are of two models.
"""

from collections.abc import Mapping
from math import inf
from typing import Final, TypeAlias

import numpy as np

from monitoring.model_predictions import divided
from monitoring.performance.matching import HORIZON, ISSUED_AT
from monitoring.sensors import CircuitReadings
from monitoring.windows import Window

VERSION: Final = "model_version"

Version: TypeAlias = str | None
"""None where a forecast does not say which model made it."""


def by_version(predictions: CircuitReadings, window: Window) -> dict[Version, CircuitReadings]:
    """Divide the predictions of a window by the version that made them, their order kept.

    Returns:
        Those that have a row, sorted; the unknown version comes first.
    """
    times, places = predictions.timestamps, predictions.values[VERSION]
    names: tuple[Version, ...] = (*predictions.texts.get(VERSION, ()), None)
    inside = np.flatnonzero((times >= window.start_us) & (times < window.end_us))
    found = divided(predictions, inside, np.nan_to_num(places, nan=len(names) - 1), names)
    return dict(sorted(found.items(), key=lambda item: item[0] or ""))


def judged_version(
    versions: Mapping[Version, CircuitReadings], configured: Version, current: Window
) -> Version:
    """Choose the version that the circuit's verdict is of.

    It is the configured one, if that has forecasts of the current window: later than that it may
    have been replaced. Else it is the one that issued the newest forecast; of several, as of a
    canary, the one that began last.

    Args:
        versions: of `by_version`; empty of a circuit without a prediction.
        configured: what the configuration says is deployed; None where it does not say.
        current: the window of a verdict of today.
    """
    if not versions:
        return configured
    own = versions.get(configured) if configured is not None else None
    if own is not None and own.timestamps.max() >= current.start_us:
        return configured
    return max(versions, key=lambda version: (*_newness(versions[version]), version or ""))


def _newness(predictions: CircuitReadings) -> tuple[float, float, float]:
    """Tell when a version issued its newest forecast, of what, and when its first is of.

    A wrong clock says nothing.
    """
    times, issued = predictions.timestamps, predictions.values[ISSUED_AT]
    sound = ~((issued > times) | (predictions.values[HORIZON] < 0))
    if not sound.any():
        return -inf, -inf, -inf
    newest = float(np.nanmax(issued[sound], initial=-inf))
    return newest, float(times[sound].max()), float(times[sound].min())
