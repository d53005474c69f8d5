"""A run over the fleet: each circuit as it comes into the results folder, then the whole."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import numpy as np

from generator.fleet import Circuit
from monitoring.decisions import Decision, decide, limit_retrainings
from monitoring.drift.records import Record, RunKey, plain, records
from monitoring.engine.circuit import (
    PREDICTION,
    CircuitResult,
    RunContext,
    failed_circuit,
    judge_circuit,
)
from monitoring.results.circuit_json import circuit_json, read_decision
from monitoring.results.folder import ResultsFolder
from monitoring.results.training import training_records
from monitoring.sensors import CircuitReadings
from monitoring.sources import (
    CircuitKey,
    FleetReading,
    Issue,
    StoredTable,
    read_fleet,
    read_predictions,
)

_TOGETHER: Final = 16
"""Circuits that are judged before the next are read."""

Progress = Callable[[int, int], None]
"""Is told how many circuits are done, and how many there are."""
_Readings = tuple[Circuit, CircuitReadings, CircuitReadings | None]


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
    *,
    threads: int,
    progress: Progress | None = None,
) -> RunSummary:
    """Judge the circuits that have no result yet, then put the results of all together.

    A circuit that breaks is a result with its error, and the others go on. Results are written as
    they come: a run that ends early goes on where it was.

    Args:
        circuits: enabled ones.
        sensors: the table of readings, pinned.
        predictions: the table of predictions; None if their drift is not judged.
        context: what circuits are judged with.
        folder: open for writing.
        threads: circuits that are judged at once.
        progress: called after each portion of circuits.

    Raises:
        SourceError: storage fails, or a file of the pinned version is gone.
        OSError: results cannot be written.
    """
    done = folder.finished()
    left = [circuit for circuit in circuits if circuit.key not in done]
    unknown: set[str] = set()
    absent: set[str] = set()
    issues: list[Issue] = []
    if left:
        reading = _read_sensors(left, sensors, context)
        others = _read_predictions(left, predictions, context)
        paired = _pair(left, reading, others)
        count = len(circuits) - len(left)
        with ThreadPoolExecutor(threads, thread_name_prefix="mlmon-judge") as pool:
            while portion := list(islice(paired, _TOGETHER)):
                results = list(pool.map(lambda each: _judged(each, context), portion))
                for result in results:
                    _write(folder, result, context)
                count += len(portion)
                if progress:
                    progress(count, len(circuits))
        read = [each for each in (reading, others) if each is not None]
        issues = [issue for each in read for issue in each.issues]
        known = {circuit.key for circuit in circuits}
        unknown = {str(key) for key in reading.unknown} - known
        absent = {str(key) for key in reading.absent}
    return _assembled(circuits, folder, context, unknown, absent, issues)


def _read_sensors(
    circuits: Sequence[Circuit], table: StoredTable, context: RunContext
) -> FleetReading:
    features = {CircuitKey(c.plant_id, c.circuit_id): c.features for c in circuits}
    return read_fleet(table, features, context.windows.whole)


def _read_predictions(
    circuits: Sequence[Circuit], table: StoredTable | None, context: RunContext
) -> FleetReading | None:
    if table is None:
        return None
    keys = [CircuitKey(c.plant_id, c.circuit_id) for c in circuits]
    return read_predictions(table, keys, context.windows.whole)


def _pair(
    circuits: Sequence[Circuit], sensors: FleetReading, predictions: FleetReading | None
) -> Iterator[_Readings]:
    """Bring together what belongs to a circuit; both readings come sorted by plant and circuit."""
    ordered = sorted(circuits, key=lambda c: CircuitKey(c.plant_id, c.circuit_id))
    readings = _for_each(ordered, sensors, lambda circuit: circuit.features)
    if predictions is None:
        for circuit, found in zip(ordered, readings, strict=True):
            yield circuit, found, None
        return
    predicted = _for_each(ordered, predictions, lambda _: (PREDICTION,))
    yield from zip(ordered, readings, predicted, strict=True)


def _for_each(
    ordered: Sequence[Circuit],
    reading: Iterable[list[CircuitReadings]],
    columns: Callable[[Circuit], Sequence[str]],
) -> Iterator[CircuitReadings]:
    """Yield the readings of each circuit, without rows for one that is not in the data."""
    flat = (found for batch in reading for found in batch)
    following = next(flat, None)
    for circuit in ordered:
        if following is not None and following.key == circuit.key:
            found, following = following, None
            yield found
            following = next(flat, None)
        else:
            yield _without_rows(circuit, columns(circuit))


def _without_rows(circuit: Circuit, columns: Sequence[str]) -> CircuitReadings:
    return CircuitReadings(
        circuit.plant_id,
        circuit.circuit_id,
        np.empty(0, np.int64),
        {name: np.empty(0, np.float64) for name in columns},
        dict.fromkeys(columns, 0),
    )


def _judged(each: _Readings, context: RunContext) -> CircuitResult:
    circuit, readings, predictions = each
    try:
        return judge_circuit(circuit, readings, context, predictions)
    except Exception as error:  # noqa: BLE001 - one circuit must not end the others' run
        return failed_circuit(circuit, context, f"{type(error).__name__}: {error}")


def _write(folder: ResultsFolder, result: CircuitResult, context: RunContext) -> None:
    circuit = result.circuit
    decision = decide(result.drift.evidence, result.quality, None)
    content = {
        "result": circuit_json(result),
        "decision": decision.as_json(),
        "records": [plain(record) for record in _records(result, context, folder.inputs.run_id)],
    }
    folder.write_circuit(circuit.plant_id, circuit.circuit_id, content)


def _records(result: CircuitResult, context: RunContext, run_id: str) -> Iterator[Record]:
    circuit = result.circuit
    key = RunKey(
        run_id,
        circuit.plant_id,
        circuit.circuit_id,
        circuit.model_name,
        circuit.model_version,
        context.windows,
    )
    for columns, drift in (("sensors", result.drift), ("predictions", result.prediction_drift)):
        if drift is not None:
            yield from records(key, columns, drift.evidence, drift.measurement, drift.verdict)
            yield from training_records(key, drift)


def _assembled(
    circuits: Sequence[Circuit],
    folder: ResultsFolder,
    context: RunContext,
    unknown: Iterable[str],
    absent: Iterable[str],
    issues: Sequence[Issue],
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
        tuple(sorted(unknown)),
        tuple(sorted(absent)),
        tuple(issues),
        decisions,
        tuple(record for each in found for record in each["records"]),
    )


def _drift(result: dict[str, Any]) -> dict[str, Any]:
    """Write a circuit as the document has it, with the deciding rule and the predictions."""
    model = {name: result[name] for name in ("model_name", "model_version")}
    return {**result["drift"], **model, "prediction_drift": result["prediction_drift"]}


def _key(result: dict[str, Any]) -> str:
    return f"{result['plant_id']}/{result['circuit_id']}"
