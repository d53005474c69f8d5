"""The response ladder as data: which findings ask for which action.

The document's ladder (section "Response Workflows": monitor, schedule a retraining, retrain now),
behind a quality gate and routed by pattern: inputs that moved while the error did not are a sensor
or a regime to look at, and drift that was calibrated on a circuit's own history only schedules
unless the model's error confirms it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from monitoring.drift.ladder import Rule


class Action(StrEnum):
    """What to do about a circuit."""

    MONITOR = "monitor"
    INVESTIGATE_SENSOR = "investigate_sensor"
    MAINTENANCE = "maintenance"
    SCHEDULE_RETRAINING = "schedule_retraining"
    RETRAIN_NOW = "retrain_now"

    @property
    def is_retraining(self) -> bool:
        """Whether it ends in a new model."""
        return self in (Action.SCHEDULE_RETRAINING, Action.RETRAIN_NOW)

    @property
    def words(self) -> str:
        """The action in words."""
        return self.value.replace("_", " ")


class Severity(StrEnum):
    """How soon somebody should look."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class QualityFinding(StrEnum):
    """What the quality gate says."""

    GOOD = "good"
    BAD = "bad"
    """The data are wrong."""
    ABSENT = "absent"
    """The data are missing, late or unreadable."""


class DriftFinding(StrEnum):
    """Where the deciding rule's score is on its ladder."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"
    WARMING_UP = "warming_up"
    UNKNOWN = "unknown"


class PerformanceFinding(StrEnum):
    """What matured labels say of the model."""

    GOOD = "good"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"


RULES: Final[tuple[Rule, ...]] = ("document", "calibrated")
_D, _P = DriftFinding, PerformanceFinding


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; an empty condition is any."""

    name: str
    action: Action
    severity: Severity
    because: str
    quality: tuple[QualityFinding, ...] = (QualityFinding.GOOD,)
    drift: tuple[DriftFinding, ...] = ()
    performance: tuple[PerformanceFinding, ...] = ()
    rule: tuple[Rule, ...] = ()

    def applies(
        self,
        quality: QualityFinding,
        rule: Rule,
        drift: DriftFinding,
        performance: PerformanceFinding,
    ) -> bool:
        """Tell whether the row is about these findings."""
        return (
            _is_in(quality, self.quality)
            and _is_in(rule, self.rule)
            and _is_in(drift, self.drift)
            and _is_in(performance, self.performance)
        )


T = TypeVar("T")


def _is_in(value: T, condition: tuple[T, ...]) -> bool:
    return not condition or value in condition


TABLE: Final = (
    Row(
        "data-are-wrong",
        Action.MAINTENANCE,
        Severity.HIGH,
        "the data fail the quality gate, so that neither drift nor a new model can rest on them",
        quality=(QualityFinding.BAD,),
    ),
    Row(
        "data-are-absent",
        Action.MAINTENANCE,
        Severity.MEDIUM,
        "the data are missing, late or unreadable, so that nothing can be judged",
        quality=(QualityFinding.ABSENT,),
    ),
    Row(
        "all-well",
        Action.MONITOR,
        Severity.NONE,
        "the drift is minor and no error is over its limit",
        drift=(_D.MINOR,),
        performance=(_P.GOOD, _P.UNKNOWN),
    ),
    Row(
        "error-without-drift",
        Action.SCHEDULE_RETRAINING,
        Severity.MEDIUM,
        "the error rose although the inputs look as before: review deployment, code and "
        "environment first",
        drift=(_D.MINOR,),
        performance=(_P.DEGRADED,),
    ),
    Row(
        "moderate-drift-error-good",
        Action.INVESTIGATE_SENSOR,
        Severity.LOW,
        "the inputs moved but the error did not: a sensor, or a regime that the model knows",
        drift=(_D.MODERATE,),
        performance=(_P.GOOD,),
    ),
    Row(
        "severe-drift-error-good",
        Action.INVESTIGATE_SENSOR,
        Severity.MEDIUM,
        "the inputs moved far but the error did not: a sensor, or a regime that the model knows",
        drift=(_D.SEVERE,),
        performance=(_P.GOOD,),
    ),
    Row(
        "moderate-drift-error-unknown",
        Action.SCHEDULE_RETRAINING,
        Severity.LOW,
        "the drift is moderate and no labels say how the model copes",
        drift=(_D.MODERATE,),
        performance=(_P.UNKNOWN,),
    ),
    Row(
        "severe-calibrated-drift-error-unknown",
        Action.SCHEDULE_RETRAINING,
        Severity.MEDIUM,
        "the drift is severe, but without labels calibrated drift goes no further than scheduling",
        drift=(_D.SEVERE,),
        performance=(_P.UNKNOWN,),
        rule=("calibrated",),
    ),
    Row(
        "severe-document-drift-error-unknown",
        Action.RETRAIN_NOW,
        Severity.HIGH,
        "the drift is severe on the document's ladder, and no labels speak against it",
        drift=(_D.SEVERE,),
        performance=(_P.UNKNOWN,),
        rule=("document",),
    ),
    Row(
        "moderate-drift-error-degraded",
        Action.SCHEDULE_RETRAINING,
        Severity.MEDIUM,
        "the drift is moderate and the error rose",
        drift=(_D.MODERATE,),
        performance=(_P.DEGRADED,),
    ),
    Row(
        "severe-drift-error-degraded",
        Action.RETRAIN_NOW,
        Severity.HIGH,
        "the drift is severe and the error rose",
        drift=(_D.SEVERE,),
        performance=(_P.DEGRADED,),
    ),
    Row(
        "warming-up",
        Action.MONITOR,
        Severity.NONE,
        "there is too little history for limits of its own, and a circuit that warms up calls "
        "nobody",
        drift=(_D.WARMING_UP,),
        performance=(_P.GOOD, _P.UNKNOWN),
    ),
    Row(
        "drift-unknown",
        Action.MONITOR,
        Severity.LOW,
        "drift could not be judged, which is not the same as no drift",
        drift=(_D.UNKNOWN,),
        performance=(_P.GOOD, _P.UNKNOWN),
    ),
    Row(
        "error-and-no-drift-verdict",
        Action.SCHEDULE_RETRAINING,
        Severity.MEDIUM,
        "the error rose, and there is no drift verdict that would explain it",
        drift=(_D.WARMING_UP, _D.UNKNOWN),
        performance=(_P.DEGRADED,),
    ),
)
"""Exactly one row applies to any findings; a test holds the table to it."""

_RUNBOOKS: Final = {
    "data-are-wrong": "data-quality-issues",
    "data-are-absent": "circuit-silent",
    "error-without-drift": "high-mae-alert",
    "error-and-no-drift-verdict": "high-mae-alert",
    "moderate-drift-error-degraded": "high-mae-alert",
    "severe-drift-error-degraded": "high-mae-alert",
}


def runbook_rule(row: str) -> str:
    """Return the id of the alert rule whose runbook says what to do about a row's decision.

    The runbook of drift fits all rows that are about neither data nor error.
    """
    return _RUNBOOKS.get(row, "data-drift-detected")


def drift_score(rule: str) -> str:
    """Name a rule's score among what a decision compared."""
    return f"{rule} drift score"


COLUMNS: Final = ("row", "quality", "rule", "drift", "error", "action", "severity", "because")


def table_cells() -> list[tuple[str, ...]]:
    """Return the table's rows as texts under `COLUMNS`, for the documentation."""
    return [
        (
            row.name,
            _cell(row.quality),
            _cell(row.rule),
            _cell(row.drift),
            _cell(row.performance),
            row.action.words,
            row.severity.value,
            row.because,
        )
        for row in TABLE
    ]


def _cell(condition: tuple[str, ...]) -> str:
    return " or ".join(condition) or "any"
