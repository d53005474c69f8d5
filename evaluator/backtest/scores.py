"""Alerts against incidents: precision, recall and how long it took.

Event-based, as in Tatbul et al., Precision and Recall for Time Series (NeurIPS 2018), with
existence as the only reward (alpha 1): an incident is found if any alert matches it, however
short; an alert is right if it matches any incident.
https://papers.nips.cc/paper/2018/hash/8f468c873a32bb0619eaeb2050ba45d1-Abstract.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from evaluator.backtest.alerts import Alert
from evaluator.backtest.incidents import Incident
from evaluator.backtest.statistics import Period
from evaluator.rules import LogAlertRule


@dataclass(frozen=True, slots=True)
class Match:
    """An incident, and the alerts of one rule that match it."""

    incident: Incident
    alerts: tuple[Alert, ...]
    """In the order they fired; none if it was missed."""

    @property
    def delay(self) -> timedelta | None:
        """Time from the incident's start to the first alert: 0 if that was already active."""
        if not self.alerts:
            return None
        return max(timedelta(0), self.alerts[0].fired_at - self.incident.start)


@dataclass(frozen=True, slots=True)
class Score:
    """How a rule did against the incidents that are its own or nobody's."""

    matches: tuple[Match, ...]
    """One for each incident, in order of time."""
    right: int
    """Alerts that match an incident."""
    wrong: int
    """Alerts that match none."""

    @property
    def precision(self) -> float | None:
        """Share of the alerts that match an incident; None without alerts."""
        alerts = self.right + self.wrong
        return self.right / alerts if alerts else None

    @property
    def recall(self) -> float | None:
        """Share of the incidents that an alert matches; None without incidents."""
        found = sum(bool(match.alerts) for match in self.matches)
        return found / len(self.matches) if self.matches else None

    @property
    def median_delay(self) -> timedelta | None:
        """Of the incidents that were found."""
        seconds = [delay.total_seconds() for delay in self._delays()]
        return timedelta(seconds=median(seconds)) if seconds else None

    @property
    def max_delay(self) -> timedelta | None:
        """Of the incidents that were found."""
        return max(self._delays(), default=None)

    def _delays(self) -> list[timedelta]:
        return [match.delay for match in self.matches if match.delay is not None]


def score(
    rule: LogAlertRule, alerts: Sequence[Alert], incidents: Sequence[Incident], period: Period
) -> Score:
    """Hold a rule's alerts against incidents.

    An incident of another rule, or wholly outside of the period, does not count. An alert matches
    an incident if both have the same value in each dimension that the incident states and the
    rule has, and if the alert is active at some time from the incident's start until its end plus
    the rule's windows: until then the windows still hold what happened.
    """
    own = [
        i for i in incidents if i.rule in (None, rule.id) and i.overlaps(period.start, period.end)
    ]
    windows = rule.window_size * rule.condition.number_of_evaluation_periods
    names = {dimension.name for dimension in rule.condition.dimensions}
    matches = []
    right: set[int] = set()
    for incident in own:
        wanted = {(name, value) for name, value in incident.dimensions if name in names}
        until = incident.end + windows
        found = [
            index
            for index, alert in enumerate(alerts)
            if wanted <= set(alert.series)
            and alert.fired_at <= until
            and _is_active_after(alert, rule, incident.start, period)
        ]
        right.update(found)
        matches.append(Match(incident, tuple(alerts[index] for index in found)))
    return Score(tuple(matches), len(right), len(alerts) - len(right))


def _is_active_after(alert: Alert, rule: LogAlertRule, moment: datetime, period: Period) -> bool:
    return alert.end(rule, period.end) > moment
