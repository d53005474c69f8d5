"""A run over the fleet: each circuit as it comes into the results folder, then the whole."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from generator.fleet import Circuit
from monitoring.decisions import Decision
from monitoring.drift.ladder import DriftStatus
from monitoring.engine.circuit import RunContext
from monitoring.engine.content import content_of
from monitoring.engine.resuming import Known, Progress, judge_left
from monitoring.engine.task import Engine, Task, TaskTable
from monitoring.model_predictions import COLUMNS, TEXTS
from monitoring.record_tables import Record
from monitoring.results.circuit_json import with_issues
from monitoring.results.days import results_name
from monitoring.results.decisions import decide_day
from monitoring.results.folder import ResultsFolder, key_of
from monitoring.sources import StoredTable
from monitoring.sources.finding import TARGET_TIME


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
    """Parts of the data, or the day's errors, that could not be read, each as a sentence."""
    decisions: tuple[Decision, ...]
    records: tuple[Record, ...] = field(repr=False)

    @property
    def is_partial(self) -> bool:
        """Whether somebody has to look at the run itself.

        Also if no circuit has a row at all, or none a recent one.
        """
        total = self.statuses.total()
        is_old = self.statuses[DriftStatus.STALE] == total
        return bool(self.failed or self.issues) or is_old or len(self.absent) == total


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
        SourceError: storage fails, or delivers no file of the pinned version any more.
        EngineError: what computes does not work.
        OSError: results cannot be written.
    """
    tables = [TaskTable(sensors, lambda circuit: circuit.features)]
    if predictions is not None:
        tables.append(
            TaskTable(predictions, lambda _: COLUMNS, TARGET_TIME, texts=TEXTS, optional=TEXTS)
        )
    judge = partial(content_of, context=context, run_id=folder.inputs.run_id)
    window = context.windows.whole
    known = judge_left(
        circuits, folder, engine, lambda left: Task(left, tables, window, judge), progress
    )
    return _assembled(circuits, folder, context, known)


def _assembled(
    circuits: Sequence[Circuit],
    folder: ResultsFolder,
    context: RunContext,
    known: Known,
) -> RunSummary:
    """Write the files of the whole run from the circuits' own."""
    day = context.windows.current.end.date()
    found = [folder.read_circuit(circuit.key) for circuit in sorted(circuits, key=lambda c: c.key)]
    results = [_with_issues(each["result"], known) for each in found]
    folder.write(results_name("drift", day), [_drift(result) for result in results])
    folder.write(results_name("quality", day), [result["quality"] for result in results])
    decisions, problems = decide_day(folder.path, day)
    statuses = Counter(str(result["drift"]["status"]) for result in results)
    return RunSummary(
        statuses,
        tuple(key_of(r) for r in results if r["quality"]["status"] == "error"),
        known.unknown,
        tuple(key_of(each["result"]) for each in found if not each["rows"]),
        (*known.issues, *problems),
        decisions,
        tuple(record for each in found for record in each["records"]),
    )


def _with_issues(result: dict[str, Any], known: Known) -> dict[str, Any]:
    issues = known.about(key_of(result))
    return {
        **result,
        "quality": with_issues(result["quality"], issues, key_of(result)),
        "issues": issues,
    }


def _drift(result: dict[str, Any]) -> dict[str, Any]:
    """Write a circuit as the document has it, with the deciding rule and the predictions."""
    model = {name: result[name] for name in ("model_name", "model_version")}
    model["issues"] = result["issues"]
    return {**result["drift"], **model, "prediction_drift": result["prediction_drift"]}
