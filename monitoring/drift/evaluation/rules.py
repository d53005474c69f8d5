"""Drift rules behind one interface: two windows in, alarms out."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.history import DailySeries, ScoreHistory, replay
from monitoring.drift.ladder import Ladder
from monitoring.drift.limits import LimitSettings, block_limits, replay_verdicts
from monitoring.drift.scores import exceedances, largest, measure

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Alarms:
    """What a rule says of one run."""

    features: BoolArray
    severe: BoolArray
    """Features whose alarm is severe; none for a rule that has no such level."""
    circuit: bool
    """Whether the circuit alarms; not always that any feature does."""


class Rule(Protocol):
    """A drift rule over the runs of one circuit."""

    @property
    def name(self) -> str:
        """Name it in tables."""

    @property
    def has_severe(self) -> bool:
        """Tell whether it knows severe alarms."""

    def alarms(self, day: int, reference: FloatArray, current: FloatArray) -> Alarms:
        """Judge the run that ends with this day; a row of readings per feature."""


def any_feature(features: BoolArray, severe: BoolArray | None = None) -> Alarms:
    """Make the alarms of a rule by which a circuit alarms if any feature does."""
    none = np.zeros(features.shape, np.bool_)
    return Alarms(features, none if severe is None else severe, bool(features.any()))


class CalibratedRule:
    """The calibrated rule, each run judged by the circuit's past before it, without faults."""

    has_severe = True

    def __init__(
        self,
        series: DailySeries,
        *,
        ladder: Ladder,
        settings: LimitSettings | None = None,
        history: ScoreHistory | None = None,
        name: str = "calibrated",
    ) -> None:
        """Replay the circuit's history.

        Args:
            series: readings without faults.
            ladder: exceedances of alarms.
            settings: how limits are taken.
            history: of the series if it is known already.
            name: in tables.
        """
        self.name = name
        self.ladder = ladder
        self.history = replay(series) if history is None else history
        self.verdicts = replay_verdicts(self.history, settings or LimitSettings(), ladder.immediate)
        self._features = series.features
        self._run = {day: i for i, day in enumerate(self.history.days.tolist())}

    def limits(self, day: int) -> FloatArray:
        """Take the limits of the run that ends with this day, NaN while warming up."""
        result: FloatArray = self.verdicts.limits[self._run[day]]
        return result

    def exceedance(self, day: int, reference: FloatArray, current: FloatArray) -> FloatArray:
        """Measure by feature how far a run is over the limits of its day."""
        scores = measure(self._features, reference, current, statistics=()).scores
        return largest(exceedances(scores, self.limits(day)))

    def alarms(self, day: int, reference: FloatArray, current: FloatArray) -> Alarms:
        """Judge a run."""
        over = np.nan_to_num(self.exceedance(day, reference, current), nan=0.0)
        return any_feature(over > self.ladder.schedule, over > self.ladder.immediate)


class WarmingUpRule(CalibratedRule):
    """What a circuit is judged by while neither it nor the fleet has a history: pages nobody."""

    def __init__(self, series: DailySeries, *, ladder: Ladder) -> None:
        """Keep the readings, whose references give the limits."""
        self.name = "calibrated, warming up (reference blocks)"
        self.ladder = ladder
        self._features = series.features
        self._series = series
        self._known: dict[int, FloatArray] = {}

    def limits(self, day: int) -> FloatArray:
        """Take the limits from the weeks of the run's reference."""
        if day not in self._known:
            self._known[day] = block_limits(self._series, day)
        return self._known[day]
