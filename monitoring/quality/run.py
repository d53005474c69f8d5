"""A run of the quality checks alone: each circuit as it comes, then the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from generator.fleet import Circuit
from monitoring.engine.content import Content
from monitoring.engine.resuming import Progress, judge_left
from monitoring.engine.task import Engine, Task, TaskTable
from monitoring.quality import CircuitQuality, Requirements, check_circuit
from monitoring.results.circuit_json import with_issues
from monitoring.results.days import results_name
from monitoring.results.folder import ResultsFolder
from monitoring.sensors import CircuitReadings
from monitoring.sources import StoredTable
from monitoring.windows import Windows


@dataclass(frozen=True, slots=True)
class QualitySummary:
    """What a run came to."""

    results: tuple[dict[str, Any], ...]
    """One a circuit, as `CircuitQuality.as_json` has it, sorted by plant and circuit."""
    failed: tuple[str, ...]
    """Circuits, as `PLANT/CIRCUIT`, that could not be judged because something broke."""
    unknown: tuple[str, ...]
    """Circuits that are in the data and not in the configuration."""
    absent: tuple[str, ...]
    """Circuits of the configuration without a row in the windows."""
    issues: tuple[str, ...]
    """Parts of the data that could not be read, each as a sentence."""


def run_quality(
    circuits: Sequence[Circuit],
    sensors: StoredTable,
    windows: Windows,
    folder: ResultsFolder,
    engine: Engine,
    *,
    progress: Progress | None = None,
) -> QualitySummary:
    """Judge the circuits that have no result yet, then put the results of all together.

    Args:
        circuits: enabled ones.
        sensors: the table of readings, pinned.
        windows: of the run.
        folder: open for writing.
        engine: what reads and judges.
        progress: called after each portion of circuits.

    Raises:
        SourceError: storage fails, or a file of the pinned version is gone.
        EngineError: what computes does not work.
        OSError: results cannot be written.
    """
    tables = [TaskTable(sensors, lambda circuit: circuit.features)]
    judge = partial(quality_content, windows=windows)
    known = judge_left(
        circuits, folder, engine, lambda left: Task(left, tables, windows.whole, judge), progress
    )
    ordered = sorted(circuit.key for circuit in circuits)
    found = {key: folder.read_circuit(key) for key in ordered}
    results = tuple(
        with_issues(each["result"], known.about(key), key) for key, each in found.items()
    )
    folder.write(results_name("quality", windows.current.end.date()), results)
    return QualitySummary(
        results,
        tuple(key for key, each in found.items() if each["result"]["status"] == "error"),
        known.unknown,
        tuple(key for key, each in found.items() if not each["rows"]),
        tuple(known.issues),
    )


def quality_content(
    circuit: Circuit, readings: Sequence[CircuitReadings], windows: Windows
) -> Content:
    """Judge a circuit's readings; if that breaks, the error is its result.

    It is a function of a module so that an engine can send it to where circuits are judged.
    """
    (sensors,) = readings
    try:
        found = check_circuit(sensors, Requirements.of(circuit), windows)
    except Exception as error:  # noqa: BLE001 - one circuit must not end the others' run
        words = f"{type(error).__name__}: {error}"
        found = CircuitQuality.unreadable(circuit.plant_id, circuit.circuit_id, words)
    return {"rows": sensors.timestamps.size, "result": found.as_json()}
