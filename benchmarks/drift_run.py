"""Times a drift run of a whole fleet against the plain read of the same columns, with peak memory.

Run it with `python -m benchmarks.drift_run [CIRCUITS]...`; 200 and 2000 unless given. The tables
are date-partitioned Delta in row groups of whole plants, 37 days of minutes and six features a
circuit, on two threads. A calibrated fleet is judged by limits of its own, as on every day but the
first; one that warms up takes limits from the weeks of each reference. Each run is a process of its
own, from opening the table to the results folder; imports and configuration are not counted. Only
a temporary folder is written.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.engines import CORES, fleet
from benchmarks.render import machine
from benchmarks.sensors import AS_OF, FEATURES, plain, write
from generator.fleet import Circuit
from monitoring.drift.calibration import (
    COLUMNS,
    Calibration,
    CircuitLimits,
    FeatureLimits,
    Immediate,
)
from monitoring.drift.limits import LimitSettings
from monitoring.engine.circuit import RunContext
from monitoring.engine.local import LocalEngine
from monitoring.engine.run import run_drift
from monitoring.results.folder import RunInputs, open_results
from monitoring.sources import open_table
from monitoring.windows import Windows

SECONDS: Final = 3.0
GIGABYTES: Final = 1.0
OVER_PLAIN: Final = 3.0
LARGE_GIGABYTES: Final = 1.5
GROWTH: Final = 12.0
LIMITS: Final = (1.0, 0.5, 0.5, 0.5)


def calibration(circuits: Sequence[Circuit]) -> Calibration:
    """Give every circuit limits of its own."""
    settings = LimitSettings()
    features = tuple(
        FeatureLimits(feature=name, reference="rolling", limits=LIMITS) for name in FEATURES
    )
    return Calibration(
        as_of=AS_OF,
        quantile=settings.quantile,
        runs=settings.runs,
        gap_days=settings.gap_days,
        minimum_runs=settings.minimum_runs,
        columns=COLUMNS,
        immediate=Immediate(
            configured=1.5,
            limit=1.5,
            budget=0.002,
            circuit_days=1,
            severe_at_configured=0,
            severe=0,
        ),
        fleet=(),
        circuits=tuple(
            CircuitLimits(
                plant_id=circuit.plant_id,
                circuit_id=circuit.circuit_id,
                model_version=circuit.model_version,
                runs=settings.runs,
                inputs_digest="",
                features=features,
            )
            for circuit in circuits
        ),
    )


def judged(folder: Path, circuits: int, *, is_calibrated: bool) -> float:
    """Run drift detection over the fleet, keep its results and tell the seconds."""
    chosen = fleet(circuits)
    limits = calibration(chosen) if is_calibrated else None
    start = time.perf_counter()
    table = open_table(str(folder))
    context = RunContext(Windows.of(AS_OF), "calibrated", limits)
    inputs = RunInputs(
        "drift", "prod", str(AS_OF), "sensors", table.version, None, None, "calibrated", None, ""
    )
    with (
        tempfile.TemporaryDirectory() as results,
        open_results(Path(results), inputs) as opened,
    ):
        run_drift(chosen, table, None, context, opened, LocalEngine(CORES))
        return time.perf_counter() - start


def read(folder: Path, circuits: int) -> float:
    """Read the columns and keep nothing."""
    start = time.perf_counter()
    plain(folder, circuits)
    return time.perf_counter() - start


def calibrated(folder: Path, circuits: int) -> float:
    """Judge a calibrated fleet."""
    return judged(folder, circuits, is_calibrated=True)


def warming_up(folder: Path, circuits: int) -> float:
    """Judge a fleet without history."""
    return judged(folder, circuits, is_calibrated=False)


WORK: Final[dict[str, Callable[[Path, int], float]]] = {
    "plain": read,
    "calibrated": calibrated,
    "warming up": warming_up,
}


def once(work: str, folder: Path, circuits: int) -> tuple[float, float]:
    """Do one work in a process of its own: its seconds, imports aside, and peak gigabytes."""
    command = [sys.executable, "-m", "benchmarks.drift_run", work, str(folder), str(circuits)]
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds, gigabytes = result.stdout.split()
    return float(seconds), float(gigabytes)


def measure(circuits: int, runs: int) -> dict[str, tuple[float, float]]:
    """Do all works in turn on one table; give and print median seconds and largest peak."""
    figures: dict[str, list[tuple[float, float]]] = {work: [] for work in WORK}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "sensors"
        write(table, circuits, "plants")
        for work in WORK:
            once(work, table, circuits)  # file cache and compiled code are there for all
        for _ in range(runs):
            for work in WORK:
                figures[work].append(once(work, table, circuits))
    found = {}
    for work, pairs in figures.items():
        seconds, peaks = zip(*pairs, strict=True)
        found[work] = statistics.median(seconds), max(peaks)
        print(
            f"{f'{circuits} circuits, {work}':<32} {found[work][0]:6.2f} s  "
            f"({min(seconds):.2f}-{max(seconds):.2f})  {found[work][1]:5.2f} GB"
        )
    return found


def main() -> None:
    """Print the machine and the figures of each fleet; or do one work, for `once`."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in WORK:
        work, folder, number = arguments
        seconds = WORK[work](Path(folder), int(number))
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
        return
    print(machine())
    sizes = [int(text) for text in arguments] or [200, 2000]
    found = {circuits: measure(circuits, 5 if circuits <= 500 else 1) for circuits in sizes}
    small, large = found[sizes[0]], found[sizes[-1]]
    for work in ("calibrated", "warming up"):
        seconds, peak = small[work]
        print(f"{work}: {seconds:.2f} s (target {SECONDS:g}), {peak:.2f} GB (target {GIGABYTES:g})")
        print(f"  over plain {seconds / small['plain'][0]:.2f} (aim {OVER_PLAIN:g})")
        if len(sizes) > 1:
            print(
                f"  {sizes[-1]} over {sizes[0]} {large[work][0] / seconds:.1f} (target {GROWTH:g}),"
                f" {large[work][1]:.2f} GB (target {LARGE_GIGABYTES:g})"
            )


if __name__ == "__main__":
    main()
