"""Judges the quality of a fleet's data alone, and prints what it came to."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from cli.progress import counted
from cli.runs import configuration_digest, delta_version, notes_on, pinned_before
from cli.tables import text_table
from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.engine.local import LocalEngine
from monitoring.quality.run import run_quality
from monitoring.reasons import without_key
from monitoring.results.folder import RunInputs, key_of, open_results
from monitoring.sources import open_table
from monitoring.windows import Windows


@dataclass(frozen=True, slots=True)
class QualityRequest:
    """What is asked for."""

    data: str
    as_of: date
    results: Path | None
    """Folder of the run; without one its results are only printed."""
    circuits: Sequence[Circuit]
    environment: str
    threads: int
    style: Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class QualityAnswer:
    """What is printed, what is said beside it, and whether somebody has to look at the run."""

    text: str
    notes: Sequence[str]
    is_partial: bool


def run_quality_command(request: QualityRequest) -> QualityAnswer:
    """Judge every circuit's data.

    Raises:
        SourceError: data cannot be read at all.
        ResultsError: the results folder has another run.
        OSError: results cannot be written.
    """
    with _folder(request.results) as path:
        before = pinned_before(path)
        version = delta_version(before.data_version) if before else None
        sensors = open_table(request.data, version=version)
        inputs = RunInputs(
            job="quality",
            environment=request.environment,
            as_of=request.as_of.isoformat(),
            data=request.data,
            data_version=sensors.pinned,
            predictions=None,
            predictions_version=None,
            rule="limits",
            calibration=None,
            configuration=configuration_digest(request.circuits),
        )
        with (
            open_results(path, inputs) as folder,
            counted("circuits", len(request.circuits)) as progress,
        ):
            summary = run_quality(
                request.circuits,
                sensors,
                Windows.of(request.as_of),
                folder,
                LocalEngine(request.threads),
                progress=progress,
            )
    found = summary.results
    text = _json(found) if request.style == "json" else _text(found)
    notes = notes_on(summary.issues, summary.failed, summary.absent, summary.unknown)
    return QualityAnswer(text, notes, bool(summary.issues or summary.failed))


@contextmanager
def _folder(path: Path | None) -> Iterator[Path]:
    if path is not None:
        yield path
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _json(found: Sequence[dict[str, Any]]) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False)


def _text(found: Sequence[dict[str, Any]]) -> str:
    counts = Counter(str(quality["status"]) for quality in found)
    told = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    head = f"{len(found)} circuits: {told}"
    rows = [quality for quality in found if quality["reasons"]]
    if not rows:
        return head
    shown = []
    for quality in rows:
        key, reasons = key_of(quality), quality["reasons"]
        why = without_key(reasons[0], key)
        more = f" And {len(reasons) - 1} more." if len(reasons) > 1 else ""
        shown.append([printable(cell) for cell in (key, quality["status"], why + more)])
    table = text_table(("circuit", "status", "why"), shown)
    return f"{head}\n\n{table}"
