"""Replays a fleet's past and stores the limits that come of it."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

from cli.baseline import Baselines, pinned
from cli.progress import progress_bar
from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.baselines import Role
from monitoring.drift.calibration import Calibration
from monitoring.drift.calibration import calibrate as calibrate_fleet
from monitoring.drift.calibration_file import write_calibration
from monitoring.drift.fleet_history import CircuitPast, history_of, past_of
from monitoring.model_predictions import predictions_of
from monitoring.sensors import CircuitReadings
from monitoring.sources import CircuitKey, SourceError, open_table, read_fleet, read_predictions
from monitoring.windows import Window


@dataclass(frozen=True, slots=True)
class CalibrationRequest:
    """What a calibration is asked for."""

    data: str
    as_of: date
    days: int
    predictions: bool
    budget: float
    circuits: Sequence[Circuit]
    processes: int
    baselines: Baselines | None = None


def run_calibration(request: CalibrationRequest, out: Path) -> tuple[str, list[str], bool]:
    """Calibrate a fleet and store the limits.

    Returns:
        What came of it, what to say beside it, and whether all of the past could be read.

    Raises:
        SourceError: data cannot be read.
        BaselineError: it is not known where baselines are, or one cannot be used.
        OSError: the file cannot be written.
        BrokenProcessPool: a process that replays was killed.
    """
    table = open_table(request.data)
    start = request.as_of - timedelta(days=request.days)
    window = Window.of_days(start, request.as_of)
    by_key = {CircuitKey.of(c): c for c in request.circuits}
    if request.predictions:
        reading = read_predictions(table, by_key, window)
    else:
        reading = read_fleet(table, {key: c.features for key, c in by_key.items()}, window)
    problems: list[str] = []
    past = _past(request, by_key, problems)
    with progress_bar() as progress, _processes(request.processes) as pool:
        task = progress.add_task("circuits", total=len(by_key))
        replays = []
        for batch in reading:
            for readings in batch:
                replay = pool.submit(history_of, past(readings))
                replay.add_done_callback(lambda _: progress.advance(task))
                replays.append(replay)
        histories = [replay.result() for replay in replays]
    if not histories:
        raise SourceError(
            "no circuit of the configuration has a row in these days",
            request.data,
            "check the ids of plants and circuits, --as-of and --days",
        )
    day = (request.as_of - date(1970, 1, 1)).days
    name = "drift_ladder_calibrated_immediate"
    immediate = min(float(circuit.limits[name].value) for circuit in request.circuits)
    calibration = calibrate_fleet(
        histories, day, configured_immediate=immediate, budget=request.budget
    )
    write_calibration(out, calibration)
    problems += [str(issue) for issue in reading.issues]
    problems += [f"{key} has no row and no limits" for key in reading.absent]
    notes = [printable(f"mlmon: {problem}") for problem in sorted(problems)]
    return _calibrated(calibration, out), notes, not reading.issues


@contextmanager
def _processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes for the replay: its many short steps hold Python's global lock.

    They leave Ctrl-C to the process that started them, which gives up what has not begun.
    """
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))
    try:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # is inherited
        try:
            for _ in range(count):
                pool.submit(int)  # a process is started when there is work for it
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _past(
    request: CalibrationRequest, circuits: Mapping[CircuitKey, Circuit], problems: list[str]
) -> Callable[[CircuitReadings], CircuitPast]:
    """Tell what is replayed of a circuit: its training snapshot too, where given."""
    role: Role = "outputs" if request.predictions else "inputs"
    baselines = request.baselines
    training = pinned(baselines, request.circuits, (role,)) if baselines else None

    def past(readings: CircuitReadings) -> CircuitPast:
        circuit = circuits[CircuitKey.of(readings)]
        if request.predictions:
            readings = predictions_of(readings, circuit.model_name)
        if training is None:
            return past_of(readings, circuit)
        snapshot = training.snapshot(circuit, role)
        if snapshot.problem:
            problems.append(f"{circuit.key} has no limits against its baseline: {snapshot.problem}")
        # Readings are the plant's, whichever model reads them; predictions are the old model's.
        starts = training.streak_starts(circuit, role) if request.predictions else None
        return past_of(readings, circuit, snapshot, starts)

    return past


def _calibrated(calibration: Calibration, out: Path) -> str:
    ready = sum(c.runs >= calibration.minimum_runs for c in calibration.circuits)
    severe = calibration.immediate
    days = severe.circuit_days
    lines = [
        f"{out}: limits of {len(calibration.circuits)} circuits as of {calibration.as_of}; "
        f"{ready} have {calibration.minimum_runs} past runs, the others warm up",
    ]
    if days:
        before, after = severe.severe_at_configured / days, severe.severe / days
        why = "as configured"
        if severe.limit > severe.configured:
            why = f"raised from {severe.configured:g}, with {before:.2%}"
        lines.append(
            f"severe above {severe.limit:.2f} times the limit ({why}): {after:.2%} of {days:,} "
            f"past circuit-days; the budget is {severe.budget:.2%}"
        )
    return "\n".join(lines)
