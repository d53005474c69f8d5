"""What the report is about: a day, the days before, and the fleet as it is configured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from generator.fleet import Fleet, Limit
from monitoring.decision_table import Action, Severity
from monitoring.drift.ladder import DriftStatus
from monitoring.report import figures
from monitoring.report.model import Link, Tone
from monitoring.report.reading import HISTORY_DAYS, Day, Past, PreviousDay, utc_day
from monitoring.report.records import DecisionRecord, PerformanceStatus, QualityWord

SEVERITY_TONES: Final[dict[Severity, Tone]] = {
    Severity.NONE: "calm",
    Severity.LOW: "low",
    Severity.MEDIUM: "medium",
    Severity.HIGH: "high",
}
DRIFT_TONES: Final[dict[DriftStatus, Tone]] = {
    DriftStatus.OK: "calm",
    DriftStatus.WARMING_UP: "unknown",
    DriftStatus.WARN: "medium",
    DriftStatus.DRIFT: "high",
    DriftStatus.INSUFFICIENT_DATA: "unknown",
    DriftStatus.STALE: "unknown",
    DriftStatus.ERROR: "unknown",
}
QUALITY_TONES: Final[dict[QualityWord, Tone]] = {
    "ok": "calm",
    "warn": "low",
    "failed": "high",
    "insufficient_data": "medium",
    "stale": "medium",
    "error": "high",
}
ERROR_TONES: Final[dict[PerformanceStatus, Tone]] = {
    "ok": "calm",
    "degraded": "high",
    "insufficient_data": "unknown",
    "error": "unknown",
}
_SEVERITIES: Final = tuple(Severity)
_FEWEST_DAYS: Final = 7
_ROOM_FOR_DETAILS: Final = 200_000
"""Characters of all texts in the details, so that a thousand circuits stay under 2 MB."""
_SHORTEST_DETAIL: Final = 40
_LINE: Final = 120 * "."
"""About as long as what is said of other versions, or of rows that are left out."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What every section of the report is made from."""

    day: Day
    past: Past
    fleet: Fleet
    keys: tuple[str, ...] = field(init=False)
    """Circuits with a result, as `PLANT/CIRCUIT`, sorted."""
    days: tuple[date, ...] = field(init=False)
    """The days that lines show, oldest first: as far back as anything is known, or a week."""
    longest_detail: int = field(init=False)
    """Characters of a text in the folded details: fewer where a whole large fleet is broken."""
    _owners: dict[str, str] = field(init=False)
    _anchors: dict[str, str] = field(init=False)
    _limits: dict[str, Mapping[str, Limit]] = field(init=False)

    def __post_init__(self) -> None:
        keys = tuple(sorted(self.day.drift))
        configured = (*self.fleet.circuits, *self.fleet.disabled)
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "days", _days(self.day, self.past))
        object.__setattr__(self, "longest_detail", _longest_detail(self.day))
        object.__setattr__(self, "_owners", {c.key: c.owner for c in configured})
        object.__setattr__(self, "_limits", {c.key: c.limits for c in configured})
        object.__setattr__(self, "_anchors", {key: f"c{n}" for n, key in enumerate(keys)})

    @property
    def previous(self) -> PreviousDay | None:
        """The newest day before; None on the first."""
        return self.past.previous

    @property
    def since(self) -> str:
        """The previous day in words; empty on the first."""
        return figures.short_day(self.previous.as_of) if self.previous else ""

    def link(self, key: str) -> Link:
        """Name a circuit and tell where its details are; nowhere for one without a result."""
        return Link(figures.name(key), self._anchors.get(key, ""))

    def owner(self, key: str) -> str:
        """Tell who answers for a circuit; empty where the configuration does not say."""
        return figures.name(self._owners.get(key, ""))

    def psi_limit(self, key: str) -> float:
        """Return the limit of the stability index of a circuit's features."""
        limits = self._limits.get(key, self.fleet.limits)
        return float(limits["psi"].value)

    def ranked(self) -> Sequence[DecisionRecord]:
        """Return the decisions, the most severe first, then by drift's exceedance."""
        return sorted(
            (self.day.decisions[key] for key in self.keys),
            key=lambda d: (-severity_rank(d.severity), -self.exceedance(d.key), d.key),
        )

    def exceedance(self, key: str) -> float:
        """Return the larger of drift's and the error's exceedance; 0 where neither is known."""
        found = [self.day.drift[key].exceedance]
        if self.day.performance is not None and key in self.day.performance:
            found.append(self.day.performance[key].exceedances.get("mae"))
        return max((value for value in found if value is not None), default=0.0)


def _days(day: Day, past: Past) -> tuple[date, ...]:
    known = [day.as_of, *(earlier.as_of for earlier in past.days)]
    for found in (day.performance or {}).values():
        known += [utc_day(verdict.evaluated_at) for verdict in found.history]
    count = min(max((day.as_of - min(known)).days + 1, _FEWEST_DAYS), HISTORY_DAYS)
    return tuple(day.as_of - timedelta(days=back) for back in range(count - 1, -1, -1))


def _longest_detail(day: Day) -> int:
    reasons = [each.reason for each in day.drift.values()]
    reasons += [each.reason for each in day.decisions.values() if needs_action(each)]
    reasons += [each.reasons[0] for each in day.quality.values() if each.reasons]
    found = (day.performance or {}).values()
    reasons += [each.reason for each in found]
    reasons += [_LINE for each in found if each.other_versions]
    reasons += [_LINE for each in found if any(each.left_out.values())]
    lengths = [min(len(reason), figures.LONGEST_TEXT) for reason in reasons if reason]
    if sum(lengths) <= _ROOM_FOR_DETAILS:
        return figures.LONGEST_TEXT
    return max(_ROOM_FOR_DETAILS // len(lengths), _SHORTEST_DETAIL)


def severity_rank(severity: Severity) -> int:
    """Return where a severity stands, 0 for none."""
    return _SEVERITIES.index(severity)


def needs_action(decision: DecisionRecord) -> bool:
    """Tell whether a decision is anything but to go on monitoring."""
    return decision.action is not Action.MONITOR
