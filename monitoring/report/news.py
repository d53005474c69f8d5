"""What is new today: whose action or status got worse since the day before. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from monitoring.decision_table import Action, Severity
from monitoring.drift.ladder import DriftStatus
from monitoring.report import figures
from monitoring.report.model import News, NewsRow, Transition
from monitoring.report.reading import Day, PreviousDay
from monitoring.report.records import PerformanceStatus
from monitoring.report.subject import (
    DRIFT_TONES,
    ERROR_TONES,
    SEVERITY_TONES,
    Subject,
    needs_action,
    severity_rank,
)

_MOST_ROWS: Final = 100
_MOST_RECOVERED: Final = 20
_ACTIONS: Final = tuple(Action)
_DRIFT_RANKS: Final = {
    DriftStatus.OK: 0,
    DriftStatus.WARMING_UP: 0,
    DriftStatus.WARN: 1,
    DriftStatus.DRIFT: 2,
    DriftStatus.INSUFFICIENT_DATA: 3,
    DriftStatus.STALE: 3,
    DriftStatus.ERROR: 4,
}
_ERROR_RANKS: Final[dict[PerformanceStatus, int]] = {
    "ok": 0,
    "insufficient_data": 0,
    "degraded": 1,
    "error": 2,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a circuit stands on a day."""

    action: Action
    severity: Severity
    drift: DriftStatus
    error: PerformanceStatus | None
    """None where the error was not evaluated."""


def standing(day: Day | PreviousDay, key: str) -> Standing | None:
    """Tell where a circuit stood; None for one that had no result."""
    if key not in day.drift or key not in day.decisions:
        return None
    decision = day.decisions[key]
    found = None if day.performance is None else day.performance.get(key)
    return Standing(
        decision.action,
        decision.severity,
        day.drift[key].status,
        None if found is None else found.status,
    )


def transitions(before: Standing | None, now: Standing) -> Iterator[Transition]:
    """Yield what got worse; against nothing before, what is not well."""
    if _needs_more(before, now):
        yield Transition(
            "action",
            _asked(before, now) if before else "",
            _asked(now, before),
            SEVERITY_TONES[now.severity],
        )
    if _DRIFT_RANKS[now.drift] > (_DRIFT_RANKS[before.drift] if before else 0):
        yield Transition(
            "drift",
            _words(before.drift) if before else "",
            _words(now.drift),
            DRIFT_TONES[now.drift],
        )
    if now.error is None:
        return
    earlier = before.error if before else None
    if _ERROR_RANKS[now.error] > (_ERROR_RANKS[earlier] if earlier else 0):
        yield Transition(
            "error", _words(earlier) if earlier else "", _words(now.error), ERROR_TONES[now.error]
        )


def news(subject: Subject) -> News:
    """List the circuits that got worse, the most severe first."""
    previous = subject.previous
    rows = []
    for decision in subject.ranked():
        now = standing(subject.day, decision.key)
        before = standing(previous, decision.key) if previous else None
        found = tuple(transitions(before, now)) if now else ()
        if found:
            rows.append(NewsRow(subject.link(decision.key), subject.owner(decision.key), found))
    more = len(rows) - _MOST_ROWS
    return News(
        len(rows),
        _intro(subject, len(rows)),
        tuple(rows[:_MOST_ROWS]),
        f"And {figures.count(more, 'circuit')} more; the fleet below has each." if more > 0 else "",
        _recovered(subject),
    )


def _needs_more(before: Standing | None, now: Standing) -> bool:
    if now.action is Action.MONITOR:
        return False
    if before is None:
        return True
    return _ACTIONS.index(now.action) > _ACTIONS.index(before.action) or severity_rank(
        now.severity
    ) > severity_rank(before.severity)


def _intro(subject: Subject, rows: int) -> str:
    if subject.previous is None:
        return (
            "This is the first day: no earlier day's results are beside this folder, so every "
            "circuit that is not well counts as new."
        )
    if not rows:
        return f"Nothing got worse since {subject.since}."
    circuits = figures.count(rows, "circuit")
    return f"{circuits} got worse since {subject.since}, in action, drift or error."


def _recovered(subject: Subject) -> str:
    previous = subject.previous
    if previous is None:
        return ""
    keys = [
        key
        for key in subject.keys
        if key in previous.decisions
        and needs_action(previous.decisions[key])
        and not needs_action(subject.day.decisions[key])
        and not subject.day.decisions[key].held_by
    ]
    if not keys:
        return ""
    return f"No longer in need of action: {figures.names(keys, _MOST_RECOVERED)}."


def _asked(shown: Standing, other: Standing | None) -> str:
    """Write an action; with its severity where that alone tells the two apart."""
    is_same = other is not None and other.action is shown.action
    return f"{shown.action.words}, {shown.severity.value}" if is_same else shown.action.words


def _words(status: str) -> str:
    return status.replace("_", " ")
