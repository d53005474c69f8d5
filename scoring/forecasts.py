"""Scores one file: rows in, forecasts with their statistics out."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitoring.sensors import FloatArray
from scoring.circuits import Circuits
from scoring.errors import FileError, about
from scoring.files import FileRows, read_file
from scoring.models import Model

LEAST_FINITE: Final = 0.5
"""Share of a file's rows that must get a finite number: with fewer, the file counts as failed."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the model said of one file."""

    path: Path
    rows: FileRows
    predictions: FloatArray
    """One a row; NaN where the model gave no finite number."""
    latency_ms: float
    """From opening the file to the last prediction."""

    @property
    def finite(self) -> NDArray[np.bool_]:
        """Tell which rows have a prediction."""
        return np.isfinite(self.predictions)


@dataclass(frozen=True, slots=True)
class Scorer:
    """A model and the circuits it may be asked about."""

    model: Model
    model_name: str
    circuits: Circuits
    horizon_minutes: int

    def score(self, path: Path) -> Forecast:
        """Score a file.

        Raises:
            FileError: it cannot be read, is of another model's circuit, or the model fails on it.
        """
        started = perf_counter()
        rows = read_file(path, self.circuits, self.horizon_minutes)
        with about(rows.circuit):
            if rows.circuit.model_name != self.model_name:
                raise FileError(
                    "wrong-model",
                    f"{rows.circuit.key} is forecast by {rows.circuit.model_name}, "
                    f"and this is {self.model_name}",
                    "send the file to the deployment of its own circuit",
                )
            predictions = _predictions(self.model, rows)
        return Forecast(path, rows, predictions, (perf_counter() - started) * 1000)


def _predictions(model: Model, rows: FileRows) -> FloatArray:
    try:
        answer: Any = model.predict(np.column_stack(rows.features))
        values = np.asarray(answer, np.float64).reshape(-1)
    except Exception as error:
        raise FileError(
            "model-error",
            f"the model broke ({type(error).__name__}: {error})",
            f"see whether it takes {len(rows.features)} features a row",
        ) from error
    if values.size != rows.timestamps.size:
        raise FileError(
            "model-error",
            f"the model gave {values.size:,} values for {rows.timestamps.size:,} rows",
            "let it give one a row",
        )
    finite = int(np.count_nonzero(np.isfinite(values)))
    if finite < LEAST_FINITE * values.size:
        few = f"only {finite:,}" if finite else "none"
        are = "are finite numbers" if finite > 1 else "is a finite number"
        raise FileError(
            "no-predictions",
            f"{few} of the {values.size:,} predictions {are}; half of them must be",
            "see whether the readings are missing, which the model cannot do without",
        )
    return np.where(np.isfinite(values), values, np.nan)
