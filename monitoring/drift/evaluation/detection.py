"""Alarms of a rule on days with a fault of one sensor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.evaluation.faults import Fault, inject
from monitoring.drift.evaluation.rules import Rule
from monitoring.drift.history import MICROSECONDS_A_DAY, DailySeries
from monitoring.windows import CURRENT_DAYS, REFERENCE_DAYS

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Detection:
    """How often a rule sees a fault that fills the current window, over days and sensors."""

    rule: str
    fault: str
    injections: int
    sensor: float
    """Share in which the faulty sensor alarms."""
    circuit: float
    """Share in which the circuit alarms, by whatever sensor."""
    severe: float
    """Share in which the circuit's alarm is severe."""
    by_feature: FloatArray
    """As `sensor`, by which sensor is faulty."""


@dataclass(frozen=True, slots=True)
class Delay:
    """How soon a rule sees a fault that begins between runs and lasts."""

    rule: str
    fault: str
    injections: int
    days: FloatArray
    """Days from onset to the first run in which the circuit alarms; infinite if none does."""

    def within(self, days: int) -> float:
        """Take the share of faults seen within some days."""
        return float((self.days <= days).mean())

    @property
    def median(self) -> float:
        """Take the median delay in days, infinite where less than half are seen."""
        return float(np.sort(self.days)[(self.days.size - 1) // 2])


def judge_fault(
    rule: Rule,
    series: DailySeries,
    fault: Fault,
    days: Sequence[int],
    *,
    size: Callable[[FloatArray], FloatArray] | None = None,
) -> Detection:
    """Put a fault into each sensor in turn over the whole current window of each run.

    Args:
        rule: what judges.
        series: readings without the fault.
        fault: what is put in.
        days: ends of the runs.
        size: standard deviation per feature that sizes the fault, from the reference window; that
            window's own if None.
    """
    count = len(series.features)
    sensor = np.zeros((len(days), count), np.bool_)
    circuit, severe = sensor.copy(), sensor.copy()
    for i, day in enumerate(days):
        reference, current = series.reference(day), series.current(day)
        mean = np.nanmean(reference, axis=1)
        sigma = np.nanstd(reference, axis=1) if size is None else size(reference)
        since = _days_since(series, day - CURRENT_DAYS, day)
        for j in range(count):
            faulty = current.copy()
            faulty[j] = fault.change(faulty[j], since, float(mean[j]), float(sigma[j]))
            alarms = rule.alarms(day, reference, faulty)
            sensor[i, j] = alarms.features[j]
            circuit[i, j] = alarms.circuit
            severe[i, j] = alarms.circuit and alarms.severe.any()
    return Detection(
        rule.name,
        fault.name,
        sensor.size,
        float(sensor.mean()),
        float(circuit.mean()),
        float(severe.mean()),
        sensor.mean(axis=0),
    )


def judge_delay(
    rule: Rule,
    series: DailySeries,
    fault: Fault,
    onsets: Sequence[int],
    *,
    days: int = CURRENT_DAYS + REFERENCE_DAYS,
    step: int = 1,
) -> Delay:
    """Let a fault of each sensor in turn begin on a day and judge every run after it.

    What is faulty moves into the rolling reference from the eighth day on, so a fault that is not
    seen soon is not seen at all.

    Args:
        rule: what judges.
        series: readings without the fault.
        fault: what is put in.
        onsets: first faulty days.
        days: last run to be judged, in days after the onset.
        step: days between runs.
    """
    result = []
    for onset in onsets:
        for j in range(len(series.features)):
            faulty = inject(series, fault, j, onset, onset + days)
            seen = (
                day - onset
                for day in range(onset + step, onset + days + 1, step)
                if rule.alarms(day, faulty.reference(day), faulty.current(day)).circuit
            )
            result.append(float(next(seen, np.inf)))
    return Delay(rule.name, fault.name, len(result), np.array(result))


def _days_since(series: DailySeries, onset: int, end: int) -> FloatArray:
    low, high = np.searchsorted(series.timestamps, np.array([onset, end]) * MICROSECONDS_A_DAY)
    result: FloatArray = series.timestamps[low:high] / MICROSECONDS_A_DAY - onset
    return result
