"""Predictions of several models of one circuit, such as a challenger's beside its own. Pure.

Versions count anew in each registered model, so that two models may have one of the same name.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from monitoring.prediction_table import PREDICTED
from monitoring.sensors import CircuitReadings, FloatArray

MODEL_NAME: Final = "model_name"
COLUMNS: Final = (PREDICTED, MODEL_NAME)
"""What is read of a prediction where its error is not asked for."""
TEXTS: Final = frozenset({MODEL_NAME})
"""Those of them that are texts, and that a table may do without."""
RENAME: Final = "write the deployed model's name into `model_name` in circuits.yaml"
"""What to do about predictions that are all of other models."""
_Group = TypeVar("_Group", bound=str | None)


def by_name(predictions: CircuitReadings, own: str) -> dict[str, CircuitReadings]:
    """Divide predictions by the model that made them, their order kept.

    Args:
        predictions: with the column `MODEL_NAME`, unless their table lacks it.
        own: name of the circuit's model; rows that name none are taken for its.

    Returns:
        The circuit's own model first, also without a row; then those that have one, sorted.
    """
    names = tuple(dict.fromkeys((*predictions.texts.get(MODEL_NAME, ()), own)))
    if names == (own,):
        return {own: predictions}
    places = np.nan_to_num(predictions.values[MODEL_NAME], nan=names.index(own))
    found = divided(predictions, np.arange(places.size), places, names)
    mine = found.pop(own, None) or _chosen(predictions, np.empty(0, np.intp))
    return {own: mine, **dict(sorted(found.items()))}


def predictions_of(predictions: CircuitReadings, model: str) -> tuple[CircuitReadings, str]:
    """Take the predictions that a model made, or that name none, without `MODEL_NAME`.

    Returns:
        Those, and what is wrong if there are predictions and all are of other models, else "".
    """
    own, *others = by_name(predictions, model).values()
    problem = ""
    if others and not own.timestamps.size:
        named = ", ".join(sorted(set(predictions.texts[MODEL_NAME]) - {model}))
        problem = f"no prediction is of its model {model}, all are of {named}"
    values = {name: each for name, each in own.values.items() if name != MODEL_NAME}
    return replace(own, values=values, texts={}), problem


def divided(
    predictions: CircuitReadings,
    rows: NDArray[np.intp],
    places: FloatArray,
    names: Sequence[_Group],
) -> dict[_Group, CircuitReadings]:
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
