"""Measures the rules of drift on circuits' own pasts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cli.progress import progress_bar
from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.drift.evaluation.report import evaluate
from monitoring.drift.fleet_history import hourly
from monitoring.drift.history import DailySeries
from monitoring.drift.ladder import Ladder
from monitoring.sources import CircuitKey, open_table, read_fleet
from monitoring.windows import Window


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What an evaluation is asked for."""

    data: str
    as_of: date
    days: int
    judged: int
    circuits: Sequence[Circuit]


def run_evaluation(request: EvaluationRequest, problems: list[str]) -> Iterator[str]:
    """Measure the rules on each circuit's past.

    Args:
        request: what is asked for.
        problems: takes what could not be read of the data.

    Raises:
        SourceError: data cannot be read.
        ValueError: a circuit has too short a past.
    """
    window = Window.of_days(request.as_of - timedelta(days=request.days), request.as_of)
    by_key = {CircuitKey.of(c): c for c in request.circuits}
    reading = read_fleet(
        open_table(request.data), {key: c.features for key, c in by_key.items()}, window
    )
    with progress_bar() as progress:
        task = progress.add_task("circuits", total=len(by_key))
        for batch in reading:
            for readings in batch:
                series = hourly(DailySeries.of(readings.timestamps, readings.values))
                limits = by_key[CircuitKey.of(readings)].limits
                ladder = Ladder(
                    float(limits["drift_ladder_calibrated_schedule"].value),
                    float(limits["drift_ladder_calibrated_immediate"].value),
                )
                yield evaluate(readings.key, series, request.judged, ladder)
                progress.advance(task)
    problems += [printable(str(issue)) for issue in reading.issues]
    if reading.absent:
        keys = ", ".join(str(key) for key in sorted(reading.absent))
        raise ValueError(f"no row of {keys} in the {request.days} days before {request.as_of}")
