"""Times reading a fleet's sensors against the plain read of the same columns, with peak memory.

Run it with `python -m benchmarks.sensors [CIRCUITS]...`; 200 unless given, 2000 for how it grows.
Tables are date-partitioned Delta, in three forms: row groups of whole plants, one row group a day
(what a writer's defaults give), and rows ordered by time. It writes only into a temporary folder.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction, create_table_with_add_actions

from benchmarks.render import machine
from monitoring.sources import CircuitKey, open_table, read_fleet
from monitoring.windows import Windows

AS_OF: Final = date(2026, 11, 23)
FEATURES: Final = ("temperature", "pressure", "vibration", "current", "voltage", "flow_rate")
FORMS: Final = {"plants": "row groups of plants", "day": "one row group", "time": "by time"}
PER_PLANT: Final = 16
MINUTES: Final = 1440


def write(folder: Path, circuits: int, form: str) -> None:
    """Write 37 days of minutes, quantised and autocorrelated."""
    rng = np.random.default_rng(0)
    ids = [(f"PLANT{n // PER_PLANT:03}", f"CIRCUIT{n % PER_PLANT:02}") for n in range(circuits)]
    columns = [np.repeat(np.array(texts), MINUTES) for texts in zip(*ids, strict=True)]
    levels = rng.normal(50, 10, (len(FEATURES), circuits, 1))
    actions = []
    for day in Windows.of(AS_OF).whole.days:
        moments = np.datetime64(day, "us") + np.arange(MINUTES) * np.timedelta64(1, "m")
        walks = rng.normal(0, 0.3, (len(FEATURES), circuits, MINUTES)).cumsum(axis=2)
        values = np.round(levels + walks, 1).reshape(len(FEATURES), -1)
        times = pa.array(np.tile(moments, circuits)).cast(pa.timestamp("us", "UTC"))
        table = pa.table(
            [*map(pa.array, columns), times, *map(pa.array, values)],
            ["plant_id", "circuit_id", "timestamp", *FEATURES],
        )
        if form == "time":
            table = table.take(np.arange(table.num_rows).reshape(circuits, -1).T.ravel())
        path = folder / f"date={day}" / "part.parquet"
        path.parent.mkdir(parents=True)
        rows = PER_PLANT * MINUTES if form == "plants" else table.num_rows
        pq.write_table(table, path, row_group_size=rows)
        place = str(path.relative_to(folder))
        actions.append(AddAction(place, path.stat().st_size, {"date": str(day)}, 0, True, "{}"))
    schema = pa.schema([*table.schema, pa.field("date", pa.date32())])
    create_table_with_add_actions(
        str(folder), Schema.from_arrow(schema), actions, partition_by=["date"]
    )


def plain(folder: Path, _circuits: int) -> int:
    """Read the columns batch by batch and keep nothing."""
    columns = ["plant_id", "circuit_id", "timestamp", *FEATURES]
    dataset = DeltaTable(folder).to_pyarrow_dataset()
    return sum(batch.num_rows for batch in dataset.scanner(columns=columns).to_batches())


def loader(folder: Path, circuits: int) -> int:
    """Read every circuit's arrays and let them go."""
    keys = [
        CircuitKey(f"PLANT{n // PER_PLANT:03}", f"CIRCUIT{n % PER_PLANT:02}")
        for n in range(circuits)
    ]
    table = open_table(str(folder))
    reading = read_fleet(table, dict.fromkeys(keys, FEATURES), Windows.of(AS_OF).whole)
    return sum(circuit.timestamps.size for part in reading for circuit in part)


READERS: Final[dict[str, Callable[[Path, int], int]]] = {"plain": plain, "loader": loader}


def once(reader: str, folder: Path, circuits: int) -> tuple[float, float]:
    """Run a reader in a process of its own: its seconds, imports aside, and peak megabytes."""
    command = [sys.executable, "-m", "benchmarks.sensors", reader, str(folder), str(circuits)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, megabytes = result.stdout.split()
    return float(seconds), float(megabytes)


def measure(circuits: int, form: str, runs: int) -> None:
    """Time both readers in turn on one table, and print medians and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "sensors"
        write(table, circuits, form)
        for reader in READERS:
            once(reader, table, circuits)  # the table is in the file cache for both
        figures: dict[str, list[tuple[float, float]]] = {reader: [] for reader in READERS}
        for _ in range(runs):
            for reader in READERS:
                figures[reader].append(once(reader, table, circuits))
    medians = {}
    for reader, pairs in figures.items():
        seconds = [pair[0] for pair in pairs]
        medians[reader] = statistics.median(seconds)
        print(
            f"{f'{circuits} circuits, {FORMS[form]}, {reader}':<50} {medians[reader]:6.2f} s  "
            f"({min(seconds):.2f}-{max(seconds):.2f})  {max(pair[1] for pair in pairs):6.0f} MB"
        )
    ratio = medians["loader"] / medians["plain"]
    print(f"{'  loader over plain':<50} {ratio:6.2f}    target 3, kernel included")


def main() -> None:
    """Print the machine and the figures of each fleet; or run one reader, for `once`."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in READERS:
        reader, folder, number = arguments
        start = time.perf_counter()
        rows = READERS[reader](Path(folder), int(number))
        seconds = time.perf_counter() - start
        if rows != int(number) * MINUTES * len(list(Windows.of(AS_OF).whole.days)):
            sys.exit(f"{rows} rows were read")
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    print(machine())
    for circuits in [int(text) for text in arguments] or [200]:
        for form in FORMS:
            measure(circuits, form, 5 if circuits <= 500 else 1)


if __name__ == "__main__":
    main()
