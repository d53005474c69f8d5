"""Measures drift rules on real series, without and with faults, and prints docs/drift.md's tables.

Run it with `python -m benchmarks.drift_evaluation [DATA]`. DATA is a folder with ETT/ETTh1.csv,
ETT/ETTh2.csv (https://github.com/zhouhaoyi/ETDataset) and NAB's two temperature series with
combined_windows.json (https://github.com/numenta/NAB); they are not part of this repository.
"""

import csv
import json
import platform
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from benchmarks.fleets import ROOT
from monitoring.drift.evaluation import tables
from monitoring.drift.evaluation.null import judge_null
from monitoring.drift.evaluation.other_tools import other_tools
from monitoring.drift.evaluation.report import evaluate
from monitoring.drift.evaluation.rules import CalibratedRule, Rule, WarmingUpRule
from monitoring.drift.history import DailySeries
from monitoring.drift.ladder import Ladder
from monitoring.drift.limits import LimitSettings

LADDER = Ladder(schedule=1.0, immediate=1.5)
YEAR_2 = 329
"""Judged runs: the last ones, as many as the study that the rule comes from judged."""


_ETT = ("ETTh1", "ETTh2")
_NAB = ("machine_temperature_system_failure", "ambient_temperature_system_failure")


def load(path: Path) -> DailySeries:
    """Read a CSV file of a time and readings in UTC."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    header, body = rows[0], rows[1:]
    moments = np.array([row[0] for row in body], "datetime64[us]").astype(np.int64)
    numbers = np.array([[float(cell) for cell in row[1:]] for row in body]).T
    return DailySeries.of(moments, dict(zip(header[1:], numbers, strict=True)))


def labelled_days(path: Path, series: str, days: Sequence[int]) -> list[bool]:
    """Tell of each run whether its current window overlaps a labelled anomaly."""
    windows = json.loads(path.read_text(encoding="utf-8"))[series]
    stretches = [
        tuple(datetime.fromisoformat(edge).replace(tzinfo=UTC).timestamp() / 86_400 for edge in w)
        for w in windows
    ]
    return [any(start < day and end > day - 7 for start, end in stretches) for day in days]


def evaluate_ett(path: Path) -> str:
    """Measure everything on one transformer."""
    return evaluate(path.stem, load(path), YEAR_2, LADDER)


def evaluate_nab(path: Path, labels: Path) -> str:
    """Measure what a single sensor with a short history allows."""
    series = load(path)
    days = list(series.complete_days())
    marks = labelled_days(labels, f"realKnownCause/{path.name}", days)
    quiet = [day for day, mark in zip(days, marks, strict=True) if not mark]
    labelled = [day for day, mark in zip(days, marks, strict=True) if mark]
    rules: list[Rule] = [WarmingUpRule(series, ladder=LADDER)]
    if len(days) > 150:
        short = LimitSettings(runs=330, minimum_runs=99)
        rules.append(
            CalibratedRule(
                series,
                ladder=LADDER,
                settings=short,
                name="own history of 99 runs or more (not shipped)",
            )
        )
    rules += other_tools()
    rows = []
    for rule in rules:
        quiet_days, labelled_ = quiet, labelled
        if isinstance(rule, CalibratedRule) and not isinstance(rule, WarmingUpRule):
            known = {
                day
                for day, over in zip(days, rule.verdicts.of_circuit, strict=True)
                if not np.isnan(over)
            }
            quiet_days = [day for day in quiet if day in known]
            labelled_ = [day for day in labelled if day in known]
        cells = [rule.name]
        for chosen in (quiet_days, labelled_):
            if chosen:
                result = judge_null(rule, series, chosen)
                cells.append(f"{tables.percent(result.circuit_rate)} of {len(chosen)}")
            else:
                cells.append("-")
        rows.append(cells)
    return "\n\n".join(
        [
            f"### NAB {path.stem}: one feature, {len(days)} daily runs",
            tables.table(["rule", "runs without a label", "runs that touch a label"], rows),
        ]
    )


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    start = time.perf_counter()
    nab = data / "NAB"
    with ProcessPoolExecutor(2) as pool:
        ett = [pool.submit(evaluate_ett, data / "ETT" / f"{name}.csv") for name in _ETT]
        others = [
            pool.submit(evaluate_nab, nab / f"{name}.csv", nab / "combined_windows.json")
            for name in _NAB
        ]
        for done in [*ett, *others]:
            print(done.result(), end="\n\n")
    print(
        f"Measured on {date.today().isoformat()}, {platform.machine()}, "  # noqa: DTZ011
        f"Python {platform.python_version()}, in {time.perf_counter() - start:.0f} s."
    )


if __name__ == "__main__":
    main()
