"""The history that a circuit is calibrated on, from its readings and what is known of its past."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from generator.fleet import Circuit, Silence
from monitoring.drift.calibration import CircuitHistory
from monitoring.drift.history import MICROSECONDS_A_DAY, DailySeries, replay
from monitoring.drift.training import SnapshotStatus, TrainingSnapshot
from monitoring.sensors import CircuitReadings, FloatArray

MICROSECONDS_AN_HOUR: Final = 3_600_000_000


def hourly(series: DailySeries) -> DailySeries:
    """Keep the first row of each hour."""
    hours = series.timestamps // MICROSECONDS_AN_HOUR
    _, first = np.unique(hours, return_index=True)
    return DailySeries(series.features, series.timestamps[first], series.values[:, first])


def _days(silence: Silence) -> range:
    """Number the days, since 1970, that a stretch of maintenance has a part of."""
    first, last = (int(moment.timestamp() // 86_400) for moment in (silence.starts, silence.ends))
    return range(first, last + 1)


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


@dataclass(frozen=True, slots=True)
class CircuitPast:
    """What a circuit's history is replayed from: small, so that another process can do it."""

    plant_id: str
    circuit_id: str
    model_version: str | None
    series: DailySeries
    """A row an hour."""
    excluded_days: tuple[int, ...]
    """Days since 1970 that tell nothing about normal ones, ascending."""
    training: FloatArray | None
    """The second reference, a row per feature; None if it is not compared with."""
    training_days: tuple[int, ...]
    """Days that the second reference was taken from."""


def past_of(
    readings: CircuitReadings,
    circuit: Circuit,
    snapshot: TrainingSnapshot | None = None,
    starts: date | None = None,
) -> CircuitPast:
    """Take a row an hour of a circuit's past; days of maintenance tell nothing about normal ones.

    Sensors hold their values for longer than an hour, so more rows tell little more of a week, and
    a year of them is sixty times as much.

    Args:
        readings: of the whole history.
        circuit: whose they are.
        snapshot: the second reference, if it is compared with.
        starts: earlier days tell nothing, such as predictions of a model that was replaced.
    """
    series = hourly(DailySeries.of(readings.timestamps, readings.values))
    # A snooze has no beginning: it would take the whole past, which says what is usual.
    dated = [silence for silence in circuit.silences if silence.starts.timestamp() > 0]
    excluded = {day for silence in dated for day in _days(silence)}
    if starts is not None and series.timestamps.size:
        first = int(series.timestamps[0]) // MICROSECONDS_A_DAY
        excluded |= set(range(first, _number(starts)))
    training, version = None, circuit.model_version
    training_days: set[int] = set()
    if snapshot is not None and snapshot.status is SnapshotStatus.USABLE:
        version = snapshot.model_version
        training = snapshot.thinned(series.features)
        if snapshot.window is not None:
            training_days = {_number(day) for day in snapshot.window.days}
    return CircuitPast(
        circuit.plant_id,
        circuit.circuit_id,
        version,
        series,
        tuple(sorted(excluded)),
        training,
        tuple(sorted(training_days)),
    )


def history_of(past: CircuitPast) -> CircuitHistory:
    """Replay a circuit's past against each reference.

    Weeks that the training snapshot was taken from are nearer to it than any other, and are left
    out of its limits.
    """
    rolling = replay(past.series, excluded_days=past.excluded_days)
    training = None
    if past.training is not None:
        excluded = sorted({*past.excluded_days, *past.training_days})
        training = replay(past.series, training=past.training, excluded_days=excluded)
    return CircuitHistory(past.plant_id, past.circuit_id, rolling, training, past.model_version)
