"""A run over the fleet: each circuit as it comes into the results folder, then the whole."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.fleet import Circuit
from monitoring.decisions import Decision, limit_retrainings
from monitoring.drift.records import Record
from monitoring.engine.circuit import RunContext
from monitoring.engine.task import Engine, Met, Task
from monitoring.results.circuit_json import read_decision
from monitoring.results.folder import ResultsFolder
from monitoring.sources import Issue, StoredTable

Progress = Callable[[int, int], None]
"""Is told how many circuits are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run came to."""

    statuses: Counter[str]
    """Circuits by status of drift."""
    failed: tuple[str, ...]
    """Circuits, as `PLANT/CIRCUIT`, that could not be judged because something broke."""
    unknown: tuple[str, ...]
    """Circuits that are in the data and not in the configuration."""
    absent: tuple[str, ...]
    """Circuits of the configuration without a row in the windows."""
    issues: tuple[Issue, ...]
    """Parts of the data that could not be read."""
    decisions: tuple[Decision, ...]
    records: tuple[Record, ...] = field(repr=False)

    @property
    def is_partial(self) -> bool:
        """Whether somebody has to look at the run itself."""
        return bool(self.failed or self.issues)


def run_drift(
    circuits: Sequence[Circuit],
    sensors: StoredTable,
    predictions: StoredTable | None,
    context: RunContext,
    folder: ResultsFolder,
    engine: Engine,
    *,
    progress: Progress | None = None,
) -> RunSummary:
    """Judge the circuits that have no result yet, then put the results of all together.

    A circuit that breaks is a result with its error, and the others go on. Results are written as
    they come: a run that ends early goes on where it was, on the same engine or on another.

    Args:
        circuits: enabled ones.
        sensors: the table of readings, pinned.
        predictions: the table of predictions; None if their drift is not judged.
        context: what circuits are judged with.
        folder: open for writing.
        engine: what reads and judges.
        progress: called after each portion of circuits.

    Raises:
        SourceError: storage fails, or a file of the pinned version is gone.
        EngineError: what computes does not work.
        OSError: results cannot be written.
    """
    done = folder.finished()
    left = [circuit for circuit in circuits if circuit.key not in done]
    met = Met()
    if left:
        task = Task(left, sensors, predictions, context, folder.inputs.run_id)
        count = len(circuits) - len(left)
        for portion in engine.judge(task, met):
            for circuit, content in portion:
                folder.write_circuit(circuit.plant_id, circuit.circuit_id, content)
            count += len(portion)
            if progress:
                progress(count, len(circuits))
        met.unknown -= {circuit.key for circuit in circuits}
    return _assembled(circuits, folder, context, met)


def _assembled(
    circuits: Sequence[Circuit],
    folder: ResultsFolder,
    context: RunContext,
    met: Met,
) -> RunSummary:
    """Write the files of the whole run from the circuits' own."""
    day = f"{context.windows.current.end:%Y%m%d}"
    found = [folder.read_circuit(circuit.key) for circuit in sorted(circuits, key=lambda c: c.key)]
    results: list[dict[str, Any]] = [each["result"] for each in found]
    decisions = limit_retrainings([read_decision(each["decision"]) for each in found])
    folder.write(f"drift_results_{day}.json", [_drift(result) for result in results])
    folder.write(f"quality_results_{day}.json", [result["quality"] for result in results])
    folder.write("decisions.json", [decision.as_json() for decision in decisions])
    statuses = Counter(str(result["drift"]["status"]) for result in results)
    return RunSummary(
        statuses,
        tuple(_key(r) for r in results if r["quality"]["status"] == "error"),
        tuple(sorted(met.unknown)),
        tuple(sorted(met.absent)),
        tuple(met.issues),
        decisions,
        tuple(record for each in found for record in each["records"]),
    )


def _drift(result: dict[str, Any]) -> dict[str, Any]:
    """Write a circuit as the document has it, with the deciding rule and the predictions."""
    model = {name: result[name] for name in ("model_name", "model_version")}
    return {**result["drift"], **model, "prediction_drift": result["prediction_drift"]}


def _key(result: dict[str, Any]) -> str:
    return f"{result['plant_id']}/{result['circuit_id']}"
