"""What evaluations of a rule come to, in the shape of Azure's PreviewAlertRule response.

https://github.com/Azure/azure-rest-api-specs/tree/main/specification/alertsmanagement
(PreviewAlertRule, 2025-07-01-preview): for each combination of dimensions a list of evaluations,
each with its state and the windows that were looked at.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class AlertState(Enum):
    """States of an alert, named as in the response."""

    NO_ALERT = "NoAlert"
    FIRED = "Fired"
    FIRING = "Firing"
    RESOLVING = "Resolving"
    RESOLVED = "Resolved"


DimensionCombination = tuple[tuple[str, str], ...]
"""Names and values of the dimensions, in the rule's order; empty for a rule that is not split."""


@dataclass(frozen=True, slots=True)
class EvaluatedPeriod:
    """One window of an evaluation."""

    timestamp: datetime
    """Start of the window."""
    metric_value: float | None
    """None where the window has no value."""
    threshold_met: bool


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of one series."""

    evaluation_time: datetime
    alert_state: AlertState
    threshold_met: bool
    """Whether enough windows violated the threshold."""
    evaluated_periods: tuple[EvaluatedPeriod, ...]
    """Newest first."""
    actions_called: bool = False
    """Whether the action groups were called because it fired (not part of Azure's response)."""
    resolution_notified: bool = False
    """Whether they were called because it resolved (not part of Azure's response)."""


@dataclass(frozen=True, slots=True)
class SeriesEvaluations:
    """All evaluations of one combination of dimensions, in order of time."""

    dimension_combination: DimensionCombination
    evaluations: tuple[Evaluation, ...]


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """An evaluation that Azure would not complete, such as one over a limit (E14)."""

    evaluation_time: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class RuleEvaluations:
    """A rule over a stretch of time."""

    rule_id: str
    series: tuple[SeriesEvaluations, ...]
    """Ordered by dimension values."""
    failures: tuple[RuleFailure, ...] = ()

    def to_response(self) -> list[dict[str, object]]:
        """Write the series as the PreviewAlertRule response has them."""
        return [
            {
                "dimensionCombination": [
                    {"name": name, "value": value} for name, value in series.dimension_combination
                ],
                "evaluations": [_evaluation(e) for e in series.evaluations],
            }
            for series in self.series
        ]


def _evaluation(evaluation: Evaluation) -> dict[str, object]:
    return {
        "evaluationTime": _iso(evaluation.evaluation_time),
        "alertState": evaluation.alert_state.value,
        "thresholdMet": evaluation.threshold_met,
        "evaluatedPeriods": [_period(p) for p in evaluation.evaluated_periods],
    }


def _period(period: EvaluatedPeriod) -> dict[str, object]:
    """Write a window; the schema's `metricValue` is an optional number, which JSON has finite."""
    value = period.metric_value
    return {
        "timestamp": _iso(period.timestamp),
        **({} if value is None or not math.isfinite(value) else {"metricValue": value}),
        "thresholdMet": period.threshold_met,
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
