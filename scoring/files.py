"""Reads a Parquet file of one circuit: what its model forecasts from, and when."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet as pq

from generator.fleet import Circuit
from monitoring.sensors import FloatArray, MicrosecondArray
from monitoring.sources.columns import NO_TIMESTAMP, is_instant, microseconds, numbers, whole
from monitoring.sources.keys import CircuitKey
from monitoring.sources.storage import ARROW_ERRORS
from scoring.circuits import Circuits, circuit_of_path
from scoring.errors import FileError, about
from scoring.settings import LONGEST_HORIZON

IDS: Final = ("plant_id", "circuit_id")
TIMESTAMP: Final = "timestamp"
HORIZON: Final = "horizon"


@dataclass(frozen=True, slots=True)
class FileRows:
    """The rows of a file."""

    circuit: Circuit
    timestamps: MicrosecondArray
    """When each row was read, in microseconds since 1970 in UTC: what a forecast is made from."""
    horizons: MicrosecondArray
    """How far ahead each row is forecast, in minutes."""
    features: tuple[FloatArray, ...]
    """A column for each of the circuit's features; NaN where a cell is null or no number."""


def read_file(path: Path, circuits: Circuits, horizon_minutes: int) -> FileRows:
    """Read a file whose columns `plant_id` and `circuit_id`, or whose folders, name its circuit.

    Args:
        path: a Parquet file with `timestamp` and the features of one circuit.
        circuits: those of the configuration.
        horizon_minutes: where the file has no column `horizon`.

    Raises:
        FileError: it is absent, empty, no Parquet file, lacks a column, has a horizon that is none,
            or is of another circuit than one.
    """
    try:
        if path.stat().st_size == 0:
            raise FileError("empty-file", "the file has no content", "write it anew")
        with pq.ParquetFile(path, memory_map=True) as file:
            if not file.metadata.num_rows:
                raise FileError("empty-file", "the file has no rows", "write it with the readings")
            present = set(file.schema_arrow.names)
            circuit = _circuit(_ids(file, present), path, circuits)
            with about(circuit):
                table = file.read(columns=_columns(circuit, present))
                return _rows(circuit, table, horizon_minutes)
    except FileNotFoundError as error:
        raise FileError(
            "absent-file", "the file is not there", "see whether it was moved"
        ) from error
    except ARROW_ERRORS as error:
        raise FileError(
            "malformed-file", f"the file is no whole Parquet file ({error})", "write it anew"
        ) from error


def _columns(circuit: Circuit, present: set[str]) -> list[str]:
    required = (TIMESTAMP, *circuit.features)
    if missing := [name for name in required if name not in present]:
        raise FileError(
            "missing-column",
            f"the file has no column {', '.join(missing)}",
            f"write {TIMESTAMP} and every feature of {circuit.key}",
        )
    return [*required, *({HORIZON} & present)]


def _rows(circuit: Circuit, table: pa.Table, horizon_minutes: int) -> FileRows:
    features = tuple(numbers(whole(table[name]))[0] for name in circuit.features)
    return FileRows(circuit, _timestamps(table), _horizons(table, horizon_minutes), features)


def _ids(file: pq.ParquetFile, present: set[str]) -> set[CircuitKey] | None:
    """Return the pairs of ids in a file; None if it has no such columns."""
    if not present.issuperset(IDS):
        return None
    table = file.read(columns=list(IDS))
    pairs = table.group_by(list(IDS)).aggregate([])
    ids = (pairs[name].to_pylist() for name in IDS)
    return {CircuitKey(str(plant), str(circuit)) for plant, circuit in zip(*ids, strict=True)}


def _circuit(found: set[CircuitKey] | None, path: Path, circuits: Circuits) -> Circuit:
    if found is not None and len(found) > 1:
        named = ", ".join(map(str, sorted(found)[:3]))
        raise FileError(
            "malformed-file",
            f"the file has rows of {len(found)} circuits ({named})",
            "write one file a circuit",
        )
    circuit = circuits.get(*found) if found else circuit_of_path(path, circuits)
    if circuit is None:
        named = f"names {next(iter(found))}, which is" if found else "and its folders name"
        raise FileError(
            "unknown-circuit",
            f"the file {named} no enabled circuit of the configuration",
            "add it to circuits.yaml, or write its ids into plant_id and circuit_id",
        )
    return circuit


def _timestamps(table: pa.Table) -> MicrosecondArray:
    column = whole(table[TIMESTAMP])
    if not is_instant(column.type):
        raise FileError(
            "malformed-file",
            f"the column {TIMESTAMP} has type {column.type}",
            "write it as a timestamp in UTC",
        )
    times = microseconds(column)
    if unknown := int((times == NO_TIMESTAMP).sum()):
        raise FileError(
            "malformed-file",
            f"{unknown:,} of {times.size:,} rows have no {TIMESTAMP}",
            "write when each row was read",
        )
    return times


def _horizons(table: pa.Table, minutes: int) -> MicrosecondArray:
    if HORIZON not in table.column_names:
        return np.full(table.num_rows, minutes, np.int64)
    column = whole(table[HORIZON])
    if not pa.types.is_integer(column.type) or column.null_count:
        raise FileError(
            "malformed-file",
            f"the column {HORIZON} has type {column.type} and {column.null_count:,} empty cells",
            "write whole minutes in each row, or leave the column away",
        )
    found: Any = pc.min_max(column)
    least, most = found["min"].as_py(), found["max"].as_py()
    if least < 1 or most > LONGEST_HORIZON:
        raise FileError(
            "malformed-file",
            f"the column {HORIZON} has values from {least:,} to {most:,}",
            f"write minutes ahead, from 1 to {LONGEST_HORIZON:,}",
        )
    return column.cast(pa.int64()).to_numpy()
