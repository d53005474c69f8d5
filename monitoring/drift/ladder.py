"""What a drift verdict can be, and the response ladder that its score is held against."""

from dataclasses import dataclass
from enum import StrEnum
from math import isnan, nan
from typing import Literal

from generator.fleet import Circuit
from monitoring.telemetry.contract import MonitoringStatus

Rule = Literal["document", "calibrated"]


class DriftStatus(StrEnum):
    """The verdict on a feature or a circuit."""

    OK = "ok"
    WARN = "warn"
    DRIFT = "drift"
    INSUFFICIENT_DATA = "insufficient_data"
    STALE = "stale"
    ERROR = "error"
    WARMING_UP = "warming_up"

    @property
    def has_verdict(self) -> bool:
        """Whether the data could be judged by limits that hold."""
        return self in (DriftStatus.OK, DriftStatus.WARN, DriftStatus.DRIFT)

    @property
    def monitoring_status(self) -> MonitoringStatus:
        """The value of the gauge `monitoring_status`."""
        return MonitoringStatus.OK if self.has_verdict else MonitoringStatus[self.name]


class Step(StrEnum):
    """Steps of the ladder; the last two are severities of the event `data_drift_detected`."""

    NONE = "none"
    SCHEDULE = "schedule"
    IMMEDIATE = "immediate"


@dataclass(frozen=True, slots=True)
class Ladder:
    """The scores of a rule from which something is done."""

    schedule: float
    immediate: float
    origin: str = ""
    """Where the limit `schedule` was written; empty if nowhere."""

    @classmethod
    def of(cls, circuit: Circuit, rule: Rule) -> "Ladder":
        """Return the ladder that the configuration gives a circuit."""
        schedule = circuit.limits[f"drift_ladder_{rule}_schedule"]
        immediate = circuit.limits[f"drift_ladder_{rule}_immediate"]
        origin = schedule.origin
        words = (origin.level, origin.key, origin.place)
        return cls(float(schedule.value), float(immediate.value), " ".join(w for w in words if w))

    def step(self, score: float) -> Step:
        """Return the step of a score.

        The document's section "Response Workflows": minor below `schedule`, severe above
        `immediate`, moderate from the one to the other.

        Raises:
            ValueError: the score is NaN, which is on no step.
        """
        if isnan(score):
            raise ValueError("a score that is not a number is on no step of the ladder")
        if score > self.immediate:
            return Step.IMMEDIATE
        return Step.SCHEDULE if score >= self.schedule else Step.NONE


@dataclass(frozen=True, slots=True)
class DriftEvidence:
    """What a drift rule says of a circuit, as far as a decision needs it."""

    rule: Rule
    status: DriftStatus
    step: Step
    """`none` unless the status is a verdict."""
    score: float
    """In the ladder's unit; NaN without a verdict."""
    limit: float
    """The ladder's `schedule`."""
    origin: str
    """Where the limit was written."""
    drifted_features: tuple[str, ...] = ()
    """The largest score first."""
    reason: str = ""
    """Why there is no verdict, as a sentence; empty if there is one."""

    @classmethod
    def without_verdict(
        cls, rule: Rule, status: DriftStatus, ladder: Ladder, reason: str
    ) -> "DriftEvidence":
        """Return the evidence of a circuit that was not judged, such as behind a closed gate."""
        return cls(rule, status, Step.NONE, nan, ladder.schedule, ladder.origin, (), reason)

    @property
    def exceedance(self) -> float:
        """Score over limit: the gauge `data_drift_exceedance`; NaN without a verdict."""
        return self.score / self.limit
