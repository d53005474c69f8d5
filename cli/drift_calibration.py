"""Replays a fleet's past and stores the limits that come of it."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

from cli.baseline import Baselines, pinned
from cli.processes import interrupts_deferred, worker_processes
from cli.progress import progress_bar
from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.baselines import Role
from monitoring.drift.calibration import Calibration, CircuitHistory
from monitoring.drift.calibration import calibrate as calibrate_fleet
from monitoring.drift.calibration_file import write_calibration
from monitoring.drift.fleet_history import CircuitPast, history_of, past_of
from monitoring.files import require_writable
from monitoring.model_predictions import RENAME, predictions_of
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
    require_writable(out)
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
    ahead = 2 * request.processes
    with progress_bar() as progress, worker_processes(request.processes) as pool:
        task = progress.add_task("circuits", total=len(by_key))
        replays: list[Future[CircuitHistory]] = []
        for readings in chain.from_iterable(reading):
            given = past(readings)
            with interrupts_deferred():
                replays.append(pool.submit(history_of, given))
            replays[-1].add_done_callback(lambda _: progress.advance(task))
            if len(replays) > ahead:  # reading is faster than replaying, and would fill the memory
                replays[-1 - ahead].result()
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
            readings, problem = predictions_of(readings, circuit.model_name)
            if problem:
                problems.append(f"{circuit.key} has no limits: {problem}; {RENAME}")
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
