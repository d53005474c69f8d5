"""Predictions and actuals of one circuit, as people would write them down."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from math import nan

import numpy as np

from generator.fleet import Circuit, Limit
from generator.project import ROOT, validate
from generator.resolve import resolve
from monitoring.model_predictions import MODEL_NAME
from monitoring.performance.judging import judge_performance
from monitoring.performance.matching import ACTUAL, HORIZON, ISSUED_AT
from monitoring.performance.records import CircuitPerformance
from monitoring.performance.versions import VERSION
from monitoring.prediction_table import PREDICTED
from monitoring.sensors import CircuitReadings
from monitoring.windows import Windows

AS_OF = date(2026, 11, 20)
WINDOWS = Windows.of(AS_OF)
HOUR_US = 3_600_000_000
DAYS = 37
HOURS = DAYS * 24


@cache
def circuit() -> Circuit:
    """Return a shipped circuit with the default limits: MAE .25, RMSE .35, R2 .75."""
    return next(
        c
        for c in resolve(validate(ROOT / "config", AS_OF), "prod").circuits
        if c.circuit_class is None
    )


def with_limit(name: str, value: str) -> Circuit:
    """Return the circuit with another limit."""
    found = circuit()
    limit = Limit(Decimal(value), found.limits[name].origin)
    return replace(found, limits={**found.limits, name: limit})


def hour(number: float) -> int:
    """Return an instant, in hours since the first day that is looked at."""
    return WINDOWS.whole.start_us + round(number * HOUR_US)


def predictions(
    hours: Sequence[float] | np.ndarray,
    values: Sequence[float] | np.ndarray,
    *,
    horizon: float | Sequence[float] | np.ndarray = 60.0,
    issued: Sequence[float] | np.ndarray | None = None,
    version: str | Sequence[str | None] | None = "1",
    model: str | Sequence[str | None] | None = None,
) -> CircuitReadings:
    """Make predictions by target hour; `issued` in hours as well, the horizon before if not given.

    A horizon of NaN stands for a column that is not there, and so does a version or model of None.
    """
    times = np.array([hour(each) for each in hours], np.int64)
    minutes = np.broadcast_to(np.asarray(horizon, float), times.shape).copy()
    issued_at = times - np.nan_to_num(minutes) * 60_000_000
    if issued is not None:
        issued_at = np.array([nan if np.isnan(each) else hour(each) for each in issued])
    versions, names = _texts(version, times.size)
    of_model, models = _texts(model, times.size)
    columns = {
        PREDICTED: np.asarray(values, float),
        HORIZON: minutes,
        ISSUED_AT: issued_at.astype(float),
        MODEL_NAME: of_model,
        VERSION: versions,
    }
    errors = dict.fromkeys(columns, 0)
    texts = {MODEL_NAME: models, VERSION: names}
    return CircuitReadings("P1", "C1", times, columns, errors, texts=texts)


def _texts(
    given: str | Sequence[str | None] | None, rows: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Make a column of texts, with what its values are the positions in."""
    texts = [given] * rows if given is None or isinstance(given, str) else given
    names = tuple(dict.fromkeys(each for each in texts if each is not None))
    return np.array([nan if t is None else names.index(t) for t in texts], float), names


def actuals(
    hours: Sequence[float] | np.ndarray, values: Sequence[float] | np.ndarray
) -> CircuitReadings:
    """Make actuals by target hour."""
    times = np.array([hour(each) for each in hours], np.int64)
    return CircuitReadings("P1", "C1", times, {ACTUAL: np.asarray(values, float)}, {ACTUAL: 0})


def truth(hours: np.ndarray) -> np.ndarray:
    """Return what happens: a daily wave around 10."""
    wave: np.ndarray = 10 + 2 * np.sin(hours * 2 * np.pi / 24)
    return wave


def judged(
    wrong_by: np.ndarray, *, labelled: np.ndarray | None = None, of: Circuit | None = None
) -> CircuitPerformance:
    """Judge hourly forecasts that are wrong by so much, hour by hour of all days looked at.

    Args:
        wrong_by: NaN for an hour without a forecast.
        labelled: which hours have an actual; all unless given.
        of: the circuit, if another than the default one.
    """
    hours = np.arange(HOURS)
    known = ~np.isnan(wrong_by)
    made = predictions(hours[known], (truth(hours) + wrong_by)[known])
    chosen = hours if labelled is None else hours[labelled]
    return judge_performance(of or circuit(), made, actuals(chosen, truth(chosen)), WINDOWS)
