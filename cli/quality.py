"""Judges the quality of a fleet's data alone, and prints what it came to."""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from cli.progress import progress_bar
from cli.tables import text_table
from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.engine.content import without_rows
from monitoring.files import write_atomically
from monitoring.quality import CircuitQuality, Requirements, check_circuit
from monitoring.results.folder import as_json
from monitoring.sources import CircuitKey, Issue, open_table, read_fleet
from monitoring.windows import Windows


@dataclass(frozen=True, slots=True)
class QualityRequest:
    """What is asked for."""

    data: str
    as_of: date
    results: Path | None
    circuits: Sequence[Circuit]
    threads: int
    style: Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class QualityAnswer:
    """What is printed, and what could not be read."""

    text: str
    issues: Sequence[Issue]


def run_quality(request: QualityRequest) -> QualityAnswer:
    """Judge every circuit's data.

    Raises:
        SourceError: data cannot be read at all.
        OSError: results cannot be written.
    """
    windows = Windows.of(request.as_of)
    by_key = {CircuitKey.of(c): c for c in request.circuits}
    features = {key: circuit.features for key, circuit in by_key.items()}
    reading = read_fleet(open_table(request.data), features, windows.whole)
    required = {circuit.key: Requirements.of(circuit) for circuit in request.circuits}
    found: dict[str, CircuitQuality] = {}
    with progress_bar() as progress, ThreadPoolExecutor(request.threads) as pool:
        task = progress.add_task("circuits", total=len(by_key))
        for batch in reading:
            for quality in pool.map(lambda r: check_circuit(r, required[r.key], windows), batch):
                found[quality.key] = quality
                progress.advance(task)
    for key in reading.absent:
        circuit = by_key[key]
        empty = without_rows(circuit, circuit.features)
        found[circuit.key] = check_circuit(empty, required[circuit.key], windows)
    ordered = [found[key] for key in sorted(found)]
    if request.results is not None:
        path = request.results / f"quality_results_{request.as_of:%Y%m%d}.json"
        write_atomically(path, as_json([quality.as_json() for quality in ordered]))
    text = _json(ordered) if request.style == "json" else _text(ordered)
    return QualityAnswer(text, reading.issues)


def _json(found: Sequence[CircuitQuality]) -> str:
    return json.dumps([quality.as_json() for quality in found], indent=2, ensure_ascii=False)


def _text(found: Sequence[CircuitQuality]) -> str:
    counts = Counter(quality.status.value for quality in found)
    told = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    head = f"{len(found)} circuits: {told}"
    rows = [quality for quality in found if quality.reasons]
    if not rows:
        return head
    shown = []
    for quality in rows:
        why = quality.reasons[0].replace(f"{quality.key}: ", "").replace(f"{quality.key} ", "")
        more = f" And {len(quality.reasons) - 1} more." if len(quality.reasons) > 1 else ""
        cells = (quality.key, quality.status.value, why + more)
        shown.append([printable(cell) for cell in cells])
    table = text_table(("circuit", "status", "why"), shown)
    return f"{head}\n\n{table}"
