"""Alerts as stretches of time, folded from what changed at each evaluation."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from evaluator.evaluation.measure import Measurement
from evaluator.evaluation.result import AlertState, DimensionCombination, RuleFailure
from evaluator.evaluation.state import transitions
from evaluator.rules import LogAlertRule


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of a series."""

    series: DimensionCombination
    fired_at: datetime
    resolved_at: datetime | None = None
    """None while it is active, and always for stateless rules, whose alerts never resolve."""
    actions_called: bool = True
    """False where the mute held them back."""

    def end(self, rule: LogAlertRule, period_end: datetime) -> datetime:
        """Tell until when it counts as firing.

        A stateful alert until it resolves, else to the end of the period; a stateless one until
        the next evaluation, which makes another if it is met.
        """
        if rule.auto_mitigate:
            return self.resolved_at or period_end
        return min(self.fired_at + rule.evaluation_frequency, period_end)


@dataclass(frozen=True, slots=True)
class Alerts:
    """What a rule did."""

    alerts: tuple[Alert, ...]
    """In the order they fired."""
    failures: tuple[RuleFailure, ...]


def fold_alerts(rule: LogAlertRule, measurements: Iterable[Measurement]) -> Alerts:
    """Fold measurements in order of time into alerts.

    Raises:
        NotSimulated: the rule cannot be simulated.
    """
    alerts: list[Alert] = []
    active: dict[DimensionCombination, int] = {}
    failures: list[RuleFailure] = []
    for event in transitions(rule, measurements):
        if isinstance(event, RuleFailure):
            failures.append(event)
            continue
        series, now = event.dimension_combination, event.evaluation_time
        if event.state is AlertState.FIRED:
            active[series] = len(alerts)
            alerts.append(Alert(series, now, actions_called=event.actions_called))
        elif event.state is AlertState.RESOLVED:
            index = active.pop(series)
            alerts[index] = replace(alerts[index], resolved_at=now)
    return Alerts(tuple(alerts), tuple(failures))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which a series fires without a break."""

    start: datetime
    end: datetime
    is_resolved: bool
    """Whether it ended because the alert resolved."""


def stretches(rule: LogAlertRule, alerts: Iterable[Alert], period_end: datetime) -> list[Stretch]:
    """Join the alerts of one series; those of a stateless rule that follow each other are one."""
    joined: list[Stretch] = []
    for alert in alerts:
        stretch = Stretch(
            alert.fired_at, alert.end(rule, period_end), alert.resolved_at is not None
        )
        if joined and not rule.auto_mitigate and stretch.start <= joined[-1].end:
            joined[-1] = replace(joined[-1], end=stretch.end)
        else:
            joined.append(stretch)
    return joined
