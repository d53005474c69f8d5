"""Runs drift over a fleet and prints what it came to."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final, Literal

from cli.baseline import Baselines, baseline_notes, pinned
from cli.progress import counted
from cli.runs import (
    EngineName,
    configuration_digest,
    delta_version,
    keep_records,
    note_on_newer,
    notes_on,
    pinned_before,
    running_engine,
)
from cli.tables import text_table
from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.baselines import Role
from monitoring.decision_table import Severity
from monitoring.drift.calibration import Calibration
from monitoring.drift.calibration_file import CalibrationError, read_calibration
from monitoring.drift.ladder import Rule
from monitoring.drift.records import RECORDS
from monitoring.engine.circuit import RunContext
from monitoring.engine.run import RunSummary, run_drift
from monitoring.prediction_table import PREDICTED
from monitoring.reasons import without_key
from monitoring.results.folder import ResultsFolder, RunInputs, digest, open_results
from monitoring.sources import (
    CircuitKey,
    SourceError,
    StoredTable,
    open_table,
    require_predictions,
)
from monitoring.windows import Windows

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
    engine: EngineName
    style: Literal["text", "json"]
    baselines: Baselines | None = None
    anew: bool = False
    """Whether a run that the folder has is removed first."""
    may_lack_predictions: bool = False
    """Whether predictions that cannot be read leave the rest to be judged."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is printed, what is said beside it, and whether somebody has to look at the run."""

    text: str
    notes: Sequence[str]
    is_partial: bool


def run_drift_command(request: Request) -> Answer:
    """Judge a fleet.

    Raises:
        SourceError: data cannot be read at all.
        EngineError: pyspark or Java is missing, or the Spark job failed.
        ResultsError: the results folder has another run.
        CalibrationError: the limits cannot be used, or are of later runs.
        BaselineError: it is not known where baselines are.
        OSError: results cannot be written.
    """
    windows = Windows.of(request.as_of)
    features = {name for circuit in request.circuits for name in circuit.features}
    limits = _limits(request.calibration, request.as_of, features)
    of_predictions = _limits(request.prediction_calibration, request.as_of, {PREDICTED})
    roles: tuple[Role, ...] = ("inputs", "outputs") if request.predictions else ("inputs",)
    training = request.baselines and pinned(request.baselines, request.circuits, roles)
    context = RunContext(windows, request.rule, limits, of_predictions, training or None)
    before = pinned_before(request.results, anew=request.anew)
    sensors = open_table(
        request.data, version=delta_version(before.data_version) if before else None
    )
    predictions, lack = _predictions(request, before, windows)
    inputs = _inputs(request, context, sensors, predictions)
    if training:
        inputs = replace(inputs, baselines=training.digest)
    with (
        running_engine(request.engine, request.threads) as engine,
        open_results(request.results, inputs, anew=request.anew) as folder,
        counted("circuits", len(request.circuits)) as progress,
    ):
        summary = run_drift(
            request.circuits,
            sensors,
            predictions,
            context,
            folder,
            engine,
            progress=progress,
        )
        lack += keep_records(request.records, RECORDS, request.as_of, summary.records)
        text = _json(folder, summary) if request.style == "json" else _text(folder, summary)
        notes, are_damaged = baseline_notes(folder, request.circuits) if training else ([], False)
    told = notes_on((*lack, *summary.issues), summary.failed, summary.absent, summary.unknown)
    newer = note_on_newer(sensors) if before else []
    return Answer(text, newer + told + notes, summary.is_partial or are_damaged or bool(lack))


def _predictions(
    request: Request, before: RunInputs | None, windows: Windows
) -> tuple[StoredTable | None, list[str]]:
    """Open the predictions, and say why they cannot be read where that is no reason to stop."""
    if request.predictions is None:
        return None, []
    version = delta_version(before.predictions_version) if before else None
    try:
        table = open_table(request.predictions, version=version)
        keys = [CircuitKey.of(circuit) for circuit in request.circuits]
        require_predictions(table, keys, windows.whole, request.threads)
    except SourceError as error:
        had_them = before is not None and before.predictions_version is not None
        if had_them or not request.may_lack_predictions:
            raise
        return None, [f"the drift of predictions was not judged: {error}"]
    return table, []


def _limits(path: Path | None, as_of: date, judged: AbstractSet[str]) -> Calibration | None:
    if path is None:
        return None
    found = read_calibration(path)
    if found.as_of > as_of:
        raise CalibrationError(
            f"{path}: the calibration is as of {found.as_of}, later than the run of {as_of}: it "
            "knows what it should judge; calibrate with an earlier --as-of"
        )
    if found.features.isdisjoint(judged):
        known = printable(", ".join(sorted(found.features)) or "nothing")
        raise CalibrationError(
            f"{path}: has limits of {known} and of nothing that is held to them; limits of sensors "
            "belong to --calibration, those of predictions to --prediction-calibration"
        )
    return found


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
        data_version=sensors.pinned,
        predictions=request.predictions,
        predictions_version=None if predictions is None else predictions.pinned,
        rule=request.rule,
        calibration=digest(stored) if any(limits) else None,
        configuration=configuration_digest(request.circuits),
    )


def _text(folder: ResultsFolder, summary: RunSummary) -> str:
    counts = ", ".join(f"{n} {status}" for status, n in sorted(summary.statuses.items()))
    total = sum(summary.statuses.values())
    head = f"{folder.path}: run {folder.inputs.run_id}, {total} circuits: {counts}"
    rows = [d for d in summary.decisions if d.severity is not Severity.NONE]
    if not rows:
        return f"{head}\nnothing to do: every decision is to go on monitoring"
    rows.sort(key=lambda d: (-list(type(d.severity)).index(d.severity), d.key))
    shown = []
    for decision in rows[:_MOST_ROWS]:
        why = without_key(decision.reason, decision.key)
        cells = (decision.key, decision.action.words, decision.severity.value, why)
        shown.append([printable(cell) for cell in cells])
    table = text_table(("circuit", "action", "severity", "why"), shown)
    more = len(rows) - _MOST_ROWS
    rest = f"\n... and {more} more in {folder.path / 'decisions.json'}" if more > 0 else ""
    return f"{head}\n\n{table}{rest}"


def _json(folder: ResultsFolder, summary: RunSummary) -> str:
    content = {
        "results": str(folder.path),
        "run_id": folder.inputs.run_id,
        "statuses": dict(sorted(summary.statuses.items())),
        "failed": list(summary.failed),
        "unknown": list(summary.unknown),
        "absent": list(summary.absent),
        "issues": list(summary.issues),
        "decisions": [decision.as_json() for decision in summary.decisions],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
