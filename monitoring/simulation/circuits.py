"""Signals of one circuit as time goes on: pure arrays, deterministic from a seed.

A circuit's load follows shifts and weekends and wanders; weather follows the day and the year.
The sensors hang on both: flow on load, pressure on flow squared, temperature on the square of the
load of the last hour and on the weather, voltage falls as current rises. Each has noise of its own
that lasts for some minutes, and a resolution.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitoring.sensors import FloatArray, MicrosecondArray
from monitoring.simulation._autoregression import first_order

MINUTE_US: Final = 60_000_000
_HOUR_US: Final = 60 * MINUTE_US
# How long each wandering part remembers, in hours.
_LOAD_H, _WEATHER_H, _GRID_H, _ERROR_H, _SENSOR_H, _LAG_H = 6.0, 48.0, 2.0, 3.0, 1 / 3, 1.0
_RESOLUTION: Final = {
    "temperature": 0.1,
    "pressure": 0.01,
    "vibration": 0.01,
    "current": 0.1,
    "voltage": 0.1,
    "flow_rate": 0.1,
}


@dataclass(frozen=True, slots=True)
class SimulatedCircuit:
    """What is simulated of a circuit."""

    plant_id: str
    circuit_id: str
    features: tuple[str, ...]
    model_name: str = "forecast"
    model_version: str = "1"


@dataclass(frozen=True, slots=True)
class Signals:
    """A stretch of one circuit: sensors, and what its model forecasts."""

    values: dict[str, FloatArray]
    actual: FloatArray
    """The quantity that is forecast, of a standard deviation near one."""
    error: FloatArray
    """What the model is wrong by while its inputs are sound."""


class CircuitSignals:
    """The signals of one circuit, stretch after stretch; each goes on where the last ended."""

    def __init__(self, circuit: SimulatedCircuit, seed: int) -> None:
        """Draw the circuit's own constants: they depend on the seed and its ids alone."""
        ids = f"{len(circuit.plant_id)}:{circuit.plant_id}{circuit.circuit_id}"
        digest = hashlib.sha256(ids.encode("utf-8", "surrogatepass")).digest()
        entropy = [seed, *np.frombuffer(digest[:16], np.uint32).tolist()]
        self._rng = np.random.default_rng(entropy)
        self._features = circuit.features
        self._state: dict[str, float] = {}
        draw = self._rng.uniform
        self._size, self._shift_h, self._weekend = draw(0.7, 1.3), draw(-1.5, 1.5), draw(0.35, 0.7)
        self._gains = {name: draw(0.85, 1.15) for name in self._features}
        self._steps = {
            name: _RESOLUTION.get(name, 0.01) * self._rng.choice([1, 2, 5])
            for name in self._features
        }

    def next(self, timestamps: MicrosecondArray, step_us: int) -> Signals:
        """Return the signals at evenly spaced times that follow the last ones."""
        hours = timestamps / _HOUR_US
        step_h = step_us / _HOUR_US
        load = self._load(hours) + 0.07 * self._wander("load", hours.size, step_h, _LOAD_H)
        load = np.maximum(load, 0.05)
        weather = 3 * self._wander("weather", hours.size, step_h, _WEATHER_H) + _season(hours)
        grid = self._wander("grid", hours.size, step_h, _GRID_H)
        lagged = self._lagged(load, step_h)
        values = {}
        for name in self._features:
            clean, noise = self._sensor(name, load, lagged, weather, grid)
            noisy = clean + noise * self._wander(name, hours.size, step_h, _SENSOR_H)
            values[name] = _quantised(noisy, self._steps[name])
        actual = 4 * load + 0.1 * self._wander("actual", hours.size, step_h, _LOAD_H)
        return Signals(values, actual, 0.12 * self._wander("error", hours.size, step_h, _ERROR_H))

    def _load(self, hours: FloatArray) -> FloatArray:
        of_day = (hours + self._shift_h) % 24
        # 1970 began on a Thursday; days 2 and 3 after it were a weekend.
        day = (hours + self._shift_h) // 24 % 7
        weekend = (day == 2) | (day == 3)
        shape = 0.5 * (1 - np.cos(2 * np.pi * (of_day - 3) / 24))
        result: FloatArray = 0.35 + 0.4 * shape * np.where(weekend, self._weekend, 1.0)
        return result

    def _sensor(
        self,
        name: str,
        load: FloatArray,
        lagged: FloatArray,
        weather: FloatArray,
        grid: FloatArray,
    ) -> tuple[FloatArray, float]:
        """Return what a sensor would show without noise, and the noise's standard deviation."""
        size, gain = self._size, self._gains[name]
        flow = 0.25 + 0.75 * load
        match name:
            case "temperature":
                return 38 + 0.25 * weather + gain * 28 * lagged**2, 0.5
            case "pressure":
                return gain * (1.5 + 4 * flow**2), 0.08
            case "vibration":
                return gain * (0.6 + 2.2 * flow), 0.08
            case "current":
                return size * gain * 120 * load, 1.5
            case "voltage":
                return 400 * gain - 9 * (load - 0.5) + 0.8 * grid, 0.4
            case "flow_rate":
                return size * gain * 60 * flow, 0.9
            case _:
                return gain * (20 + 10 * load), 0.4

    def _wander(self, name: str, size: int, step_h: float, memory_h: float) -> FloatArray:
        """Return a stationary first-order autoregression of variance one.

        Its autocorrelation is exp(-t / memory_h), whatever the step:
        https://en.wikipedia.org/wiki/Ornstein-Uhlenbeck_process.
        """
        decay = exp(-step_h / memory_h)
        noise = self._rng.standard_normal(size)
        last = self._state.get(name)
        if last is None:
            last = self._rng.standard_normal()
        series = first_order(noise, sqrt(1 - decay * decay), decay, last)
        self._state[name] = float(series[-1])
        return series

    def _lagged(self, load: FloatArray, step_h: float) -> FloatArray:
        decay = exp(-step_h / _LAG_H)
        series = first_order(load, 1 - decay, decay, self._state.get("lag", float(load[0])))
        self._state["lag"] = float(series[-1])
        return series


def _season(hours: FloatArray) -> FloatArray:
    days = hours / 24
    result: FloatArray = (
        11 - 9 * np.cos(2 * np.pi * (days - 15) / 365.25) + 4 * np.sin(2 * np.pi * (days - 0.375))
    )
    return result


def _quantised(values: FloatArray, step: float) -> FloatArray:
    # Rounded once more, so that 0.3 is stored and not 0.30000000000000004.
    result: FloatArray = np.round(np.rint(values / step) * step, 4)
    return result


def row_times(start_us: int, rows: int, step_us: int) -> MicrosecondArray:
    """Return evenly spaced microseconds since 1970."""
    result: NDArray[np.int64] = start_us + step_us * np.arange(rows, dtype=np.int64)
    return result


def by_key(circuits: Sequence[SimulatedCircuit]) -> list[SimulatedCircuit]:
    """Sort circuits as a table is: by plant and circuit."""
    return sorted(circuits, key=lambda c: (c.plant_id, c.circuit_id))
