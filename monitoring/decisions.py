"""What to do about a circuit: the response ladder as a table, and what may hold a decision back.

`decide` is pure: what was found in, one decision with its reason out. `limit_retrainings` then
looks at the whole fleet. There is no hysteresis: windows of consecutive days share six of seven
days, so "two of three runs" was measured to gain nothing, and the cooldown already keeps a circuit
that hovers around a limit from being decided on every day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite, isnan, nan
from typing import Final

from monitoring.decision_table import (
    TABLE,
    Action,
    DriftFinding,
    PerformanceFinding,
    QualityFinding,
    Row,
    Severity,
    drift_score,
)
from monitoring.drift.ladder import DriftEvidence, DriftStatus, Step
from monitoring.quality import CircuitQuality, QualityStatus
from monitoring.quality.records import finite_or_none


@dataclass(frozen=True, slots=True)
class PerformanceEvidence:
    """What matured labels say of a circuit's model: one accuracy metric against its limit."""

    metric: str
    value: float
    """NaN where too few labels have matured: no evidence, neither for nor against the model."""
    limit: float
    exceedance: float
    """Above 1 the model is degraded, whichever side of the limit is the bad one."""
    origin: str
    """Where the limit was written."""
    last_known: str = ""
    """Day of the verdict, where an earlier night came to it and the day itself has none."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A value that a decision rests on, and the limit it was held against."""

    what: str
    value: float
    limit: float
    exceedance: float
    origin: str


@dataclass(frozen=True, slots=True)
class History:
    """What happened to a circuit before."""

    days_since: Mapping[Action, int] = field(default_factory=dict)
    """Days since the last decision of a kind that was not held back; 0 is this very day, which a
    rerun must be free to decide again."""
    usable_days: int | None = None
    """Days of data that passed the quality gate; None if nobody counted, then it is not asked."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds decisions back."""

    retraining_cooldown_days: int = 14
    """A week until the current window holds only what the new model saw, one more to judge it."""
    investigation_cooldown_days: int = 7
    """The current window: until then it still holds the days that were looked into."""
    min_usable_days: int = 30
    """The reference's length: a new model needs a baseline of as many days."""
    max_retrainings_a_day: int = 5
    """Each takes compute and somebody who promotes the model; more on one day have a common cause
    that retraining does not cure (the document calls 10 % degraded models an incident)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one circuit, and why."""

    plant_id: str
    circuit_id: str
    action: Action
    severity: Severity
    reason: str
    """Sentences that name the circuit, what was compared, and what held the action back."""
    proposed: Action
    """What the table says; `action` differs only where something held it back."""
    held_by: str
    """`cooldown`, `minimum_data`, `fleet_cap`, or empty."""
    row: str
    """The row of the table."""
    compared: tuple[Compared, ...]

    @property
    def key(self) -> str:
        """`PLANT/CIRCUIT`."""
        return f"{self.plant_id}/{self.circuit_id}"

    @property
    def exceedance(self) -> float:
        """Largest exceedance of what was compared, by which the fleet is ranked; NaN if none."""
        known = [each.exceedance for each in self.compared if not isnan(each.exceedance)]
        return max(known, default=nan)

    def as_json(self) -> dict[str, object]:
        """Return the decision as JSON values; null for what is no number."""
        return {
            "plant_id": self.plant_id,
            "circuit_id": self.circuit_id,
            "action": self.action.value,
            "severity": self.severity.value,
            "reason": self.reason,
            "proposed": self.proposed.value,
            "held_by": self.held_by,
            "row": self.row,
            "compared": [
                {
                    "what": each.what,
                    "value": finite_or_none(each.value),
                    "limit": finite_or_none(each.limit),
                    "exceedance": finite_or_none(each.exceedance),
                    "origin": each.origin,
                }
                for each in self.compared
            ],
        }


_MOST_REASONS: Final = 3
DEFAULT_POLICY: Final = Policy()
NO_HISTORY: Final = History()


def decide(
    drift: DriftEvidence,
    quality: CircuitQuality,
    performance: PerformanceEvidence | None,
    history: History = NO_HISTORY,
    policy: Policy = DEFAULT_POLICY,
) -> Decision:
    """Decide on one circuit: the quality gate first, then by the pattern of drift and error.

    Args:
        drift: the deciding rule's verdict; ignored where the gate is closed.
        quality: of the same circuit.
        performance: None if it was not evaluated.
        history: what happened to the circuit before.
        policy: what holds decisions back.
    """
    row = find_row(drift, quality, performance)
    compared = _compared(drift, quality, performance)
    sentence = f"{quality.key}: {row.action.words}, because {row.because}."
    decision = Decision(
        quality.plant_id,
        quality.circuit_id,
        row.action,
        row.severity,
        " ".join((sentence, *_details(drift, quality, compared), *_age(quality, performance))),
        row.action,
        "",
        row.name,
        compared,
    )
    return _hold_back(decision, history, policy)


def find_row(
    drift: DriftEvidence, quality: CircuitQuality, performance: PerformanceEvidence | None
) -> Row:
    """Return the one row of the table that applies."""
    found = (_quality(quality), drift.rule, _drift(drift), _performance(performance))
    (row,) = (each for each in TABLE if each.applies(*found))
    return row


def limit_retrainings(
    decisions: Sequence[Decision], policy: Policy = DEFAULT_POLICY
) -> tuple[Decision, ...]:
    """Keep the fleet's immediate retrainings to the cap, the largest exceedance first.

    The others are scheduled instead, with the reason. Order is kept.
    """
    due = [each for each in decisions if each.action is Action.RETRAIN_NOW]
    due.sort(key=lambda each: (-each.exceedance, each.key))
    ranks = {each.key: rank for rank, each in enumerate(due, 1)}
    cap = policy.max_retrainings_a_day
    return tuple(
        _held(
            each,
            Action.SCHEDULE_RETRAINING,
            "fleet_cap",
            f"Deferred to the schedule: it is number {ranks[each.key]} of {len(due)} by "
            f"exceedance, and at most {cap} are retrained a day.",
        )
        if each.action is Action.RETRAIN_NOW and ranks[each.key] > cap
        else each
        for each in decisions
    )


def _hold_back(decision: Decision, history: History, policy: Policy) -> Decision:
    action, usable = decision.action, history.usable_days
    if action.is_retraining and usable is not None and usable < policy.min_usable_days:
        why = f"Held back: {usable} days of usable data, {policy.min_usable_days} are needed."
        return _held(decision, Action.MONITOR, "minimum_data", why)
    for earlier, days in _cooldowns(action, policy):
        since = history.days_since.get(earlier, 0)
        if 0 < since < days:
            why = (
                f"Held back: {earlier.words} was decided {since} days ago; "
                f"it is not decided again before {days} days."
            )
            return _held(decision, Action.MONITOR, "cooldown", why)
    return decision


def _cooldowns(action: Action, policy: Policy) -> tuple[tuple[Action, int], ...]:
    """Return which earlier decisions hold an action back, and for how many days.

    Maintenance is a state that lasts until the data are good, never held back. An immediate
    retraining is not held back by one that was only scheduled: it got worse since.
    """
    retraining = policy.retraining_cooldown_days
    table: dict[Action, tuple[tuple[Action, int], ...]] = {
        Action.RETRAIN_NOW: ((Action.RETRAIN_NOW, retraining),),
        Action.SCHEDULE_RETRAINING: (
            (Action.RETRAIN_NOW, retraining),
            (Action.SCHEDULE_RETRAINING, retraining),
        ),
        Action.INVESTIGATE_SENSOR: (
            (Action.INVESTIGATE_SENSOR, policy.investigation_cooldown_days),
        ),
    }
    return table.get(action, ())


def _held(decision: Decision, action: Action, by: str, why: str) -> Decision:
    reason = f"{decision.reason} {why}"
    return replace(decision, action=action, severity=Severity.LOW, held_by=by, reason=reason)


def _quality(quality: CircuitQuality) -> QualityFinding:
    if quality.passes:
        return QualityFinding.GOOD
    is_wrong = quality.status is QualityStatus.FAILED
    return QualityFinding.BAD if is_wrong else QualityFinding.ABSENT


def _drift(drift: DriftEvidence) -> DriftFinding:
    if drift.status is DriftStatus.WARMING_UP:
        return DriftFinding.WARMING_UP
    if not drift.status.has_verdict or isnan(drift.score):
        return DriftFinding.UNKNOWN
    return {
        Step.NONE: DriftFinding.MINOR,
        Step.SCHEDULE: DriftFinding.MODERATE,
        Step.IMMEDIATE: DriftFinding.SEVERE,
    }[drift.step]


def _performance(performance: PerformanceEvidence | None) -> PerformanceFinding:
    if performance is None or isnan(performance.exceedance) or isnan(performance.value):
        return PerformanceFinding.UNKNOWN
    is_degraded = performance.exceedance > 1.0
    return PerformanceFinding.DEGRADED if is_degraded else PerformanceFinding.GOOD


def _compared(
    drift: DriftEvidence, quality: CircuitQuality, performance: PerformanceEvidence | None
) -> tuple[Compared, ...]:
    """Return what the decision rests on: of a closed gate the checks that closed it alone."""
    if not quality.passes:
        return tuple(
            Compared(
                f"{feature} {check.name}".strip(),
                check.value,
                check.limit,
                check.exceedance,
                check.origin,
            )
            for feature, check in quality.failures()
        )
    found = []
    if drift.status.has_verdict and isfinite(drift.score):
        score = drift_score(drift.rule)
        found.append(Compared(score, drift.score, drift.limit, drift.exceedance, drift.origin))
    if performance is not None and _performance(performance) is not PerformanceFinding.UNKNOWN:
        p = performance
        found.append(Compared(p.metric, p.value, p.limit, p.exceedance, p.origin))
    return tuple(found)


def _details(
    drift: DriftEvidence, quality: CircuitQuality, compared: Sequence[Compared]
) -> tuple[str, ...]:
    """Return sentences on what was found."""
    if not quality.passes:
        closing = quality.closing_reasons
        shown = closing[:_MOST_REASONS]
        more = len(closing) - len(shown)
        return (*shown, f"And {more} more.") if more else shown
    values = [
        f"{each.what} {each.value:.3g} against {each.limit:.3g} ({each.origin})"
        for each in compared
    ]
    sentences = [f"Compared: {'; '.join(values)}."] if values else []
    if drift.step is not Step.NONE and drift.drifted_features:
        sentences.append(f"Drifted: {', '.join(drift.drifted_features)}.")
    if drift.reason:
        sentences.append(drift.reason)
    return tuple(sentences)


def _age(quality: CircuitQuality, performance: PerformanceEvidence | None) -> tuple[str, ...]:
    """Say how old the verdict on the error is, if the decision rests on an earlier night's."""
    if performance is None or not performance.last_known or not quality.passes:
        return ()
    return (
        f"There is no verdict on the error today: {performance.metric} is the last known, of "
        f"{performance.last_known}.",
    )
