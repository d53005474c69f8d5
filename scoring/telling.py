"""What telemetry is told of a file, by the contract."""

from collections.abc import Mapping
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


def short_name(path: Path) -> str:
    """Name a file by its last two folders: above them is where a machine mounted it."""
    return "/".join(path.parts[-3:]).lstrip("/")


def statistics(forecast: Forecast) -> dict[str, float]:
    """Return mean and standard deviation of the finite predictions, where they are finite."""
    values = forecast.predictions[forecast.finite]
    with np.errstate(over="ignore"):
        found = {"prediction_mean": float(values.mean()), "prediction_std": float(values.std())}
    return {name: value for name, value in found.items() if isfinite(value)}


def tell_completed(
    sink: Sink, forecast: Forecast, described: Mapping[str, float], stored: int
) -> None:
    """Tell that a file was scored.

    Args:
        sink: where to.
        forecast: of the file.
        described: its `statistics`.
        stored: predictions that were not in the table before, so that a file that is scored again
            is not counted again.
    """
    attributes = _attributes(forecast.rows.circuit)
    texts = {name: f"{value:.6g}" for name, value in described.items()}
    properties = {
        **attributes,
        "file": short_name(forecast.path),
        "records": str(int(forecast.finite.sum())),
        **texts,
    }
    sink.emit(TelemetryEvent(PREDICTION_COMPLETED, properties, {"latency_ms": forecast.latency_ms}))
    sink.record(PREDICTION_LATENCY_MS, attributes, forecast.latency_ms)
    sink.add(MODEL_PREDICTIONS, attributes, stored)


def tell_failed(sink: Sink, path: Path, circuit: Circuit | None, error: FileError) -> None:
    """Tell that a file could not be scored; its circuit is None if nothing names it."""
    attributes = dict.fromkeys(CIRCUIT_ATTRIBUTES, "") if circuit is None else _attributes(circuit)
    about = {"file": short_name(path), "error_type": error.kind, "error": str(error)}
    sink.emit(TelemetryEvent(PREDICTION_FAILED, attributes | about, {}))


def _attributes(circuit: Circuit) -> dict[str, str]:
    return {name: getattr(circuit, name) or "" for name in CIRCUIT_ATTRIBUTES}
