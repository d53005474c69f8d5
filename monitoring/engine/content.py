"""What a run keeps of one circuit: its result and its records, as JSON has them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from generator.fleet import Circuit
from monitoring.drift.records import RunKey, plain, records
from monitoring.engine.circuit import (
    CircuitResult,
    RunContext,
    failed_circuit,
    judge_circuit,
)
from monitoring.record_tables import Record
from monitoring.results.circuit_json import circuit_json
from monitoring.results.training import training_records
from monitoring.sensors import CircuitReadings

Content = dict[str, Any]


def content_of(
    circuit: Circuit, readings: Sequence[CircuitReadings], context: RunContext, run_id: str
) -> Content:
    """Judge a circuit by its sensors and, if there are two readings, its predictions.

    If that breaks, the error is its result.
    """
    sensors, *rest = readings
    try:
        result = judge_circuit(circuit, sensors, context, *rest)
    except Exception as error:  # noqa: BLE001 - one circuit must not end the others' run
        result = failed_circuit(circuit, context, f"{type(error).__name__}: {error}")
    return {
        "rows": sensors.timestamps.size,
        "result": circuit_json(result),
        "records": [plain(record) for record in _records(result, context, run_id)],
    }


def without_rows(circuit: Circuit, columns: Sequence[str]) -> CircuitReadings:
    """Make the readings of a circuit that is not in the data."""
    return CircuitReadings(
        circuit.plant_id,
        circuit.circuit_id,
        np.empty(0, np.int64),
        {name: np.empty(0, np.float64) for name in columns},
        dict.fromkeys(columns, 0),
    )


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
