"""The limit of severe alarms that a fleet can afford."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SEVERE_ALARMS_A_CIRCUIT_DAY: Final = 0.002
"""Severe alarms of a healthy fleet: one in 500 circuit-days, which is one every four days of 125
circuits."""


@dataclass(frozen=True, slots=True)
class SevereBudget:
    """The exceedance above which an alarm is severe, and what it would have done to the past."""

    configured: float
    immediate: float
    """The configured limit, or the least larger one that keeps the past within the budget."""
    budget: float
    circuit_days: int
    severe_at_configured: int
    severe: int
    """Severe circuit-days of the past at `immediate`."""


def fit_budget(
    exceedances: Iterable[FloatArray],
    *,
    configured: float,
    budget: float = SEVERE_ALARMS_A_CIRCUIT_DAY,
) -> SevereBudget:
    """Raise the limit of severe alarms until the fleet's past has few enough of them.

    Args:
        exceedances: of past circuit-days, one array per circuit; NaN where there was no verdict.
        configured: least limit; an alarm is severe above it.
        budget: most severe alarms per circuit-day, 0 to 1.

    Raises:
        ValueError: the budget is not between 0 and 1, or the configured limit is not above 0.
    """
    if not 0 <= budget <= 1:
        raise ValueError(f"budget is {budget}, not between 0 and 1 severe alarms a circuit-day")
    if not configured > 0:
        raise ValueError(f"the configured limit is {configured}, not above 0")
    past = np.concatenate([np.empty(0), *exceedances])
    past = np.sort(past[~np.isnan(past)])[::-1]
    allowed = math.floor(budget * past.size)
    immediate = max(configured, float(past[allowed])) if allowed < past.size else configured
    return SevereBudget(
        configured,
        immediate,
        budget,
        past.size,
        int((past > configured).sum()),
        int((past > immediate).sum()),
    )
