"""Limits of a whole fleet at one day, made from score histories."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitoring.drift.budget import SEVERE_ALARMS_A_CIRCUIT_DAY, fit_budget
from monitoring.drift.history import ScoreHistory, day_date
from monitoring.drift.limits import (
    LimitSettings,
    fleet_limits,
    own_limits,
    past_runs,
    replay_verdicts,
)
from monitoring.drift.scores import SCORES, ReferenceKind

FloatArray = NDArray[np.float64]

FORMAT: Final = "mlmon drift calibration"
VERSION: Final = 1
COLUMNS: Final = tuple(f"{space}.{statistic}" for space, statistic in SCORES)


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


_Limit = Annotated[float, Field(gt=0, allow_inf_nan=True)] | None


class FeatureLimits(_Stored):
    """Limits of one feature against one reference, in the order of `columns`."""

    feature: str
    reference: ReferenceKind
    limits: tuple[_Limit, _Limit, _Limit, _Limit]
    """None where too few past runs have the score."""


class CircuitLimits(_Stored):
    """What one circuit is judged by."""

    plant_id: str
    circuit_id: str
    model_version: str | None
    runs: Annotated[int, Field(ge=0)]
    """Past runs against the rolling reference that the limits come from."""
    inputs_digest: str
    """SHA-256 of the scores and days that the limits come from."""
    features: tuple[FeatureLimits, ...]

    def limits(self, features: tuple[str, ...], reference: ReferenceKind) -> FloatArray:
        """Take limits in the order of features; NaN for those that have none."""
        found = {f.feature: f.limits for f in self.features if f.reference == reference}
        return _table(found, features)


class Immediate(_Stored):
    """The exceedance above which an alarm is severe, raised until the budget is kept."""

    configured: Annotated[float, Field(gt=0)]
    limit: Annotated[float, Field(gt=0)]
    budget: Annotated[float, Field(ge=0, le=1)]
    circuit_days: Annotated[int, Field(ge=0)]
    severe_at_configured: Annotated[int, Field(ge=0)]
    severe: Annotated[int, Field(ge=0)]


class FleetLimits(_Stored):
    """Limits of a feature over all circuits, for those that are warming up."""

    feature: str
    limits: tuple[_Limit, _Limit, _Limit, _Limit]


class Calibration(_Stored):
    """Limits of a fleet, for runs that end at `as_of` or later."""

    format: Literal["mlmon drift calibration"] = FORMAT
    version: Literal[1] = VERSION
    as_of: date
    """Exclusive end of the run that these limits judge first."""
    quantile: float
    runs: int
    gap_days: int
    minimum_runs: int
    columns: tuple[str, ...]
    immediate: Immediate
    fleet: tuple[FleetLimits, ...]
    circuits: tuple[CircuitLimits, ...]

    @model_validator(mode="after")
    def _known_columns(self) -> "Calibration":
        if self.columns != COLUMNS:
            raise ValueError(f"columns are {', '.join(self.columns)}, not {', '.join(COLUMNS)}")
        keys = [(c.plant_id, c.circuit_id) for c in self.circuits]
        if len(set(keys)) < len(keys):
            raise ValueError("a circuit is listed twice")
        return self

    @property
    def features(self) -> frozenset[str]:
        """Names of all that has limits, of any circuit."""
        return frozenset(f.feature for circuit in self.circuits for f in circuit.features)

    def circuit(self, plant_id: str, circuit_id: str) -> CircuitLimits | None:
        """Find a circuit's limits; None for one that was not calibrated."""
        for circuit in self.circuits:
            if (circuit.plant_id, circuit.circuit_id) == (plant_id, circuit_id):
                return circuit
        return None

    def fleet_table(self, features: tuple[str, ...]) -> FloatArray:
        """Take the fleet's limits in the order of features; NaN for those that have none."""
        return _table({f.feature: f.limits for f in self.fleet}, features)


@dataclass(frozen=True, slots=True)
class CircuitHistory:
    """A circuit's scores against both references."""

    plant_id: str
    circuit_id: str
    rolling: ScoreHistory
    training: ScoreHistory | None = None
    """None where the circuit has no training snapshot."""
    model_version: str | None = None


def calibrate(
    histories: list[CircuitHistory],
    day: int,
    *,
    configured_immediate: float,
    settings: LimitSettings | None = None,
    budget: float = SEVERE_ALARMS_A_CIRCUIT_DAY,
) -> Calibration:
    """Take every circuit's limits from its history, and the fleet's limit of severe alarms.

    Runs that were severe by their own past are kept out of later limits, so that a fault does not
    blind a circuit for a year. Milder alarms stay: leaving them out lowers limits until they are
    passed on many healthy days.

    Args:
        histories: one per circuit.
        day: exclusive end of the first run to be judged, in days since 1970.
        configured_immediate: `drift_ladder.calibrated.immediate`.
        settings: how limits are taken.
        budget: severe alarms per circuit-day.
    """
    settings = settings or LimitSettings()
    screened = [_screened(h.rolling, settings, configured_immediate) for h in histories]
    severe = fit_budget(
        [
            of_circuit[h.rolling.days <= day - settings.gap_days]
            for h, (_, of_circuit) in zip(histories, screened, strict=True)
        ],
        configured=configured_immediate,
        budget=budget,
    )
    rolling = [history for history, _ in screened]
    pool = fleet_limits(rolling, day, settings)
    circuits = [
        _circuit_limits(h, history, day, settings)
        for h, history in zip(histories, rolling, strict=True)
    ]
    return Calibration(
        as_of=day_date(day),
        quantile=settings.quantile,
        runs=settings.runs,
        gap_days=settings.gap_days,
        minimum_runs=settings.minimum_runs,
        columns=COLUMNS,
        immediate=Immediate(
            configured=severe.configured,
            limit=severe.immediate,
            budget=severe.budget,
            circuit_days=severe.circuit_days,
            severe_at_configured=severe.severe_at_configured,
            severe=severe.severe,
        ),
        fleet=tuple(
            FleetLimits(feature=name, limits=_plain(row)) for name, row in sorted(pool.items())
        ),
        circuits=tuple(sorted(circuits, key=lambda c: (c.plant_id, c.circuit_id))),
    )


def _screened(
    history: ScoreHistory, settings: LimitSettings, immediate: float
) -> tuple[ScoreHistory, FloatArray]:
    """Exclude the runs that were severe by their own past; tell all exceedances of the circuit."""
    verdicts = replay_verdicts(history, settings, immediate)
    of_circuit = verdicts.of_circuit
    with np.errstate(invalid="ignore"):
        excluded = history.excluded | (of_circuit > immediate)
    screened = ScoreHistory(history.features, history.days, history.scores, excluded)
    return screened, np.where(history.excluded, np.nan, of_circuit)


def _circuit_limits(
    circuit: CircuitHistory, rolling: ScoreHistory, day: int, settings: LimitSettings
) -> CircuitLimits:
    digest = hashlib.sha256()
    stored = []
    references: list[tuple[ReferenceKind, ScoreHistory | None]] = [
        ("rolling", rolling),
        ("training", circuit.training),
    ]
    for reference, history in references:
        if history is None:
            continue
        past = past_runs(history, day, settings)
        digest.update(json.dumps([reference, history.features]).encode())
        digest.update(history.days[past].astype("<i8").tobytes())
        digest.update(np.ascontiguousarray(history.scores[past]).astype("<f8").tobytes())
        limits, _ = own_limits(history, day, settings)
        stored += [
            FeatureLimits(feature=name, reference=reference, limits=_plain(row))
            for name, row in zip(history.features, limits, strict=True)
        ]
    return CircuitLimits(
        plant_id=circuit.plant_id,
        circuit_id=circuit.circuit_id,
        model_version=circuit.model_version,
        runs=_runs_with_scores(rolling, day, settings),
        inputs_digest=digest.hexdigest(),
        features=tuple(stored),
    )


def _runs_with_scores(history: ScoreHistory, day: int, settings: LimitSettings) -> int:
    """Count the past runs that have a score: days without data are no history."""
    past = history.scores[past_runs(history, day, settings)]
    return int((~np.isnan(past)).any(axis=(1, 2)).sum())


def _plain(row: FloatArray) -> tuple[_Limit, _Limit, _Limit, _Limit]:
    """Make limits plain; an infinite one is stored as the largest number, which JSON has."""
    largest = float(np.finfo(np.float64).max)
    first, second, third, fourth = (
        None if math.isnan(value) else min(value, largest) for value in row.tolist()
    )
    return first, second, third, fourth


def _table(found: Mapping[str, tuple[_Limit, ...]], features: tuple[str, ...]) -> FloatArray:
    nothing: tuple[_Limit, ...] = (None,) * len(SCORES)
    rows = [found.get(name, nothing) for name in features]
    result = np.array(rows, np.float64).reshape(len(features), len(SCORES))  # None becomes NaN
    return np.where(result == np.finfo(np.float64).max, np.inf, result)
