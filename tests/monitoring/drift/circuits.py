"""Seeded readings of circuits, hourly."""

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.history import MICROSECONDS_A_DAY, DailySeries, ScoreHistory

FloatArray = NDArray[np.float64]
FEATURES = ("temperature", "pressure", "flow", "current")
HOUR = MICROSECONDS_A_DAY // 24
FIRST_DAY = 20_000


def coupled(days: int, seed: int = 7, start: int = FIRST_DAY) -> DailySeries:
    """Make sensors that follow one load with a daily cycle and weekly weather."""
    rng = np.random.default_rng(seed)
    hours = np.arange(days * 24)
    weather = np.repeat(np.cumsum(rng.normal(0, 0.3, days)), 24)
    load = np.sin(hours * 2 * np.pi / 24) + 0.3 * np.tanh(weather) + rng.normal(0, 0.3, hours.size)
    gains, offsets = np.array([2.0, -1.0, 0.5, 7.0]), np.array([60.0, 5.0, 1.0, 200.0])
    noise = rng.normal(0, 0.2, (4, hours.size))
    values = offsets[:, np.newaxis] + gains[:, np.newaxis] * (load + noise)
    times = start * MICROSECONDS_A_DAY + hours * HOUR
    return DailySeries.of(times, dict(zip(FEATURES, values, strict=True)))


def random_history(runs: int, seed: int = 3, features: tuple[str, ...] = FEATURES) -> ScoreHistory:
    """Make scores that are independent from run to run."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.2, 0.6, (runs, len(features), 4))
    days = np.arange(FIRST_DAY, FIRST_DAY + runs)
    return ScoreHistory(features, days, scores, np.zeros(runs, np.bool_))
