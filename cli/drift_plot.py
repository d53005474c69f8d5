"""Reads what a picture of a circuit shows, and draws it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from cli.baseline import Baselines, pinned
from generator.fleet import Circuit
from monitoring.drift.history import DailySeries, day_number
from monitoring.drift.scores import measure
from monitoring.plots.circuit import CircuitPicture, Sample, write_picture
from monitoring.plots.history import read_history
from monitoring.sensors import FloatArray
from monitoring.sources import CircuitKey, SourceError, open_table, read_fleet
from monitoring.windows import Windows


@dataclass(frozen=True, slots=True)
class PlotRequest:
    """What a picture is asked for."""

    circuit: Circuit
    data: str
    as_of: date
    records: str | None
    baselines: Baselines | None


def run_plot(request: PlotRequest, out: Path) -> list[str]:
    """Draw a circuit; tell what could not be drawn.

    Raises:
        SourceError: data or records cannot be read, or the circuit has no row.
        BaselineError: it is not known where baselines are.
        ValueError: the file's name ends neither in .svg nor in .png.
        OSError: the file cannot be written.
    """
    circuit, windows = request.circuit, Windows.of(request.as_of)
    table = open_table(request.data)
    key = CircuitKey.of(circuit)
    reading = read_fleet(table, {key: circuit.features}, windows.whole)
    found = [readings for batch in reading for readings in batch]
    if not found:
        raise SourceError(
            f"{key} has no row in the 37 days before {request.as_of}",
            request.data,
            "choose another --as-of",
        )
    notes = [str(issue) for issue in reading.issues]
    series = DailySeries.of(found[0].timestamps, found[0].values)
    day = day_number(windows.current.end)
    samples = [
        Sample("reference", windows.reference, _named(circuit, series.reference(day))),
        Sample("current", windows.current, _named(circuit, series.current(day))),
    ]
    if request.baselines is not None:
        baselines = pinned(request.baselines, (circuit,), ("inputs",))
        snapshot = baselines.snapshot(circuit, "inputs")
        if snapshot.values is None or snapshot.window is None:
            notes.append(f"{circuit.key} is drawn without its baseline: {snapshot.problem}")
        else:
            samples.append(Sample("training", snapshot.window, snapshot.values))
    history = None
    if request.records is not None:
        history = read_history(request.records, circuit.plant_id, circuit.circuit_id)
    limits = circuit.limits
    picture = CircuitPicture(
        f"{circuit.key}, as of {request.as_of}",
        circuit.features,
        samples,
        _notes(circuit, samples),
        history,
        float(limits["drift_ladder_calibrated_schedule"].value),
        float(limits["drift_ladder_calibrated_immediate"].value),
    )
    write_picture(picture, out)
    return notes


def _named(circuit: Circuit, rows: FloatArray) -> dict[str, FloatArray]:
    return dict(zip(circuit.features, rows, strict=True))


def _notes(circuit: Circuit, samples: list[Sample]) -> dict[str, str]:
    """Write the raw distances of each feature, and what is missing now."""
    stacked = {s.name: np.stack([_of(s, feature) for feature in circuit.features]) for s in samples}
    current = stacked.pop("current")
    lines: dict[str, list[str]] = {feature: [] for feature in circuit.features}
    for name, reference in stacked.items():
        raw = measure(circuit.features, reference, current).raw
        for row, feature in enumerate(circuit.features):
            wasserstein = float(raw.normalized_wasserstein_distance[row])
            lines[feature].append(f"to {name}: Wn {wasserstein:.2f}, D {raw.ks_statistic[row]:.2f}")
    for row, feature in enumerate(circuit.features):
        missing = 1.0 - float(np.isfinite(current[row]).mean()) if current.shape[1] else 1.0
        if missing > 0:
            lines[feature].append(f"{missing:.1%} missing now")
    return {feature: "   ".join(texts) for feature, texts in lines.items()}


def _of(sample: Sample, feature: str) -> FloatArray:
    size = next(iter(sample.values.values())).size
    return sample.values.get(feature, np.full(size, np.nan))
