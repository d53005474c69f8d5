"""Forecasts of one target time by several models, or versions of one, told apart. Pure.

A version takes over from another, or runs beside it as a canary: their errors are of two models.
Versions count anew in each registered model, so that two models may have one of the same name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from monitoring.performance.matching import HORIZON, ISSUED_AT
from monitoring.sensors import CircuitReadings, FloatArray
from monitoring.windows import Window

NAME: Final = "model_name"
VERSION: Final = "model_version"

Name = TypeVar("Name", bound=str | None)
Version: TypeAlias = str | None
"""None where a forecast does not say which model made it."""


def by_name(predictions: CircuitReadings, own: str) -> dict[str, CircuitReadings]:
    """Divide predictions by the model that made them, their order kept.

    Args:
        predictions: with the column `NAME`, unless their table lacks it.
        own: name of the circuit's model; rows that name none are taken for its.

    Returns:
        The circuit's own model first, also without a row; then those that have one, sorted.
    """
    names = tuple(dict.fromkeys((*predictions.texts.get(NAME, ()), own)))
    if names == (own,):
        return {own: predictions}
    places = np.nan_to_num(predictions.values[NAME], nan=names.index(own))
    found = _divided(predictions, np.arange(places.size), places, names)
    mine = found.pop(own, None) or _chosen(predictions, np.empty(0, np.intp))
    return {own: mine, **dict(sorted(found.items()))}


def by_version(predictions: CircuitReadings, window: Window) -> dict[Version, CircuitReadings]:
    """Divide the predictions of a window by the version that made them, their order kept.

    Returns:
        Those that have a row, sorted; the unknown version comes first.
    """
    times, places = predictions.timestamps, predictions.values[VERSION]
    names: tuple[Version, ...] = (*predictions.texts.get(VERSION, ()), None)
    inside = np.flatnonzero((times >= window.start_us) & (times < window.end_us))
    found = _divided(predictions, inside, np.nan_to_num(places, nan=len(names) - 1), names)
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


def _divided(
    predictions: CircuitReadings, rows: NDArray[np.intp], places: FloatArray, names: Sequence[Name]
) -> dict[Name, CircuitReadings]:
    """Divide some rows by the names that places are the positions in."""
    codes = places[rows].astype(np.int64)
    used, numbers = np.unique(codes, return_counts=True)
    parts = np.split(rows[np.argsort(codes, kind="stable")], np.cumsum(numbers)[:-1])
    return {names[n]: _chosen(predictions, own) for n, own in zip(used, parts, strict=False)}


def _chosen(predictions: CircuitReadings, rows: NDArray[np.intp]) -> CircuitReadings:
    if rows.size == predictions.timestamps.size:
        return predictions
    return replace(
        predictions,
        timestamps=predictions.timestamps[rows],
        values={name: values[rows] for name, values in predictions.values.items()},
    )
