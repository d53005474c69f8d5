"""Times the performance job of a whole fleet against the plain read of its columns, with memory.

Run it with `python -m benchmarks.performance [CIRCUITS]...`; 200 unless given. The tables are Delta
in files of a day and row groups of whole plants: seven days of a prediction and an actual a minute,
alone, with the 30 days before them hourly, and with 37 days of minutes; on two threads. Each run is
a process of its own, from opening the tables to the results folder; imports and configuration are
not counted. Only a temporary folder is written.
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

from benchmarks.engines import CORES, fleet
from benchmarks.render import machine
from benchmarks.sensors import AS_OF, PER_PLANT
from monitoring.engine.local import LocalEngine
from monitoring.performance.run import run_performance
from monitoring.results.folder import RunInputs, open_results
from monitoring.sources import open_table
from monitoring.windows import Windows

SECONDS: Final = 5.0
MINUTE_US: Final = 60_000_000
DAY_US: Final = 1440 * MINUTE_US
HORIZON_MINUTES: Final = 60
MINUTES, HOURS, NOTHING = 1440, 24, 0
FORMS: Final = {
    "week": (NOTHING, "7 days of minutes"),
    "hourly": (HOURS, "30 days of hours before"),
    "minutes": (MINUTES, "37 days of minutes"),
}
COLUMNS: Final = {
    "predictions": (
        "target_time",
        "issued_at",
        "horizon",
        "model_name",
        "model_version",
        "predicted_value",
    ),
    "actuals": ("target_time", "actual_value"),
}


def write(folder: Path, circuits: int, before: int) -> None:
    """Write predictions and actuals, with so many rows a day before the last seven days."""
    rng = np.random.default_rng(0)
    windows = Windows.of(AS_OF)
    model = fleet(1)[0].model_name
    actions: dict[str, list[AddAction]] = {name: [] for name in COLUMNS}
    schemas = {}
    for window, rows in ((windows.reference, before), (windows.current, MINUTES)):
        for day in window.days if rows else ():
            for name, table in _day(rng, day, circuits, rows, model).items():
                path = folder / name / f"{day}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(table, path, row_group_size=PER_PLANT * rows)
                size = path.stat().st_size
                actions[name].append(AddAction(path.name, size, {}, 0, True, "{}"))
                schemas[name] = Schema.from_arrow(table.schema)
    for name, schema in schemas.items():
        create_table_with_add_actions(str(folder / name), schema, actions[name])


def _day(
    rng: np.random.Generator, day: date, circuits: int, rows: int, model: str
) -> dict[str, pa.Table]:
    ids = [(f"PLANT{n // PER_PLANT:03}", f"CIRCUIT{n % PER_PLANT:02}") for n in range(circuits)]
    columns = [pa.array(np.repeat(np.array(t), rows)) for t in zip(*ids, strict=True)]
    first = np.datetime64(day, "us").astype(np.int64)
    moments = np.tile(first + np.arange(rows) * (DAY_US // rows), circuits)
    actual = 2 + np.sin(moments / DAY_US * 2 * np.pi) + rng.normal(0, 0.1, moments.size)
    predicted = actual + rng.normal(0, 0.12, moments.size)
    instant = pa.timestamp("us", "UTC")
    values = {
        "target_time": pa.array(moments).cast(instant),
        "issued_at": pa.array(moments - HORIZON_MINUTES * MINUTE_US).cast(instant),
        "horizon": pa.array(np.full(moments.size, HORIZON_MINUTES)),
        "model_name": pa.array(np.full(moments.size, model)),
        "model_version": pa.array(np.full(moments.size, "1")),
        "predicted_value": pa.array(np.round(predicted, 3)),
        "actual_value": pa.array(np.round(actual, 3)),
    }
    return {
        name: pa.table([*columns, *(values[n] for n in names)], ["plant_id", "circuit_id", *names])
        for name, names in COLUMNS.items()
    }


def judged(folder: Path, circuits: int) -> float:
    """Judge the fleet, keep its results and tell the seconds."""
    chosen = fleet(circuits)
    start = time.perf_counter()
    predictions, actuals = (open_table(str(folder / name)) for name in COLUMNS)
    inputs = RunInputs("performance", "", str(AS_OF), "", 0, "", 0, "", None, "")
    with (
        tempfile.TemporaryDirectory() as results,
        open_results(Path(results) / "performance", inputs) as opened,
    ):
        summary = run_performance(
            chosen, predictions, actuals, Windows.of(AS_OF), opened, LocalEngine(CORES)
        )
        seconds = time.perf_counter() - start
    if summary.statuses != {"ok": circuits}:
        sys.exit(f"the fleet came to {summary.statuses}")
    return seconds


def plain(folder: Path, _circuits: int) -> float:
    """Read the same columns batch by batch, keep nothing and tell the seconds."""
    start = time.perf_counter()
    for name, columns in COLUMNS.items():
        dataset = DeltaTable(folder / name).to_pyarrow_dataset()
        scanner = dataset.scanner(columns=["plant_id", "circuit_id", *columns])
        sum(batch.num_rows for batch in scanner.to_batches())
    return time.perf_counter() - start


WORK: Final[dict[str, Callable[[Path, int], float]]] = {"plain": plain, "judged": judged}


def once(work: str, folder: Path, circuits: int) -> tuple[float, float]:
    """Do one work in a process of its own: its seconds, imports aside, and peak gigabytes."""
    command = [sys.executable, "-m", "benchmarks.performance", work, str(folder), str(circuits)]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds, gigabytes = result.stdout.split()
    return float(seconds), float(gigabytes)


def measure(circuits: int, form: str, runs: int) -> None:
    """Do both works in turn on one pair of tables; print median seconds and largest peak."""
    before, words = FORMS[form]
    figures: dict[str, list[tuple[float, float]]] = {work: [] for work in WORK}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, circuits, before)
        for work in WORK:
            once(work, folder, circuits)  # the tables are in the file cache for both
        for _ in range(runs):
            for work in WORK:
                figures[work].append(once(work, folder, circuits))
    medians = {}
    for work, pairs in figures.items():
        seconds, peaks = zip(*pairs, strict=True)
        medians[work] = statistics.median(seconds)
        print(
            f"{f'{circuits} circuits, {words}, {work}':<52} {medians[work]:6.2f} s  "
            f"({min(seconds):.2f}-{max(seconds):.2f})  {max(peaks):5.2f} GB"
        )
    print(f"{'  judged over plain':<52} {medians['judged'] / medians['plain']:6.2f}", end="")
    print(f"    target {SECONDS:g} s" if form != "minutes" else "")


def main() -> None:
    """Print the machine and the figures of each fleet; or do one work, for `once`."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in WORK:
        work, folder, number = arguments
        seconds = WORK[work](Path(folder), int(number))
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
        return
    print(machine())
    for circuits in [int(text) for text in arguments] or [200]:
        for form in FORMS:
            measure(circuits, form, 5 if circuits <= 500 else 1)


if __name__ == "__main__":
    main()
