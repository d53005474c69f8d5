"""Scores a simulated fleet as its batch deployments would, into a recording: no cloud.

    python -m scoring.demo --data demo/data --until 2026-11-20 --nights 4 --out demo

As often as each circuit should score, its readings of full hours become a file, as an export would
write it, and its deployment scores it. The models are simulated like the readings, and say what the
simulation drew. One file of the first night is cut short, as by an export that was killed. A
circuit without readings has no file. Into `--out` go `batches/`, `predictions/`, which is the
collector's table and begins with what was forecast before, and `telemetry/`.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet as pq

from generator.fleet import Circuit
from generator.project import validate
from generator.resolve import resolve
from monitoring.prediction_table import INSTANT
from monitoring.quality.timeline import HOUR
from monitoring.sensors import CircuitReadings, MicrosecondArray
from monitoring.sources import CircuitKey, open_table, read_fleet
from monitoring.telemetry.recorded import recorded
from monitoring.telemetry.sink import Sink
from monitoring.windows import Window, Windows
from scoring.circuits import Circuits
from scoring.collector import Collector
from scoring.forecasts import Scorer
from scoring.mini_batches import MiniBatches
from scoring.simulated_models import SimulatedModels, begin_table

HORIZON_MINUTES: Final = 60
SCORED_AFTER: Final = timedelta(minutes=30)


@dataclass(frozen=True)
class Batch:
    """A file to be scored."""

    key: CircuitKey
    path: Path
    timestamps: MicrosecondArray
    """Of its rows."""


def main() -> None:
    """Score the nights that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--until", type=date.fromisoformat, required=True)
    parser.add_argument("--nights", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    fleet = resolve(validate(Path("config"), given.until), "prod")
    sensors, predictions = (str(given.data / name) for name in ("sensors", "predictions"))
    collected = (given.out / "predictions").resolve()
    circuits = {
        CircuitKey.of(circuit): replace(
            circuit,
            predictions=str(collected),
            production=None,
            production_outputs=None,
        )
        for circuit in fleet.circuits
    }
    first_night = given.until - timedelta(days=given.nights - 1)
    scored_from = _midnight(first_night) - timedelta(days=1)
    history = Window(Windows.of(first_night).whole.start, scored_from)
    models = begin_table(predictions, collected, history)
    collector, first = Collector({}), min(circuits)
    for ago in reversed(range(given.nights)):
        night = given.until - timedelta(days=ago)
        files = failed = 0
        for end, due in rounds(circuits, night):
            folder = given.out / "batches" / f"{end:%Y-%m-%dT%H}"
            batches = list(write_batches(sensors, due, end, folder))
            for batch in batches:
                if night == first_night and batch.key == first:
                    cut_short(batch.path)
            name = f"scoring-{folder.name}"
            with recorded(given.out / "telemetry", end + SCORED_AFTER, name) as sink:
                failed += sum(score(batch, models, circuits, collector, sink) for batch in batches)
            files += len(batches)
        print(f"{night}: {files} files, {failed} failed")  # noqa: T201


def rounds(circuits: Circuits, night: date) -> list[tuple[datetime, Circuits]]:
    """Tell when circuits are scored in the 24 hours that end with the night, and which."""
    midnight = _midnight(night)
    due: dict[datetime, dict[CircuitKey, Circuit]] = {}
    for key, circuit in circuits.items():
        every = circuit.expected_every
        for back in range(max(timedelta(days=1) // every, 1)):
            due.setdefault(midnight - back * every, {})[key] = circuit
    return sorted(due.items())


def write_batches(sensors: str, circuits: Circuits, end: datetime, folder: Path) -> Iterator[Batch]:
    """Write a file for each circuit with readings since it was scored before."""
    features = {key: circuit.features for key, circuit in circuits.items()}
    window = Window(end - timedelta(days=1), end)
    for batch in read_fleet(open_table(sensors), features, window):
        for readings in batch:
            key = CircuitKey.of(readings)
            since = end - circuits[key].expected_every
            rows = _rows(readings, Window(since, end))
            if rows.num_rows:
                path = folder / key.plant_id / key.circuit_id / "readings.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(rows, path)
                yield Batch(key, path, rows["timestamp"].cast(pa.int64()).to_numpy())


def cut_short(path: Path) -> None:
    """Take away the second half of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def score(
    batch: Batch, models: SimulatedModels, circuits: Circuits, collector: Collector, sink: Sink
) -> int:
    """Score a file by the deployment of its circuit; return how many failed, 0 or 1."""
    model = models.of(batch.key, batch.timestamps)
    scorer = Scorer(model, circuits[batch.key].model_name, circuits, HORIZON_MINUTES)
    deployment = MiniBatches(scorer, collector, sink)
    deployment.score([batch.path])
    return deployment.failed


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _rows(readings: CircuitReadings, window: Window) -> pa.Table:
    """Take the full hours of a window."""
    stored = readings.timestamps
    chosen = (stored >= window.start_us) & (stored < window.end_us) & (stored % HOUR == 0)
    columns: dict[str, Any] = {"timestamp": pa.array(stored[chosen]).cast(INSTANT)}
    for name, values in readings.values.items():
        columns[name] = pa.array(values[chosen], from_pandas=True)
    return pa.table(columns)


if __name__ == "__main__":
    main()
