"""Times a drift run of the local engine against the Spark engine, on the same fleet.

Run it with `python -m benchmarks.engines [CIRCUITS]...`; 50 unless given. It needs pyspark and Java
(`make spark`). The table is date-partitioned Delta in row groups of whole plants, 37 days of
minutes and six features a circuit. Each engine runs in a process of its own, three times: the first
run also starts Spark's Python workers and loads machine code. Results are compared byte for byte.
It writes only into a temporary folder.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks.render import machine
from benchmarks.sensors import AS_OF, PER_PLANT, write
from generator.fleet import Circuit
from generator.project import ROOT, validate
from generator.resolve import resolve
from monitoring.engine.circuit import RunContext
from monitoring.engine.local import LocalEngine
from monitoring.engine.run import run_drift
from monitoring.engine.task import Engine
from monitoring.results.folder import RunInputs, open_results
from monitoring.sources import open_table
from monitoring.windows import Windows

CORES: Final = 2
RUNS: Final = 3
ENGINES: Final = ("local", "spark")
TARGET: Final = 3.0


def fleet(circuits: int) -> list[Circuit]:
    """Make the circuits of the table, with the settings of a shipped one."""
    first = resolve(validate(ROOT / "config", AS_OF), "prod").circuits[0]
    return [
        replace(
            first, plant_id=f"PLANT{n // PER_PLANT:03}", circuit_id=f"CIRCUIT{n % PER_PLANT:02}"
        )
        for n in range(circuits)
    ]


@contextmanager
def started(name: str) -> Iterator[Engine]:
    """Start an engine."""
    if name == "local":
        yield LocalEngine(CORES)
        return
    from monitoring.engine.spark import SparkEngine, running_session

    with running_session(CORES) as session:
        session.sparkContext.setLogLevel("ERROR")
        yield SparkEngine(session)


def run(name: str, folder: Path, circuits: int) -> None:
    """Run an engine several times and print the seconds: its start, then each run."""
    chosen = fleet(circuits)
    table = open_table(str(folder / "sensors"))
    context = RunContext(Windows.of(AS_OF), "calibrated")
    inputs = RunInputs(
        "drift", "prod", str(AS_OF), "sensors", table.version, None, None, "calibrated", None, ""
    )
    start = time.perf_counter()
    with started(name) as engine:
        seconds = [time.perf_counter() - start]
        for number in range(RUNS):
            start = time.perf_counter()
            with open_results(folder / f"{name}-{number}", inputs) as results:
                run_drift(chosen, table, None, context, results, engine)
            seconds.append(time.perf_counter() - start)
    print(*seconds)


def written(folder: Path) -> dict[str, bytes]:
    """Read every file of a results folder."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def measure(circuits: int) -> None:
    """Time both engines on one table and print what each run took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "sensors", circuits, "plants")
        medians = {}
        for engine in ENGINES:
            command = [sys.executable, "-m", "benchmarks.engines", engine, name, str(circuits)]
            result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            start, first, *warm = map(float, result.stdout.split())
            medians[engine] = statistics.median(warm)
            print(
                f"{f'{circuits} circuits, {engine}':<28} start {start:5.2f} s  "
                f"first run {first:6.2f} s  later runs {medians[engine]:6.2f} s"
            )
        local, spark = (written(folder / f"{engine}-0") for engine in ENGINES)
        differing = sorted(n for n in local | spark if local.get(n) != spark.get(n))
    ratio = medians["spark"] / medians["local"]
    print(f"{'  spark over local':<28} {ratio:.2f}    target {TARGET:g}, session start aside")
    print(f"{'  files that differ':<28} {len(differing)} of {len(local)} {differing[:3]}")


def main() -> None:
    """Print the machine and the figures of each fleet; or run one engine, for `measure`."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in ENGINES:
        engine, folder, number = arguments
        run(engine, Path(folder), int(number))
        return
    print(machine())
    for circuits in [int(text) for text in arguments] or [50]:
        measure(circuits)


if __name__ == "__main__":
    main()
