"""Runs drift over a fleet and prints what it came to."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cli.explain import as_text
from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.drift.calibration import Calibration
from monitoring.drift.calibration import calibrate as calibrate_fleet
from monitoring.drift.calibration_file import read_calibration, write_calibration
from monitoring.drift.fleet_history import history_of
from monitoring.drift.ladder import Rule
from monitoring.engine.circuit import RunContext
from monitoring.engine.local import LocalEngine
from monitoring.engine.run import RunSummary, run_drift
from monitoring.engine.task import Engine
from monitoring.results.folder import ResultsFolder, RunInputs, digest, open_results, read_manifest
from monitoring.results.records_table import merge_records
from monitoring.sources import CircuitKey, StoredTable, open_table, read_fleet, read_predictions
from monitoring.windows import Window, Windows

_MOST_ROWS: Final = 30


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked for."""

    data: str
    predictions: str | None
    as_of: date
    results: Path
    records: str | None
    rule: Rule
    calibration: Path | None
    prediction_calibration: Path | None
    circuits: Sequence[Circuit]
    environment: str
    threads: int
    engine: Literal["local", "spark"]
    style: Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is printed, what is said beside it, and whether somebody has to look at the run."""

    text: str
    notes: Sequence[str]
    is_partial: bool


@dataclass(frozen=True, slots=True)
class CalibrationRequest:
    """What a calibration is asked for."""

    data: str
    as_of: date
    days: int
    predictions: bool
    budget: float
    circuits: Sequence[Circuit]
    threads: int


def run_drift_command(request: Request) -> Answer:
    """Judge a fleet.

    Raises:
        SourceError: data cannot be read at all.
        EngineError: pyspark or Java is missing, or the Spark job failed.
        ResultsError: the results folder has another run.
        CalibrationError: the limits cannot be used.
        ValueError: the limits are of later runs.
        OSError: results cannot be written.
    """
    windows = Windows.of(request.as_of)
    limits = request.calibration and read_calibration(request.calibration)
    of_predictions = request.prediction_calibration and read_calibration(
        request.prediction_calibration
    )
    context = RunContext(windows, request.rule, limits or None, of_predictions or None)
    before = read_manifest(request.results) if request.results.is_dir() else None
    sensors = open_table(request.data, version=before.data_version if before else None)
    predictions = None
    if request.predictions is not None:
        version = before.predictions_version if before else None
        predictions = open_table(request.predictions, version=version)
    inputs = _inputs(request, context, sensors, predictions)
    with (
        _engine(request) as engine,
        open_results(request.results, inputs) as folder,
        _progress() as progress,
    ):
        task = progress.add_task("circuits", total=len(request.circuits))
        summary = run_drift(
            request.circuits,
            sensors,
            predictions,
            context,
            folder,
            engine,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
        if request.records is not None:
            merge_records(request.records, request.as_of, summary.records)
        text = _json(folder, summary) if request.style == "json" else _text(folder, summary)
    return Answer(text, _notes(summary), summary.is_partial)


@contextmanager
def _engine(request: Request) -> Iterator[Engine]:
    if request.engine == "local":
        yield LocalEngine(request.threads)
        return
    from monitoring.engine.spark import SparkEngine, running_session

    with running_session(request.threads) as session:
        yield SparkEngine(session)


def _inputs(
    request: Request, context: RunContext, sensors: StoredTable, predictions: StoredTable | None
) -> RunInputs:
    limits = [context.calibration, context.prediction_calibration]
    stored = [None if each is None else each.model_dump(mode="json") for each in limits]
    return RunInputs(
        job="drift",
        environment=request.environment,
        as_of=request.as_of.isoformat(),
        data=request.data,
        data_version=sensors.version,
        predictions=request.predictions,
        predictions_version=None if predictions is None else predictions.version,
        rule=request.rule,
        calibration=digest(stored) if any(limits) else None,
        configuration=digest([_plain(circuit) for circuit in request.circuits]),
    )


def _plain(circuit: Circuit) -> Any:
    return json.loads(json.dumps(asdict(circuit), default=str, sort_keys=True))


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _text(folder: ResultsFolder, summary: RunSummary) -> str:
    counts = ", ".join(f"{n} {status}" for status, n in sorted(summary.statuses.items()))
    total = sum(summary.statuses.values())
    head = f"{folder.path}: run {folder.inputs.run_id}, {total} circuits: {counts}"
    rows = [d for d in summary.decisions if d.action.value != "monitor"]
    if not rows:
        return f"{head}\nnothing to do: every decision is to go on monitoring"
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("circuit", "action", "severity", "why"):
        drawn.add_column(name, overflow="fold")
    rows.sort(key=lambda d: (-list(type(d.severity)).index(d.severity), d.key))
    for decision in rows[:_MOST_ROWS]:
        cells = (decision.key, decision.action.words, decision.severity.value, decision.reason)
        drawn.add_row(*(printable(cell).replace("[", r"\[") for cell in cells))
    more = len(rows) - _MOST_ROWS
    rest = f"\n... and {more} more in {folder.path / 'decisions.json'}" if more > 0 else ""
    return f"{head}\n\n{as_text(drawn)}{rest}"


def _json(folder: ResultsFolder, summary: RunSummary) -> str:
    content = {
        "results": str(folder.path),
        "run_id": folder.inputs.run_id,
        "statuses": dict(sorted(summary.statuses.items())),
        "failed": list(summary.failed),
        "unknown": list(summary.unknown),
        "absent": list(summary.absent),
        "issues": [str(issue) for issue in summary.issues],
        "decisions": [decision.as_json() for decision in summary.decisions],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _notes(summary: RunSummary) -> list[str]:
    notes = [f"mlmon: {issue}" for issue in summary.issues]
    if summary.failed:
        notes.append(f"mlmon: could not be judged: {_some(summary.failed)}")
    if summary.absent:
        notes.append(f"mlmon: without any row in the windows: {_some(summary.absent)}")
    if summary.unknown:
        notes.append(
            f"mlmon: in the data and not in the configuration, so not judged: "
            f"{_some(summary.unknown)}"
        )
    return [printable(text) for text in notes]


def _some(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - 10} more" if len(keys) > 10 else ""
    return ", ".join(keys[:10]) + more


def run_calibration(request: CalibrationRequest, out: Path) -> str:
    """Calibrate a fleet and store the limits.

    Raises:
        SourceError: data cannot be read.
        OSError: the file cannot be written.
    """
    table = open_table(request.data)
    start = request.as_of - timedelta(days=request.days)
    window = Window.of_days(start, request.as_of)
    by_key = {CircuitKey(c.plant_id, c.circuit_id): c for c in request.circuits}
    if request.predictions:
        reading = read_predictions(table, by_key, window)
    else:
        reading = read_fleet(table, {key: c.features for key, c in by_key.items()}, window)
    histories = []
    with _progress() as progress, ThreadPoolExecutor(request.threads) as pool:
        task = progress.add_task("circuits", total=len(by_key))
        for batch in reading:
            for history in pool.map(lambda r: history_of(r, by_key[_key(r)]), batch):
                histories.append(history)
                progress.advance(task)
    day = (request.as_of - date(1970, 1, 1)).days
    ladder = request.circuits[0].limits["drift_ladder_calibrated_immediate"]
    calibration = calibrate_fleet(
        histories, day, configured_immediate=float(ladder.value), budget=request.budget
    )
    write_calibration(out, calibration)
    return _calibrated(calibration, out)


def _key(readings: Any) -> CircuitKey:
    return CircuitKey(readings.plant_id, readings.circuit_id)


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
        lines.append(
            f"severe above {severe.limit:.2f} times the limit ({severe.configured:g} configured): "
            f"{after:.2%} of {days:,} past circuit-days instead of {before:.2%}; "
            f"the budget is {severe.budget:.2%}"
        )
    return "\n".join(lines)
