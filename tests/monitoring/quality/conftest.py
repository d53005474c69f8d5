"""A circuit of four features over 37 days, and faults put into it."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from math import inf

import numpy as np
from numpy.typing import NDArray

from monitoring.quality import (
    Check,
    CircuitQuality,
    QualitySettings,
    RateLimit,
    Requirements,
    check_circuit,
)
from monitoring.quality.checking import DEFAULTS
from monitoring.sensors import CircuitReadings, FloatArray
from monitoring.windows import Windows

WINDOWS = Windows.of(date(2026, 3, 10))
STEP = timedelta(minutes=5)
HOUR = 3_600_000_000
TIMES = np.arange(WINDOWS.whole.start_us, WINDOWS.whole.end_us, HOUR // 12)
HOURS_LEFT = (WINDOWS.current.end_us - TIMES) / HOUR
"""Hours from a row to the end of the current window."""
FEATURES = ("temperature", "pressure")
Rows = NDArray[np.bool_]


def requirements(
    features: tuple[str, ...] = FEATURES,
    sample_every: timedelta = STEP,
    physical_limits: Mapping[str, tuple[float, float]] | None = None,
    null_rate: float = 0.05,
) -> Requirements:
    return Requirements(
        "PLANT001",
        "CIRCUIT01",
        features,
        physical_limits or {"temperature": (-inf, 180.0)},
        sample_every,
        RateLimit(null_rate, "default"),
        RateLimit(0.01, "default"),
        RateLimit(0.05, "default"),
    )


def walk(seed: int, level: float = 60.0, sigma: float = 2.0, hours: float = 6.0) -> FloatArray:
    """A sensor with a memory of some hours: first-order autoregression around a level."""
    rng = np.random.default_rng(seed)
    keep = float(np.exp(-1 / (12 * hours)))
    noise = rng.normal(size=TIMES.size) * sigma * np.sqrt(1 - keep**2)
    values = np.empty(TIMES.size)
    state = 0.0
    for row, each in enumerate(noise):
        state = keep * state + each
        values[row] = state
    return level + values + 0.1 * sigma * rng.normal(size=TIMES.size)


CALM = {"temperature": walk(1), "pressure": walk(2, 5.0, 0.3)}


def with_values(feature: str, change: Callable[[FloatArray], FloatArray]) -> CircuitReadings:
    values = {name: each.copy() for name, each in CALM.items()}
    values[feature] = change(values[feature])
    return readings(values)


def readings(
    values: Mapping[str, FloatArray] = CALM,
    rows: Rows | NDArray[np.int64] | None = None,
    type_errors: Mapping[str, int] | None = None,
    late: int = 0,
) -> CircuitReadings:
    kept = np.arange(TIMES.size) if rows is None else rows
    return CircuitReadings(
        "PLANT001",
        "CIRCUIT01",
        TIMES[kept],
        {name: each[kept] for name, each in values.items()},
        type_errors or {},
        late,
    )


def check(
    given: CircuitReadings,
    asked: Requirements | None = None,
    settings: QualitySettings = DEFAULTS,
) -> CircuitQuality:
    return check_circuit(given, asked or requirements(), WINDOWS, settings)


def find(quality: CircuitQuality, name: str, feature: str = "") -> Check:
    """Return one check of the circuit or of a feature."""
    checks = quality.checks
    if feature:
        (checks,) = (each.checks for each in quality.features if each.feature == feature)
    (found,) = (each for each in checks if each.name == name)
    return found


def last(hours: float) -> Rows:
    return hours >= HOURS_LEFT


def between(hours: float, and_hours: float) -> Rows:
    return (hours >= HOURS_LEFT) & (and_hours < HOURS_LEFT)
