"""The performance job over the fleet: each circuit as it comes, then the results of all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from generator.diagnostics import printable
from generator.fleet import Circuit
from monitoring.engine.content import Content
from monitoring.engine.resuming import Known, Progress, judge_left
from monitoring.engine.task import Engine, Task, TaskTable
from monitoring.files import write_atomically
from monitoring.model_predictions import MODEL_NAME
from monitoring.performance.judging import MOST_NUMBERLESS, failed_performance, judge_performance
from monitoring.performance.matching import ACTUAL, HORIZON, ISSUED_AT
from monitoring.performance.versions import VERSION
from monitoring.prediction_table import PREDICTED
from monitoring.results.days import results_name
from monitoring.results.decisions import decide_day
from monitoring.results.folder import ResultsFolder, as_json
from monitoring.results.last_verdicts import last_verdicts, missing_verdicts
from monitoring.sensors import CircuitReadings
from monitoring.sources import StoredTable
from monitoring.sources.finding import TARGET_TIME
from monitoring.windows import Windows

_LACKING: Final = {
    HORIZON: ("they are judged as of one horizon", "write it in each row, as a number of minutes"),
    ISSUED_AT: ("a wrong clock is not seen in them", "write it in each row, as a timestamp"),
    VERSION: ("they count as those of one version", "write it in each row, as text"),
}
"""What it means that predictions have no usable value in a column, and what to do."""


@dataclass(frozen=True, slots=True)
class PerformanceSummary:
    """What a run came to."""

    statuses: Counter[str]
    """Circuits by status."""
    failed: tuple[str, ...]
    """Circuits, as `PLANT/CIRCUIT`, that could not be judged because something broke."""
    unknown: tuple[str, ...]
    """Circuits that have predictions and are not in the configuration."""
    absent: tuple[str, ...]
    """Circuits of the configuration without a prediction in the windows."""
    issues: tuple[str, ...]
    """Parts of the data, or earlier nights, that could not be read, each as a sentence."""
    results: tuple[dict[str, Any], ...] = field(repr=False)
    """As they are written, sorted by plant and circuit."""

    @property
    def is_partial(self) -> bool:
        """Whether somebody has to look at the run itself."""
        return bool(self.failed or self.issues or self.lack)

    @property
    def lack(self) -> str:
        """What is wrong with the verdicts themselves, in sentences; empty if nothing is."""
        return missing_verdicts(self.results)


def run_performance(
    circuits: Sequence[Circuit],
    predictions: StoredTable,
    actuals: StoredTable,
    windows: Windows,
    folder: ResultsFolder,
    engine: Engine,
    *,
    progress: Progress | None = None,
) -> PerformanceSummary:
    """Judge the circuits that have no result yet, then put the results of all together.

    A circuit that breaks is a result with its error, and the others go on. Results are written as
    they come: a run that ends early goes on where it was. A circuit without a verdict has the last
    one of the folders of earlier days beside it.

    Args:
        circuits: enabled ones.
        predictions: the table of predictions, pinned.
        actuals: the table of actuals, pinned.
        windows: both together are read; a verdict is of as many days as the current one has.
        folder: open for writing; the results of all are written beside it.
        engine: what reads and judges.
        progress: called after each portion of circuits.

    Raises:
        SourceError: storage fails, or delivers no file of the pinned version any more.
        EngineError: what computes does not work.
        OSError: results cannot be written.
    """
    tables = (
        TaskTable(
            predictions,
            lambda _: (PREDICTED, HORIZON, ISSUED_AT, MODEL_NAME, VERSION),
            TARGET_TIME,
            instants=frozenset({ISSUED_AT}),
            texts=frozenset({MODEL_NAME, VERSION}),
            optional=frozenset({MODEL_NAME}),
        ),
        TaskTable(actuals, lambda _: (ACTUAL,), TARGET_TIME),
    )
    judge = partial(performance_content, windows=windows)
    known = judge_left(
        circuits, folder, engine, lambda left: Task(left, tables, windows.whole, judge), progress
    )
    ordered = sorted(circuit.key for circuit in circuits)
    found = {key: folder.read_circuit(key) for key in ordered}
    known = _with_gaps(known, {key: each["result"] for key, each in found.items()}, predictions.uri)
    day_folder, day = folder.path.parent, windows.current.end.date()
    unjudged = [each["result"] for each in found.values() if each["result"]["evaluated_at"] is None]
    last, unread = last_verdicts(day_folder, day, unjudged)
    results = tuple(
        {**each["result"], "last_verdict": last.get(key), "issues": known.about(key)}
        for key, each in found.items()
    )
    write_atomically(day_folder / results_name("performance", day), as_json(results))
    if (day_folder / results_name("drift", day)).exists():
        decide_day(day_folder, day)
    return PerformanceSummary(
        Counter(result["status"] for result in results),
        tuple(key for key, each in found.items() if each["result"]["status"] == "error"),
        known.unknown,
        tuple(key for key, each in found.items() if not each["rows"]),
        (*known.issues, *unread),
        results,
    )


def _with_gaps(known: Known, results: Mapping[str, Mapping[str, Any]], uri: str) -> Known:
    """Tell which columns are there and yet not usable, and whose predictions are no numbers.

    A column that is missing is told already.
    """
    issues = dict(known.issues)
    for column, (meaning, fix) in _LACKING.items():
        rows = {
            key: result["without"].get(column, 0)
            for key, result in results.items()
            if not any(f"`{column}` is missing" in issue for issue in known.about(key))
        }
        keys = [key for key, number in rows.items() if number]
        if keys:
            issue = (
                f"{sum(rows.values()):,} predictions of {len(keys)} circuits, the first "
                f"{keys[0]}, have no usable `{column}`; {meaning} @ {uri}; {fix}"
            )
            issues[printable(issue)] = keys
    keys = [key for key, result in results.items() if _is_numberless(result)]
    if keys:
        rows = sum(results[key]["without_number"]["predictions"] for key in keys)
        issue = (
            f"{rows:,} predictions of the last days of {len(keys)} circuits, the first {keys[0]}, "
            f"have no usable number, which is more than {MOST_NUMBERLESS:.0%} of theirs @ {uri}; "
            "see what their models were given"
        )
        issues[printable(issue)] = keys
    return Known(issues, known.unknown)


def _is_numberless(result: Mapping[str, Any]) -> bool:
    return (result["without_number"]["share"] or 0) > MOST_NUMBERLESS


def performance_content(
    circuit: Circuit, readings: Sequence[CircuitReadings], windows: Windows
) -> Content:
    """Judge a circuit by its predictions and its actuals; if that breaks, the error is its result.

    It is a function of a module so that an engine can send it to where circuits are judged.
    """
    predictions, actuals = readings
    try:
        found = judge_performance(circuit, predictions, actuals, windows)
    except Exception as error:  # noqa: BLE001 - one circuit must not end the others' run
        found = failed_performance(circuit, f"{type(error).__name__}: {error}")
    return {"rows": predictions.timestamps.size, "result": found.as_json()}
