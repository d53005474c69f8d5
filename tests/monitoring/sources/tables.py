"""Small sensor tables for tests: rows as people would write them down, stored in many ways."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import WriterProperties, write_deltalake

from monitoring.sensors import CircuitReadings
from monitoring.sources import CircuitKey, FleetReading, StoredTable, open_table, read_fleet
from monitoring.windows import Window

START = date(2026, 11, 1)
WINDOW = Window.of_days(START, START + timedelta(days=3))
C1, C2, D1 = CircuitKey("P1", "C1"), CircuitKey("P1", "C2"), CircuitKey("P2", "C1")
FEATURES = ("voltage", "flow")
INSTANT = pa.timestamp("us", "UTC")
Row = tuple[str | None, str | None, float, float | None]
"""Plant, circuit, hours since the start, voltage."""


def moment(hours: float) -> datetime:
    return datetime(START.year, START.month, START.day, tzinfo=UTC) + timedelta(hours=hours)


def sensors(rows: Sequence[Row], columns: Mapping[str, Any] | None = None) -> pa.Table:
    """Make a table; the flow is ten times the voltage, the date that of the timestamp."""
    voltage = [row[3] for row in rows]
    made: dict[str, Any] = {
        "plant_id": pa.array([row[0] for row in rows], pa.string()),
        "circuit_id": pa.array([row[1] for row in rows], pa.string()),
        "date": pa.array([moment(row[2]).date() for row in rows], pa.date32()),
        "timestamp": pa.array([moment(row[2]) for row in rows], INSTANT),
        "voltage": pa.array(voltage, pa.float64()),
        "flow": pa.array([None if v is None else 10 * v for v in voltage], pa.float64()),
    }
    made.update(columns or {})
    return pa.table({name: column for name, column in made.items() if column is not None})


def three_days(keys: Sequence[CircuitKey] = (C1, C2, D1)) -> list[Row]:
    """Return four rows a day and circuit, sorted as a table is."""
    return [
        (key.plant_id, key.circuit_id, 24 * day + 6 * part, 100 * n + 10 * day + part)
        for day in range(3)
        for n, key in enumerate(keys)
        for part in range(4)
    ]


def delta(
    folder: Path, table: pa.Table, *, partitions: Sequence[str] = ("date",), rows: int | None = None
) -> str:
    """Append to a Delta table; `rows` is the size of a row group."""
    write_deltalake(
        folder,
        table,
        partition_by=list(partitions),
        mode="append",
        writer_properties=WriterProperties(max_row_group_size=rows or 1000),
    )
    return str(folder)


def parquet(folder: Path, table: pa.Table, *, hive: bool, rows: int = 1000) -> str:
    """Write one file a day, in folders `date=...` or all in one folder."""
    days: list[Any] = table["date"].to_pylist()
    for day in sorted(set(days)):
        part = table.filter(pa.array([other == day for other in days]))
        path = folder / (f"date={day}/part.parquet" if hive else f"{day}.parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(part.drop_columns(["date"]) if hive else part, path, row_group_size=rows)
    return str(folder)


def read(
    source: str | StoredTable,
    keys: Sequence[CircuitKey] = (C1, C2, D1),
    features: Sequence[str] = FEATURES,
    **options: Any,
) -> tuple[dict[CircuitKey, CircuitReadings], FleetReading]:
    table = open_table(source) if isinstance(source, str) else source
    reading = read_fleet(table, dict.fromkeys(keys, tuple(features)), WINDOW, **options)
    served = [circuit for part in reading for circuit in part]
    found = {CircuitKey.of(c): c for c in served}
    assert len(found) == len(served), "a circuit was served twice"
    return found, reading


def hours(readings: CircuitReadings) -> list[float]:
    since: list[float] = ((readings.timestamps - WINDOW.start_us) / 3_600_000_000).tolist()
    return since


def values(readings: CircuitReadings, feature: str = "voltage") -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in readings.values[feature]]
