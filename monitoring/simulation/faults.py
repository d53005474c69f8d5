"""Faults of sensors, as data and as what they do to arrays: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import numpy as np

from monitoring.sensors import FloatArray, MicrosecondArray
from monitoring.simulation.circuits import SimulatedCircuit
from monitoring.windows import CURRENT_DAYS, Window

FaultKind = Literal[
    "shift", "ramp", "scale", "stuck", "unit_change", "nulls", "late_day", "lost_circuit"
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one circuit, from when until when."""

    plant_id: str
    circuit_id: str
    kind: FaultKind
    feature: str | None
    """The sensor; None where all of the circuit is meant."""
    when: Window
    size: float
    """shift: standard deviations; ramp: those reached at the end; scale: factor of the deviations
    from the mean; unit_change: factor of the value; nulls: share of the rows; else 0."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and standard deviation of a sensor before its fault."""

    mean: float
    sigma: float


def apply(
    fault: Fault,
    values: FloatArray,
    timestamps: MicrosecondArray,
    before: Scale,
    held: float,
    rng: np.random.Generator,
) -> FloatArray:
    """Return what the sensor shows instead of `values`.

    Args:
        fault: A fault of one sensor; `late_day` and `lost_circuit` concern whole rows.
        values: What a sound sensor would show.
        timestamps: Microseconds since 1970, one per value.
        before: The sensor's scale before the fault.
        held: The last value before the fault, which a stuck sensor goes on to show.
        rng: Which rows are null.
    """
    start, end = fault.when.start_us, fault.when.end_us
    rows = (timestamps >= start) & (timestamps < end)
    chosen = values[rows]
    match fault.kind:
        case "shift":
            changed = chosen + fault.size * before.sigma
        case "ramp":
            share = (timestamps[rows] - start) / (end - start)
            changed = chosen + fault.size * before.sigma * share
        case "scale":
            changed = before.mean + fault.size * (chosen - before.mean)
        case "unit_change":
            changed = fault.size * chosen
        case "nulls":
            changed = np.where(rng.random(chosen.size) < fault.size, np.nan, chosen)
        case "stuck":
            changed = np.full(chosen.size, held)
        case "late_day" | "lost_circuit":
            raise ValueError(f"{fault.kind} concerns rows, not the values of a sensor")
    result = values.copy()
    result[rows] = changed
    return result


def default_faults(
    circuits: Sequence[SimulatedCircuit], as_of: date, seed: int
) -> tuple[Fault, ...]:
    """Choose a circuit, and of it a sensor, for each of nine faults; fewer for a smaller fleet.

    Lasting faults begin with the current window of `as_of`, the ramp three weeks before.
    """
    end = datetime.combine(as_of, time(), UTC)

    def ago(days: float) -> datetime:
        return end - timedelta(days=days)

    current = Window(ago(CURRENT_DAYS), end)
    kinds: list[tuple[FaultKind, Window, float]] = [
        ("shift", current, 1.0),
        ("shift", current, 3.0),
        ("ramp", Window(ago(CURRENT_DAYS + 21), end), 3.0),
        ("scale", current, 1.5),
        ("stuck", Window(ago(1.75), ago(1.5)), 0.0),
        ("unit_change", Window(ago(3), end), 10.0),
        ("nulls", current, 0.3),
        ("late_day", Window(ago(3), ago(2)), 0.0),
        ("lost_circuit", current, 0.0),
    ]
    rng = np.random.default_rng([seed, 9])
    chosen = rng.permutation(len(circuits))[: len(kinds)]
    faults = []
    for (kind, when, size), index in zip(kinds, chosen.tolist(), strict=False):
        circuit = circuits[index]
        sensor = circuit.features[int(rng.integers(len(circuit.features)))]
        of_rows = kind in ("late_day", "lost_circuit")
        faults.append(
            Fault(
                circuit.plant_id, circuit.circuit_id, kind, None if of_rows else sensor, when, size
            )
        )
    return tuple(faults)
