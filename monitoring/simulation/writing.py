"""Writes a simulated fleet: three Delta tables and the list of its faults."""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from monitoring.prediction_table import INSTANT, PREDICTIONS
from monitoring.simulation.faults import Fault, Scale
from monitoring.simulation.generation import CircuitRows, Forecasts, Generator, Simulation

ROW_GROUP_ROWS: Final = 32_768
"""A row group holds whole plants up to about this many rows, so that a plant can be read alone."""
FILE_DAYS: Final = 30
"""Days of forecasts in one file."""
HORIZON_MINUTES: Final = 60
_IDS: Final[list[Any]] = [
    pa.field("plant_id", pa.string()),
    pa.field("circuit_id", pa.string()),
]
Progress = Callable[[int, int], object]


def write_simulation(
    simulation: Simulation, out: Path, progress: Progress = lambda done, total: None
) -> None:
    """Write `sensors`, `predictions`, `actuals` and `faults.json` into a new folder.

    The folder appears when all of it is there. Files follow from the simulation; only the times in
    Delta's log are those of the writing.

    Args:
        simulation: What to simulate.
        out: The folder; it must not exist, or be empty.
        progress: Called with the days that are done, and all of them.

    Raises:
        FileExistsError: there is something at `out`.
        OSError: the folder cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"{out} is not an empty folder")
    _remove_left(out)
    aside = out.with_name(f".{out.name}.{os.getpid()}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        _write(simulation, aside, progress)
        if out.exists():
            out.rmdir()
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _remove_left(out: Path) -> None:
    """Remove what killed processes left of this folder."""
    pattern = re.compile(rf"\.{re.escape(out.name)}\.(\d+)\.partial")
    for path in list(out.parent.glob(".*.partial")):
        if (found := pattern.fullmatch(path.name)) and not _is_running(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is somebody else's
        return True
    return True


def _write(simulation: Simulation, folder: Path, progress: Progress) -> None:
    features = sorted({name for circuit in simulation.circuits for name in circuit.features})
    sensors = _Table(folder / "sensors", _sensors(features), dated=True)
    predictions = _Table(folder / "predictions", PREDICTIONS)
    actuals = _Table(folder / "actuals", _ACTUALS)
    generator = Generator(simulation)
    held: list[Forecasts] = []
    done = held_days = 0
    for stretch in generator:
        for day, rows in stretch.sensors:
            sensors.write([_sensor_rows(sensors.schema, each) for each in _by_plant(rows)], day)
        held += stretch.forecasts
        held_days += len(stretch.sensors)
        done += len(stretch.sensors)
        if held_days >= FILE_DAYS or done == simulation.history_days:
            held.sort(key=lambda f: (f.circuit.plant_id, f.circuit.circuit_id))
            predictions.write([_predictions(f) for f in held])
            actuals.write([_actuals(f) for f in held])
            held, held_days = [], 0
        progress(done, simulation.history_days)
    for table in (sensors, predictions, actuals):
        table.commit()
    text = json.dumps(_faults(simulation, generator.scales), indent=2, ensure_ascii=False)
    (folder / "faults.json").write_text(text + "\n", "utf-8", newline="\n")


def _sensors(features: Sequence[str]) -> pa.Schema:
    columns = [pa.field(name, pa.float64()) for name in features]
    return pa.schema([*_IDS, pa.field("timestamp", INSTANT), *columns])


_ACTUALS: Final = pa.schema(
    [*_IDS, pa.field("target_time", INSTANT), pa.field("actual_value", pa.float64())]
)


def _ids(plant_id: str, circuit_id: str, rows: int) -> list[Any]:
    return [pa.repeat(pa.scalar(text, pa.string()), rows) for text in (plant_id, circuit_id)]


def _by_plant(rows: Sequence[CircuitRows]) -> list[list[CircuitRows]]:
    """Divide rows, which are in order of plant."""
    return [list(group) for _, group in groupby(rows, key=lambda each: each.circuit.plant_id)]


def _sensor_rows(schema: pa.Schema, rows: Sequence[CircuitRows]) -> pa.RecordBatch:
    """Join the rows of a plant's circuits."""
    sizes = [each.timestamps.size for each in rows]
    of_circuit = np.repeat(np.arange(len(rows), dtype=np.int32), sizes)
    circuits = pa.array([each.circuit.circuit_id for each in rows])
    columns: list[Any] = [
        pa.repeat(pa.scalar(rows[0].circuit.plant_id, pa.string()), sum(sizes)),
        pa.DictionaryArray.from_arrays(of_circuit, circuits).cast(pa.string()),
        pa.array(np.concatenate([each.timestamps for each in rows])).cast(INSTANT),
    ]
    missing = [np.full(size, np.nan) for size in sizes]
    for name in schema.names[3:]:
        values = [each.values.get(name, nan) for each, nan in zip(rows, missing, strict=True)]
        # NaN is what a lost reading is in memory; in the table it is null, as a lake has it.
        columns.append(pa.array(np.concatenate(values), from_pandas=True))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _predictions(forecasts: Forecasts) -> pa.RecordBatch:
    known = ~np.isnan(forecasts.predicted)
    times, circuit = forecasts.target_times[known], forecasts.circuit
    issued = times - HORIZON_MINUTES * 60_000_000
    columns = [
        *_ids(circuit.plant_id, circuit.circuit_id, times.size),
        *_ids(circuit.model_name, circuit.model_version, times.size),
        pa.array(issued).cast(INSTANT),
        pa.array(times).cast(INSTANT),
        pa.repeat(pa.scalar(HORIZON_MINUTES, pa.int64()), times.size),
        pa.array(forecasts.predicted[known]),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PREDICTIONS)


def _actuals(forecasts: Forecasts) -> pa.RecordBatch:
    circuit, times = forecasts.circuit, forecasts.target_times
    columns = [
        *_ids(circuit.plant_id, circuit.circuit_id, times.size),
        pa.array(times).cast(INSTANT),
        pa.array(forecasts.actual),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=_ACTUALS)


class _Table:
    """Parquet files that become a Delta table with one commit at the end."""

    def __init__(self, folder: Path, schema: pa.Schema, *, dated: bool = False) -> None:
        self.schema = schema
        self._folder, self._dated = folder, dated
        self._actions: list[Any] = []
        folder.mkdir()

    def write(self, batches: Sequence[pa.RecordBatch], day: date | None = None) -> None:
        """Write one file of rows that are sorted by plant and circuit."""
        from deltalake.transaction import AddAction

        batches = [batch for batch in batches if batch.num_rows]
        if not batches:
            return
        name = f"part-{len(self._actions):05}.parquet"
        path = name if day is None else f"date={day}/{name}"
        target = self._folder / path
        target.parent.mkdir(exist_ok=True)
        with pq.ParquetWriter(target, self.schema, compression="snappy") as writer:
            for group in _row_groups(batches):
                writer.write_table(group, row_group_size=group.num_rows)
        partitions = {} if day is None else {"date": str(day)}
        self._actions.append(
            AddAction(
                path,
                target.stat().st_size,
                partitions,
                int(target.stat().st_mtime * 1000),
                data_change=True,
                stats=json.dumps({"numRecords": sum(batch.num_rows for batch in batches)}),
            )
        )

    def commit(self) -> None:
        from deltalake import Schema
        from deltalake.transaction import create_table_with_add_actions

        date_column = [pa.field("date", pa.date32())] if self._dated else []
        schema = pa.schema([*self.schema, *date_column])
        create_table_with_add_actions(
            str(self._folder),
            Schema.from_arrow(schema),
            self._actions,
            mode="error",
            partition_by=["date"] if self._dated else [],
        )


def _row_groups(batches: Sequence[pa.RecordBatch]) -> list[pa.Table]:
    """Join the rows of whole plants up to a number of rows."""
    groups: list[list[pa.RecordBatch]] = []
    rows = ROW_GROUP_ROWS
    plants: dict[str, list[pa.RecordBatch]] = {}
    for batch in batches:
        plants.setdefault(batch["plant_id"][0].as_py() or "", []).append(batch)
    for plant in plants.values():
        size = sum(batch.num_rows for batch in plant)
        if rows + size > ROW_GROUP_ROWS:
            groups.append([])
            rows = 0
        groups[-1] += plant
        rows += size
    return [pa.Table.from_batches(group) for group in groups]


def _faults(simulation: Simulation, scales: Mapping[Fault, Scale]) -> dict[str, object]:
    def moment(when: datetime) -> str:
        return when.isoformat().replace("+00:00", "Z")

    listed = []
    for fault in simulation.faults:
        scale = scales.get(fault)
        listed.append(
            {
                "plant_id": fault.plant_id,
                "circuit_id": fault.circuit_id,
                "feature": fault.feature,
                "kind": fault.kind,
                "size": fault.size,
                "start": moment(fault.when.start),
                "end": moment(fault.when.end),
                "mean_before": None if scale is None else scale.mean,
                "sigma_before": None if scale is None else scale.sigma,
            }
        )
    return {"as_of": str(simulation.as_of), "seed": simulation.seed, "faults": listed}
