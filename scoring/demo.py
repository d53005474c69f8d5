"""Scores a simulated fleet as its batch deployments would, into a recording: no cloud.

    python -m scoring.demo --sensors demo/data/sensors --until 2026-11-20 --nights 5 --out demo

For each night every circuit's readings of the day before become a file, as an export would write
it, and its deployment scores it. One file of the first night is cut short, as by an export that was
killed. A circuit without readings has no file. Into `--out` go `batches/`, a Delta
table a plant in `scored/`, and `telemetry/`.
"""

import argparse
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import parquet as pq

from generator.fleet import Circuit
from generator.project import validate
from generator.resolve import resolve
from monitoring.prediction_table import INSTANT
from monitoring.sensors import CircuitReadings, FloatArray
from monitoring.sources import CircuitKey, open_table, read_fleet
from monitoring.telemetry.recorded import recorded
from monitoring.telemetry.sink import Sink
from monitoring.windows import Window
from scoring.collector import Collector
from scoring.forecasts import Scorer
from scoring.mini_batches import MiniBatches

HORIZON_MINUTES: Final = 60
EVERY_ROWS: Final = 60
"""Of rows a minute, those of full hours are forecast from."""
SCORED_AT: Final = time(0, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Persistence:
    """Forecasts that nothing changes: the mean of the readings."""

    def predict(self, features: FloatArray, /) -> FloatArray:
        """Return a value a row."""
        result: FloatArray = np.nanmean(features, axis=1)
        return result


def main() -> None:
    """Score the nights that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--sensors", required=True)
    parser.add_argument("--until", type=date.fromisoformat, required=True)
    parser.add_argument("--nights", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    fleet = resolve(validate(Path("config"), given.until), "prod")
    tables = (given.out / "scored").resolve()
    circuits = {
        CircuitKey.of(circuit): replace(
            circuit,
            predictions=str(tables / circuit.plant_id),
            production=None,
            production_outputs=None,
        )
        for circuit in fleet.circuits
    }
    collector = Collector({})
    for ago in reversed(range(given.nights)):
        night = given.until - timedelta(days=ago)
        batches = given.out / "batches" / str(night)
        files = dict(write_batches(given.sensors, circuits, night, batches))
        if ago == given.nights - 1:
            cut_short(next(iter(files.values())))
        at = datetime.combine(night, SCORED_AT)
        with recorded(given.out / "telemetry", at, f"scoring-{night}") as sink:
            failed = sum(
                score(path, circuits[key], circuits, collector, sink) for key, path in files.items()
            )
        print(f"{night}: {len(files)} files, {failed} failed")  # noqa: T201


def write_batches(
    sensors: str, circuits: Mapping[CircuitKey, Circuit], night: date, folder: Path
) -> Iterator[tuple[CircuitKey, Path]]:
    """Write a file for each circuit with readings on the day before the night."""
    shutil.rmtree(folder, ignore_errors=True)
    day = Window.of_days(night - timedelta(days=1), night)
    features = {key: circuit.features for key, circuit in circuits.items()}
    for batch in read_fleet(open_table(sensors), features, day):
        for readings in batch:
            key = CircuitKey.of(readings)
            path = folder / key.plant_id / key.circuit_id / "readings.parquet"
            path.parent.mkdir(parents=True)
            pq.write_table(_rows(readings), path)
            yield key, path


def cut_short(path: Path) -> None:
    """Take away the second half of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def score(
    path: Path,
    circuit: Circuit,
    circuits: Mapping[CircuitKey, Circuit],
    collector: Collector,
    sink: Sink,
) -> int:
    """Score a file by the deployment of its circuit; return how many failed, 0 or 1."""
    scorer = Scorer(Persistence(), circuit.model_name, circuits, HORIZON_MINUTES)
    deployment = MiniBatches(scorer, collector, sink)
    deployment.score([path])
    return deployment.failed


def _rows(readings: CircuitReadings) -> pa.Table:
    times = pa.array(readings.timestamps[::EVERY_ROWS]).cast(INSTANT)
    columns: dict[str, Any] = {"timestamp": times}
    for name, values in readings.values.items():
        columns[name] = pa.array(values[::EVERY_ROWS], from_pandas=True)
    return pa.table(columns)


if __name__ == "__main__":
    main()
