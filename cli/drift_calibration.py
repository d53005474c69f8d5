"""Replays a fleet's past and stores the limits that come of it."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

from cli.baseline import Baselines, notes_of, pinned, shortened
from cli.processes import WorkerProcesses
from cli.progress import progress_bar
from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.baselines import Role
from monitoring.drift.calibration import Calibration, CircuitHistory
from monitoring.drift.calibration import calibrate as calibrate_fleet
from monitoring.drift.calibration_file import write_calibration
from monitoring.drift.fleet_history import CircuitPast, history_of, past_of
from monitoring.drift.training import SnapshotStatus
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
        What came of it, what to say beside it, and whether all of the past and each baseline that
        there is could be used.

    Raises:
        SourceError: data cannot be read.
        BaselineError: an option that says where baselines are has another form.
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
    unused = _Unused()
    past = _past(request, by_key, unused)
    ahead = 2 * request.processes
    with progress_bar() as progress, WorkerProcesses(request.processes) as pool:
        task = progress.add_task("circuits", total=len(by_key))
        replays: list[Future[CircuitHistory]] = []
        for readings in chain.from_iterable(reading):
            replays.append(pool.submit(history_of, past(readings)))
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
    absent = [f"{key} has no row and no limits" for key in sorted(map(str, reading.absent))]
    told = [printable(f"mlmon: {issue}") for issue in sorted(map(str, reading.issues))]
    told += shortened(absent, "circuits without a row")
    told += shortened(sorted(unused.predictions), "circuits without limits")
    told += notes_of(sorted(unused.missing), sorted(unused.baselines))
    return _calibrated(calibration, out), told, not reading.issues and not unused.baselines


@dataclass(frozen=True, slots=True)
class _Unused:
    """What no limits were taken from, filled as circuits are read."""

    predictions: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Circuits that have no baseline yet."""
    baselines: list[tuple[str, str]] = field(default_factory=list)
    """Circuits whose baseline cannot be used, each with why."""


def _past(
    request: CalibrationRequest, circuits: Mapping[CircuitKey, Circuit], unused: _Unused
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
                unused.predictions.append(f"{circuit.key} has no limits: {problem}; {RENAME}")
        if training is None:
            return past_of(readings, circuit)
        snapshot = training.snapshot(circuit, role)
        if snapshot.status is SnapshotStatus.MISSING:
            unused.missing.append(circuit.key)
        elif snapshot.status is SnapshotStatus.UNUSABLE:
            told = f"{circuit.key} (no limits against its baseline)"
            unused.baselines.append((told, snapshot.problem))
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
