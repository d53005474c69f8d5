"""Predictions of the circuit's own model, told apart from those of others."""

from math import nan

import numpy as np
import pytest

from monitoring.model_predictions import MODEL_NAME, predictions_of
from monitoring.sensors import CircuitReadings

OTHERS = "no prediction is of its model own, all are of challenger, other"


@pytest.mark.parametrize(
    ("names", "places", "kept", "problem"),
    [
        (("own",), [0, 0, 0], [1, 2, 3], ""),
        (("challenger", "own"), [0, 1, 0], [2], ""),
        (("challenger", "own"), [0, nan, 1], [2, 3], ""),  # a row that names none is the circuit's
        ((), [nan, nan, nan], [1, 2, 3], ""),  # as of a table without the column
        (("other", "challenger"), [0, 1, 0], [], OTHERS),
        ((), [], [], ""),
    ],
)
def test_only_what_the_own_model_said_is_taken(
    names: tuple[str, ...], places: list[float], kept: list[float], problem: str
) -> None:
    said = np.arange(1.0, 1 + len(places))
    values = {"predicted_value": said, MODEL_NAME: np.array(places)}
    times = np.arange(len(places), dtype=np.int64)
    texts = {MODEL_NAME: names} if names else {}
    predictions = CircuitReadings("P", "C", times, values, {}, texts=texts)

    own, told = predictions_of(predictions, "own")

    assert {name: each.tolist() for name, each in own.values.items()} == {"predicted_value": kept}
    assert (own.timestamps + 1).tolist() == kept
    assert told == problem
