"""Takes a circuit's baseline from its readings, and says whether they are good enough."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from generator.fleet import Circuit
from monitoring.baselines.dataset import digest_of
from monitoring.baselines.description import Description, FeatureRows, GateResult, Source
from monitoring.baselines.errors import BaselineError
from monitoring.baselines.folder import Baseline
from monitoring.baselines.places import Role
from monitoring.drift.history import MINIMUM_READINGS
from monitoring.model_predictions import RENAME, predictions_of
from monitoring.prediction_table import PREDICTED
from monitoring.quality import Requirements, check_circuit
from monitoring.sensors import CircuitReadings
from monitoring.windows import REFERENCE_DAYS, Windows

_NOT_YET: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Taking:
    """What all baselines of one command share."""

    as_of: date
    days: int
    anyway: bool
    """Take data that fail the quality gate, and write that down."""

    @property
    def windows(self) -> Windows:
        """The baseline's window as the current one; what is before says what is usual."""
        return Windows.of(self.as_of, self.days, REFERENCE_DAYS)


def take(
    circuit: Circuit, role: Role, readings: CircuitReadings, source: Source, taking: Taking
) -> Baseline:
    """Cut the window out of a circuit's readings.

    Raises:
        BaselineError: there is no row, or too little of every feature, or the quality gate is
            closed.
    """
    names = circuit.features
    if role == "outputs":
        names = (PREDICTED,)
        readings, problem = predictions_of(readings, circuit.model_name)
        if problem:
            raise BaselineError(problem, circuit.key, RENAME)
    window = taking.windows.current
    inside = (readings.timestamps >= window.start_us) & (readings.timestamps < window.end_us)
    order = np.flatnonzero(inside)
    order = order[np.argsort(readings.timestamps[order], kind="stable")]
    missing = np.full(readings.timestamps.size, np.nan)
    values = {name: readings.values.get(name, missing)[order] for name in names}
    finite = {name: int(np.isfinite(each).sum()) for name, each in values.items()}
    if max(finite.values()) < MINIMUM_READINGS:
        raise BaselineError(
            f"{order.size} rows from {window.start:%Y-%m-%d} to before {window.end:%Y-%m-%d} have "
            f"at most {max(finite.values())} readings of a feature, {MINIMUM_READINGS} are needed",
            circuit.key,
            "choose another --as-of, or more --days",
        )
    quality = _gate(circuit, readings, taking) if role == "inputs" else None
    description = Description(
        baseline="",
        plant_id=circuit.plant_id,
        circuit_id=circuit.circuit_id,
        role=role,
        model_name=circuit.model_name,
        model_version=circuit.model_version,
        start=window.start,
        end=window.end,
        rows=int(order.size),
        features=tuple(
            FeatureRows(feature=name, readings=count, coverage=count / order.size)
            for name, count in finite.items()
        ),
        data_digest=digest_of(values),
        file_digest=_NOT_YET,
        source=source,
        quality=quality,
    )
    return Baseline(description.renamed(), values)


def _gate(circuit: Circuit, readings: CircuitReadings, taking: Taking) -> GateResult:
    found = check_circuit(readings, Requirements.of(circuit), taking.windows)
    if not found.passes and not taking.anyway:
        closed = [check.reason for _, check in found.failures() if check.reason]
        reason = (closed or list(found.reasons) or [found.status.value])[0]
        raise BaselineError(
            f"the data fail the quality gate: {reason.rstrip('.')}",
            circuit.key,
            "choose another window, or take them with --anyway, which is recorded",
        )
    # Reasons of checks that only warn are in the results of `mlmon drift run`.
    reasons = () if found.passes else found.reasons
    return GateResult(
        status=found.status.value,
        reasons=reasons,
        overridden=not found.passes,
    )
