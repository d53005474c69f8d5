"""Times the report of a large fleet, as a whole process, and tells its size and peak memory.

Run it with `python -m benchmarks.report [CIRCUITS]...`; 1000 unless given. A month of results
folders is written into a temporary folder, with one circuit in twelve in need of action, and the
same month again with every circuit broken in the longest words. Medians of several runs.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from benchmarks.fleets import CIRCUITS_OF_A_PLANT, write_fleet
from benchmarks.render import machine, measure, peak_megabytes
from benchmarks.result_folders import CircuitDay, write_day

AS_OF: Final = date(2026, 11, 20)
DAYS: Final = 30
SECONDS: Final = 3.0
MEGABYTES: Final = 2.0
VERSION: Final = {
    "model_name": "forecast",
    "labels": 8123,
    "mae": 0.1873,
    "first_target_time": "2026-10-20T00:00:00Z",
    "last_target_time": "2026-11-19T00:00:00Z",
}
_CODE: Final = "from cli.main import main; main()"


def circuits(count: int, day: int) -> list[CircuitDay]:
    """Make a fleet whose every twelfth circuit is not well."""
    found = []
    for number in range(count):
        plant, place = divmod(number, CIRCUITS_OF_A_PLANT)
        circuit = CircuitDay(
            f"PLANT{plant + 1:03}",
            f"CIRCUIT{place + 1:02}",
            f"forecast-{number:05}",
            drift=0.3 + (number * 7 + day * 3) % 41 / 100,
            mae=0.11 + (number * 5 + day) % 37 / 400,
        )
        found.append(_ill(circuit, number) if number % 12 == 0 else circuit)
    return found


def broken(count: int, day: int) -> list[CircuitDay]:
    """Make a fleet of which nothing is well, in long words."""
    return [
        replace(
            _ill(circuit, number),
            reason=f"{circuit.key}: schedule retraining, because of {'much ' * 200}",
            error_reason=f"{circuit.key}: {'late ' * 200}",
            error_status="degraded",
            error_version="4",
            other_versions=[VERSION | {"model_version": name} for name in ("1", "2", "3")],
            newest_forecast=f"{AS_OF - timedelta(days=9)}T00:00:00Z",
            left_out={"skewed_predictions": 1008 + number, "contradicting_labels": 40},
            error_issues=[f"the file {circuit.key}.parquet cannot be read: {'torn ' * 50}"],
            quality="warn",
            quality_reasons=[f"{circuit.key}: {'odd ' * 200}"],
        )
        for number, circuit in enumerate(circuits(count, day))
    ]


def _ill(circuit: CircuitDay, number: int) -> CircuitDay:
    return replace(
        circuit,
        drift=1.1 + number % 9 / 5,
        drift_status="drift",
        action="schedule_retraining",
        severity="medium",
        row="severe-calibrated-drift-error-unknown",
        reason=f"{circuit.key}: schedule retraining, because the drift is severe, but without "
        "labels calibrated drift goes no further than scheduling. Compared: calibrated drift "
        "score 1.75 against 1 (default config/thresholds.yaml:19). Drifted: vibration, current.",
    )


def month(parent: Path, fleets: Sequence[list[CircuitDay]]) -> Path:
    """Write a folder a day and tell the last."""
    first = AS_OF - timedelta(days=len(fleets) - 1)
    folders = [write_day(parent, first + timedelta(days=n), f) for n, f in enumerate(fleets)]
    return folders[-1]


def main(counts: Sequence[int]) -> None:
    """Print the machine, then every figure; exit 1 past a target."""
    print(machine())
    too_much = False
    for count in counts:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            config = write_fleet(folder, count)
            for name, make in (("well", circuits), ("broken", broken)):
                day = month(folder / name, [make(count, n) for n in range(DAYS)])
                out = folder / f"{name}.html"
                command = [sys.executable, "-c", _CODE, "report", "--results", str(day)]
                command += ["--out", str(out), "--config", str(config)]
                title = f"report, {count} circuits, {DAYS} days, {name}"
                seconds = measure(title, command, 5, f"{SECONDS:g} s")
                megabytes = out.stat().st_size / 1e6
                print(f"{'  size':<46} {megabytes:6.2f} MB  target {MEGABYTES:g} MB")
                print(f"{'  peak memory':<46} {peak_megabytes(command):6.0f} MB")
                if count <= 1000:
                    too_much |= seconds > SECONDS or megabytes > MEGABYTES
    raise SystemExit(too_much)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [1000])
