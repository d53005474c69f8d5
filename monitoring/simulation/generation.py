"""Generates a fleet stretch by stretch, so that memory holds one stretch: pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitoring.sensors import FloatArray, MicrosecondArray
from monitoring.simulation.circuits import (
    MINUTE_US,
    CircuitSignals,
    SimulatedCircuit,
    by_key,
    row_times,
)
from monitoring.simulation.faults import Fault, Scale, apply
from monitoring.windows import REFERENCE_DAYS, Window

HISTORY_DAYS: Final = 437
"""A year of daily runs, the 37 days of the first one, and a gap."""
MINUTE_DAYS: Final = 37
STRETCH_DAYS: Final = 30
"""Days of hourly rows that are made at once; of minutes it is one day."""
Mask: TypeAlias = NDArray[np.bool_]
_HOUR_US: Final = 60 * MINUTE_US
_DAY_US: Final = 24 * _HOUR_US
_ERROR_PER_SIGMA: Final = 0.25
"""What a forecast is wrong by for each standard deviation that one of its sensors is wrong by."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What to simulate."""

    circuits: tuple[SimulatedCircuit, ...]
    as_of: date
    """The first day without data."""
    seed: int = 0
    history_days: int = HISTORY_DAYS
    """Days with data in all."""
    minute_days: int = MINUTE_DAYS
    """Days at the end with a row a minute; the days before have a row an hour."""
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.minute_days <= self.history_days or self.history_days < 1:
            raise ValueError(
                f"{self.minute_days} days of minutes do not fit into {self.history_days} days"
            )
        if not self.circuits:
            raise ValueError("there is no circuit to simulate")

    @property
    def stretches(self) -> list[tuple[Window, int]]:
        """What is generated at once: whole days, and the step in microseconds."""
        end = datetime.combine(self.as_of, time(), UTC)
        start = end - timedelta(days=self.history_days)
        minutes = end - timedelta(days=self.minute_days)
        found = []
        while start < end:
            hourly = start < minutes
            until = min(start + timedelta(days=STRETCH_DAYS), minutes) if hourly else start
            until = until if hourly else start + timedelta(days=1)
            found.append((Window(start, until), _HOUR_US if hourly else MINUTE_US))
            start = until
        return found


@dataclass(frozen=True, slots=True)
class CircuitRows:
    """Rows of one circuit."""

    circuit: SimulatedCircuit
    timestamps: MicrosecondArray
    values: Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Forecasts:
    """What a circuit's model forecast for full hours, and what happened."""

    circuit: SimulatedCircuit
    target_times: MicrosecondArray
    actual: FloatArray
    predicted: FloatArray
    """NaN where the model could not run."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days of the whole fleet, sorted by circuit."""

    sensors: tuple[tuple[date, tuple[CircuitRows, ...]], ...]
    """Rows by the day they are stored under."""
    forecasts: tuple[Forecasts, ...]


@dataclass(slots=True)
class _Broken:
    """A sensor with a fault, and its sound past."""

    fault: Fault
    rng: np.random.Generator
    past: list[tuple[MicrosecondArray, FloatArray]] = field(default_factory=list)
    before: Scale | None = None
    held: float = 0.0


class Generator:
    """Generates a simulation; `scales` fills while it does."""

    def __init__(self, simulation: Simulation) -> None:
        """Draw the constants of every circuit.

        Raises:
            ValueError: a fault is about a circuit or a sensor that is not simulated.
        """
        self._simulation = simulation
        circuits = by_key(simulation.circuits)
        self._signals = [(c, CircuitSignals(c, simulation.seed)) for c in circuits]
        self._faults: dict[tuple[str, str], list[_Broken]] = {}
        known = {(c.plant_id, c.circuit_id): c.features for c in circuits}
        for number, fault in enumerate(simulation.faults):
            key = (fault.plant_id, fault.circuit_id)
            of_rows = fault.kind in ("late_day", "lost_circuit")
            if key not in known or of_rows != (fault.feature is None):
                raise ValueError(f"there is no such circuit or sensor: {fault}")
            if not of_rows and fault.feature not in known[key]:
                raise ValueError(f"{key[0]}/{key[1]} has no sensor {fault.feature}")
            rng = np.random.default_rng([simulation.seed, 1, number])
            self._faults.setdefault(key, []).append(_Broken(fault, rng))
        self._late: dict[date, list[CircuitRows]] = {}

    @property
    def scales(self) -> dict[Fault, Scale]:
        """Mean and standard deviation of each faulty sensor in the 30 days before its fault."""
        return {
            broken.fault: broken.before
            for group in self._faults.values()
            for broken in group
            if broken.before is not None
        }

    def __iter__(self) -> Iterator[Stretch]:
        """Generate, stretch after stretch."""
        for window, step_us in self._simulation.stretches:
            yield self._stretch(window, step_us)

    def _stretch(self, window: Window, step_us: int) -> Stretch:
        days = list(window.days)
        by_day: dict[date, list[CircuitRows]] = {day: self._late.pop(day, []) for day in days}
        times = row_times(window.start_us, len(days) * _DAY_US // step_us, step_us)
        hours = times % _HOUR_US == 0
        forecasts = []
        for circuit, signals in self._signals:
            made = signals.next(times, step_us)
            broken = self._faults.get((circuit.plant_id, circuit.circuit_id), [])
            values = dict(made.values)
            wrong = np.zeros(times.size)
            for item in (b for b in broken if b.fault.feature is not None):
                wrong += _break(item, values, times)
            lost = _covered([b.fault for b in broken if b.fault.kind == "lost_circuit"], times)
            late = _covered([b.fault for b in broken if b.fault.kind == "late_day"], times)
            predicted = made.actual + made.error + _ERROR_PER_SIGMA * np.clip(wrong, -8, 8)
            predicted[lost] = np.nan
            forecasts.append(Forecasts(circuit, times[hours], made.actual[hours], predicted[hours]))
            rows = CircuitRows(circuit, times, values)
            self._store(_chosen(rows, ~lost & ~late), by_day, 0)
            self._store(_chosen(rows, ~lost & late), by_day, 1)
        stored = tuple((day, _sorted(rows)) for day, rows in by_day.items())
        return Stretch(stored, tuple(forecasts))

    def _store(self, rows: CircuitRows, by_day: dict[date, list[CircuitRows]], after: int) -> None:
        """Divide rows by day, and store each day's under the day `after` days later."""
        of_day = rows.timestamps // _DAY_US
        for number in np.unique(of_day).tolist():
            day = date(1970, 1, 1) + timedelta(days=number + after)
            target = by_day[day] if day in by_day else self._late.setdefault(day, [])
            target.append(_chosen(rows, of_day == number))


def _chosen(rows: CircuitRows, chosen: Mask) -> CircuitRows:
    if chosen.all():
        return rows
    values = {name: column[chosen] for name, column in rows.values.items()}
    return CircuitRows(rows.circuit, rows.timestamps[chosen], values)


def _break(item: _Broken, values: dict[str, FloatArray], times: MicrosecondArray) -> FloatArray:
    """Apply a fault; return how wrong the sensor is, in standard deviations."""
    fault = item.fault
    sound = values[str(fault.feature)]
    if item.before is None:
        item.past.append((times, sound))
        if times[-1] < fault.when.start_us:
            return np.zeros(times.size)
        item.before, item.held = _before(item.past, fault.when)
        item.past.clear()
    shown = apply(fault, sound, times, item.before, item.held, item.rng)
    values[str(fault.feature)] = shown
    return np.nan_to_num((shown - sound) / max(item.before.sigma, 1e-9))


def _before(
    past: Sequence[tuple[MicrosecondArray, FloatArray]], when: Window
) -> tuple[Scale, float]:
    """Return a sensor's scale in the 30 days before a fault, and the last value it showed."""
    times = np.concatenate([t for t, _ in past])
    values = np.concatenate([v for _, v in past])
    earlier = times < when.start_us
    chosen = values[earlier & (times >= when.start_us - REFERENCE_DAYS * _DAY_US)]
    if not chosen.size:
        return Scale(float(values.mean()), float(values.std())), float(values[0])
    return Scale(float(chosen.mean()), float(chosen.std())), float(values[earlier][-1])


def _covered(faults: Sequence[Fault], times: MicrosecondArray) -> Mask:
    covered = np.zeros(times.size, dtype=bool)
    for fault in faults:
        covered |= (times >= fault.when.start_us) & (times < fault.when.end_us)
    return covered


def _sorted(rows: Sequence[CircuitRows]) -> tuple[CircuitRows, ...]:
    return tuple(
        sorted(rows, key=lambda r: (r.circuit.plant_id, r.circuit.circuit_id, r.timestamps[0]))
    )
