"""Runs the performance job over a fleet and prints what it came to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

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
from monitoring.performance.run import PerformanceSummary, run_performance
from monitoring.performance.run_records import RECORDS, records
from monitoring.results.days import results_name
from monitoring.results.folder import PERFORMANCE, RunInputs, key_of, open_results
from monitoring.sources import CircuitKey, StoredTable, open_table, require_predictions
from monitoring.windows import Windows

_MOST_ROWS: Final = 30


@dataclass(frozen=True, slots=True)
class PerformanceRequest:
    """What a run is asked for."""

    predictions: str
    actuals: str
    as_of: date
    results: Path
    """Folder of the day; the job has one of its own in it."""
    circuits: Sequence[Circuit]
    records: str | None
    environment: str
    threads: int
    engine: EngineName
    style: Literal["text", "json"]
    anew: bool = False
    """Whether a run that the folder has is removed first."""


@dataclass(frozen=True, slots=True)
class PerformanceAnswer:
    """What is printed, what is said beside it, and whether somebody has to look at the run."""

    text: str
    notes: Sequence[str]
    is_partial: bool


def run_performance_command(request: PerformanceRequest) -> PerformanceAnswer:
    """Judge a fleet.

    Raises:
        SourceError: data cannot be read at all.
        EngineError: pyspark or Java is missing, or the Spark job failed.
        ResultsError: the results folder has another run.
        OSError: results cannot be written.
    """
    own = request.results / PERFORMANCE
    before = pinned_before(own, anew=request.anew)
    version = delta_version(before.predictions_version) if before else None
    predictions = open_table(request.predictions, version=version)
    windows = Windows.of(request.as_of)
    keys = [CircuitKey.of(circuit) for circuit in request.circuits]
    require_predictions(predictions, keys, windows.whole, request.threads)
    version = delta_version(before.data_version) if before else None
    actuals = open_table(request.actuals, version=version, may_be_empty=True)
    with (
        running_engine(request.engine, request.threads) as engine,
        open_results(own, _inputs(request, predictions, actuals), anew=request.anew) as folder,
        counted("circuits", len(request.circuits)) as progress,
    ):
        summary = run_performance(
            request.circuits,
            predictions,
            actuals,
            windows,
            folder,
            engine,
            progress=progress,
        )
        found = records(folder.inputs.run_id, request.as_of, summary.results)
        lack = keep_records(request.records, RECORDS, request.as_of, found)
    text = _json(request, summary) if request.style == "json" else _text(request, summary)
    told = notes_on((*lack, *summary.issues), summary.failed, summary.absent, summary.unknown)
    newer = [*note_on_newer(predictions), *note_on_newer(actuals)] if before else []
    return PerformanceAnswer(text, newer + told, summary.is_partial or bool(lack))


def _inputs(
    request: PerformanceRequest, predictions: StoredTable, actuals: StoredTable
) -> RunInputs:
    return RunInputs(
        job="performance",
        environment=request.environment,
        as_of=request.as_of.isoformat(),
        data=request.actuals,
        data_version=actuals.pinned,
        predictions=request.predictions,
        predictions_version=predictions.pinned,
        rule="limits, by version",
        calibration=None,
        configuration=configuration_digest(request.circuits),
    )


def _text(request: PerformanceRequest, summary: PerformanceSummary) -> str:
    counts = ", ".join(f"{n} {status}" for status, n in sorted(summary.statuses.items()))
    head = f"{request.results}: {len(summary.results)} circuits: {counts}"
    if summary.lack:
        head += f". {printable(summary.lack)}"
    worst = sorted((result for result in summary.results if result["status"] != "ok"), key=_badness)
    if not worst:
        return f"{head}\nevery model is within its limits"
    shown = [[printable(cell) for cell in _cells(result)] for result in worst[:_MOST_ROWS]]
    columns = ("circuit", "status", "exceedance", "streak", "labels", "why")
    table = text_table(columns, shown, right=columns[2:5])
    more = len(worst) - _MOST_ROWS
    file = results_name("performance", request.as_of)
    rest = f"\n... and {more} more in {request.results / file}" if more > 0 else ""
    return f"{head}\n\n{table}{rest}"


def _badness(result: Mapping[str, Any]) -> tuple[float, str]:
    """Sort the largest exceedance first, what has none behind, by circuit."""
    exceedance = result["exceedance"]
    return (0.0 if exceedance is None else -exceedance, key_of(result))


def _cells(result: Mapping[str, Any]) -> tuple[str, ...]:
    exceedance = result["exceedance"]
    key = key_of(result)
    why = result["reason"].removeprefix(f"{key}: ")
    return (
        key,
        result["status"],
        ""
        if exceedance is None
        else f"{exceedance:.2f}"
        if exceedance < 1e6
        else f"{exceedance:.1e}",
        str(result["streak"]),
        str(result["labels"]),
        why,
    )


def _json(request: PerformanceRequest, summary: PerformanceSummary) -> str:
    content = {
        "results": str(request.results),
        "statuses": dict(sorted(summary.statuses.items())),
        "lack": summary.lack,
        "failed": list(summary.failed),
        "unknown": list(summary.unknown),
        "absent": list(summary.absent),
        "issues": list(summary.issues),
        "circuits": list(summary.results),
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
