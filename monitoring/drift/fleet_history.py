"""The history that a circuit is calibrated on, from its readings and what is known of its past."""

from datetime import date
from typing import Final

import numpy as np

from generator.fleet import Circuit, Silence
from monitoring.drift.calibration import CircuitHistory
from monitoring.drift.history import MICROSECONDS_A_DAY, DailySeries, replay
from monitoring.drift.training import SnapshotStatus, TrainingSnapshot
from monitoring.sensors import CircuitReadings

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


def history_of(
    readings: CircuitReadings,
    circuit: Circuit,
    snapshot: TrainingSnapshot | None = None,
    starts: date | None = None,
) -> CircuitHistory:
    """Replay a circuit's past, a row an hour; days of maintenance tell nothing about normal ones.

    Sensors hold their values for longer than an hour, so more rows tell little more of a week, and
    a year of them is sixty times as much. Weeks that the training snapshot was taken from are
    nearer to it than any other, and are left out of its limits.

    Args:
        readings: of the whole history.
        circuit: whose they are.
        snapshot: the second reference, if it is compared with.
        starts: earlier days tell nothing, such as predictions of a model that was replaced.
    """
    series = hourly(DailySeries.of(readings.timestamps, readings.values))
    # A snooze has no beginning: it would take the whole past, which says what is usual.
    dated = [silence for silence in circuit.silences if silence.starts.timestamp() > 0]
    silenced = {day for silence in dated for day in _days(silence)}
    if starts is not None and series.timestamps.size:
        first = int(series.timestamps[0]) // MICROSECONDS_A_DAY
        silenced |= set(range(first, _number(starts)))
    rolling = replay(series, excluded_days=sorted(silenced))
    training, version = None, circuit.model_version
    if snapshot is not None and snapshot.status is SnapshotStatus.USABLE:
        version = snapshot.model_version
        own = set() if snapshot.window is None else {_number(d) for d in snapshot.window.days}
        training = replay(
            series,
            training=snapshot.thinned(series.features),
            excluded_days=sorted(silenced | own),
        )
    return CircuitHistory(circuit.plant_id, circuit.circuit_id, rolling, training, version)
