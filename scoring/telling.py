"""What telemetry is told of a file, by the contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from generator.fleet import Circuit
from monitoring.telemetry.contract import (
    CIRCUIT_ATTRIBUTES,
    MODEL_PREDICTIONS,
    PREDICTION_COMPLETED,
    PREDICTION_FAILED,
    PREDICTION_LATENCY_MS,
)
from monitoring.telemetry.sink import Sink, TelemetryEvent
from scoring.errors import FileError
from scoring.forecasts import Forecast

Line = dict[str, str | int | float]


def short_name(path: Path) -> str:
    """Name a file by its last two folders: above them is where a machine mounted it."""
    return "/".join(path.parts[-3:]).lstrip("/")


@dataclass(frozen=True, slots=True)
class ScoredFile:
    """What is told of a file: its rows need not be held until they are stored."""

    name: str
    circuit: Circuit
    records: int
    """Rows that have a prediction."""
    without_prediction: int
    latency_ms: float
    statistics: Mapping[str, float]
    """Mean and standard deviation of the predictions, where they are finite."""

    @classmethod
    def of(cls, forecast: Forecast) -> "ScoredFile":
        """Describe a forecast."""
        values = forecast.predictions[forecast.finite]
        with np.errstate(over="ignore"):
            found = {"prediction_mean": float(values.mean()), "prediction_std": float(values.std())}
        return cls(
            short_name(forecast.path),
            forecast.rows.circuit,
            values.size,
            forecast.predictions.size - values.size,
            forecast.latency_ms,
            {name: value for name, value in found.items() if isfinite(value)},
        )

    @property
    def line(self) -> Line:
        """Return the file's line of the output."""
        return {
            "file": self.name,
            **_attributes(self.circuit),
            "records": self.records,
            "without_prediction": self.without_prediction,
            "latency_ms": round(self.latency_ms, 3),
            **self.statistics,
        }


def tell_completed(sink: Sink, file: ScoredFile, stored: int) -> None:
    """Tell that a file was scored.

    Args:
        sink: where to.
        file: that was scored.
        stored: predictions that were not in the table before, so that a file that is scored again
            is not counted again.
    """
    attributes = _attributes(file.circuit)
    texts = {name: f"{value:.6g}" for name, value in file.statistics.items()}
    properties = {**attributes, "file": file.name, "records": str(file.records), **texts}
    measurements = {
        "latency_ms": file.latency_ms,
        "without_prediction": float(file.without_prediction),
    }
    sink.emit(TelemetryEvent(PREDICTION_COMPLETED, properties, measurements))
    sink.record(PREDICTION_LATENCY_MS, attributes, file.latency_ms)
    sink.add(MODEL_PREDICTIONS, attributes, stored)


def tell_failed(sink: Sink, path: Path, circuit: Circuit | None, error: FileError) -> None:
    """Tell that a file could not be scored; its circuit is None if nothing names it."""
    attributes = dict.fromkeys(CIRCUIT_ATTRIBUTES, "") if circuit is None else _attributes(circuit)
    about = {"file": short_name(path), "error_type": error.kind, "error": str(error)}
    sink.emit(TelemetryEvent(PREDICTION_FAILED, attributes | about, {}))


def _attributes(circuit: Circuit) -> dict[str, str]:
    return {name: getattr(circuit, name) or "" for name in CIRCUIT_ATTRIBUTES}
