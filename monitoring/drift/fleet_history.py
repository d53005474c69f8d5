"""The history that a circuit is calibrated on, from its readings and what is known of its past."""

from typing import Final

import numpy as np

from generator.fleet import Circuit, Silence
from monitoring.drift.calibration import CircuitHistory
from monitoring.drift.history import DailySeries, replay
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


def history_of(readings: CircuitReadings, circuit: Circuit) -> CircuitHistory:
    """Replay a circuit's past, a row an hour; days of maintenance tell nothing about normal ones.

    Sensors hold their values for longer than an hour, so more rows tell little more of a week, and
    a year of them is sixty times as much.
    """
    series = hourly(DailySeries.of(readings.timestamps, readings.values))
    # A snooze has no beginning: it would take the whole past, which says what is usual.
    dated = [silence for silence in circuit.silences if silence.starts.timestamp() > 0]
    silenced = sorted({day for silence in dated for day in _days(silence)})
    rolling = replay(series, excluded_days=silenced)
    return CircuitHistory(
        circuit.plant_id, circuit.circuit_id, rolling, model_version=circuit.model_version
    )
