"""A run over the fleet: each circuit as it comes into the results folder, then the whole."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.fleet import Circuit
from monitoring.decisions import Decision, limit_retrainings
from monitoring.drift.records import Record
from monitoring.engine.circuit import RunContext
from monitoring.engine.task import Engine, Met, Task
from monitoring.results.circuit_json import read_decision
from monitoring.results.folder import MET, ResultsFolder
from monitoring.sources import StoredTable

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
    issues: tuple[str, ...]
    """Parts of the data that could not be read, each as a sentence."""
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
    if not left and not folder.has(MET):
        left = list(circuits)  # it was killed behind its last circuit: nobody knows what was met
    if left:
        task = Task(left, sensors, predictions, context, folder.inputs.run_id)
        count = len(circuits) - len(left)
        for portion in engine.judge(task, met):
            for circuit, content in portion:
                folder.write_circuit(circuit.plant_id, circuit.circuit_id, content)
            count += len(portion)
            if progress:
                progress(count, len(circuits))
        _note(folder, circuits, left, met)
    return _assembled(circuits, folder, context)


def _note(
    folder: ResultsFolder, circuits: Sequence[Circuit], left: Sequence[Circuit], met: Met
) -> None:
    """Keep what was met beside the circuits: a run that finds nothing left to do tells it again."""
    every = [circuit.key for circuit in circuits]
    asked = {circuit.key for circuit in left}
    issues = {}
    for issue in met.issues:
        about = {str(key) for key in issue.circuits}
        # What all circuits lack that were left, those that were judged before lack as well.
        issues[str(issue)] = every if about >= asked else sorted(about)
    unknown = sorted(met.unknown - set(every))
    folder.write(MET, {"issues": dict(sorted(issues.items())), "unknown": unknown})


def _assembled(
    circuits: Sequence[Circuit],
    folder: ResultsFolder,
    context: RunContext,
) -> RunSummary:
    """Write the files of the whole run from the circuits' own."""
    day = f"{context.windows.current.end:%Y%m%d}"
    met = folder.read(MET)
    issues: dict[str, list[str]] = met["issues"]
    found = [folder.read_circuit(circuit.key) for circuit in sorted(circuits, key=lambda c: c.key)]
    results = [_with_issues(each["result"], issues) for each in found]
    decisions = limit_retrainings([read_decision(each["decision"]) for each in found])
    folder.write(f"drift_results_{day}.json", [_drift(result) for result in results])
    folder.write(f"quality_results_{day}.json", [result["quality"] for result in results])
    folder.write("decisions.json", [decision.as_json() for decision in decisions])
    statuses = Counter(str(result["drift"]["status"]) for result in results)
    return RunSummary(
        statuses,
        tuple(_key(r) for r in results if r["quality"]["status"] == "error"),
        tuple(met["unknown"]),
        tuple(_key(each["result"]) for each in found if not each["rows"]),
        tuple(issues),
        decisions,
        tuple(record for each in found for record in each["records"]),
    )


def _with_issues(result: dict[str, Any], issues: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Name what of a circuit's data could not be read; its quality is then not ok."""
    own = [issue for issue, circuits in issues.items() if _key(result) in circuits]
    if not own:
        return result
    quality = result["quality"]
    status = "warn" if quality["status"] == "ok" else quality["status"]
    reasons = [*quality["reasons"], *(f"{_key(result)}: {issue}." for issue in own)]
    return {**result, "quality": {**quality, "status": status, "reasons": reasons}, "issues": own}


def _drift(result: dict[str, Any]) -> dict[str, Any]:
    """Write a circuit as the document has it, with the deciding rule and the predictions."""
    model = {name: result[name] for name in ("model_name", "model_version")}
    model["issues"] = result.get("issues", [])
    return {**result["drift"], **model, "prediction_drift": result["prediction_drift"]}


def _key(result: dict[str, Any]) -> str:
    return f"{result['plant_id']}/{result['circuit_id']}"
