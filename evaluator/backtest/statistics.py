"""What is counted of a rule's alerts; docs/backtest.md has the same definitions."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from evaluator.backtest.alerts import Alert, Alerts, stretches
from evaluator.evaluation.result import DimensionCombination
from evaluator.rules import LogAlertRule

FLAP_WITHIN: Final = timedelta(hours=24)
"""An alert that comes back within it flaps. The word is Nagios's, for what "changes state too
frequently, resulting in a storm of problem and recovery notifications"
(https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/flapping.html); a day is this
project's choice: who was told that it is over is told again within the day."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time that is looked at: evaluations from its start, its end excluded."""

    start: datetime
    end: datetime

    @property
    def days(self) -> float:
        """Its length."""
        return (self.end - self.start) / timedelta(days=1)

    @property
    def length(self) -> str:
        """Its length in words."""
        return "1 day" if self.days == 1 else f"{self.days:g} days"


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts over a period."""

    fired: int
    """Alerts that were made; of a stateless rule one for each evaluation that is met."""
    series: int
    """Series with at least one alert."""
    firing: timedelta
    """How long alerts were active, added up over series."""
    longest: timedelta
    """Longest stretch in which one series fired without a break."""
    called: int
    """Times that the action groups were called because an alert fired."""
    resolved: int
    """Times that they were called because one resolved."""
    notifications_per_day: float
    """Of both kinds together."""
    flaps: int | None
    """Alerts of a series that fired within `FLAP_WITHIN` of its last resolution; None for a
    stateless rule, whose alerts never resolve."""
    muted: int
    """Alerts whose actions the mute held back."""
    failures: int
    """Evaluations that Azure would not complete (E14)."""


def statistics(rule: LogAlertRule, alerts: Alerts, period: Period) -> Statistics:
    """Count what a rule did over a period."""
    by_series = alerts_by_series(alerts.alerts)
    lengths = [
        stretch.end - stretch.start
        for own in by_series.values()
        for stretch in stretches(rule, own, period.end)
    ]
    called = sum(alert.actions_called for alert in alerts.alerts)
    resolved = sum(alert.resolved_at is not None for alert in alerts.alerts)
    return Statistics(
        fired=len(alerts.alerts),
        series=len(by_series),
        firing=sum(lengths, timedelta(0)),
        longest=max(lengths, default=timedelta(0)),
        called=called,
        resolved=resolved,
        notifications_per_day=(called + resolved) / period.days,
        flaps=sum(map(_flaps, by_series.values())) if rule.auto_mitigate else None,
        muted=len(alerts.alerts) - called,
        failures=len(alerts.failures),
    )


def alerts_by_series(alerts: Sequence[Alert]) -> dict[DimensionCombination, list[Alert]]:
    """Put the alerts of each series together, series in order of their values."""
    by_series: dict[DimensionCombination, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_series[alert.series].append(alert)
    return dict(sorted(by_series.items()))


def _flaps(alerts: Sequence[Alert]) -> int:
    return sum(
        before.resolved_at is not None and after.fired_at - before.resolved_at <= FLAP_WITHIN
        for before, after in pairwise(alerts)
    )
