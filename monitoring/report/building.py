"""Puts the report together: what was read in, what is shown out. Pure."""

from collections.abc import Iterator
from typing import Final

from generator.fleet import Fleet
from monitoring.decision_table import Severity
from monitoring.drift.ladder import DriftStatus
from monitoring.report import figures
from monitoring.report.circuits import fleet_table
from monitoring.report.decisions import decisions
from monitoring.report.error_gaps import lost_verdicts
from monitoring.report.faults import fault_rows
from monitoring.report.gaps import gaps
from monitoring.report.heat import heat_map
from monitoring.report.model import Report, Tile, Tone
from monitoring.report.news import news
from monitoring.report.reading import Day, Past, PreviousDay
from monitoring.report.records import BacktestRecord, FaultRecord
from monitoring.report.subject import Subject, needs_action
from monitoring.report.timeline import timeline
from monitoring.report.weeks import weeks

_DRIFTED: Final = (DriftStatus.WARN, DriftStatus.DRIFT)


def build(
    day: Day,
    past: Past,
    fleet: Fleet,
    backtest: BacktestRecord | None,
    faults: tuple[FaultRecord, ...] = (),
) -> Report:
    """Make the view of a day; the same inputs give the same view."""
    subject = Subject(day, past, fleet)
    new, due = news(subject), decisions(subject)
    return Report(
        f"Fleet report of {figures.name(fleet.name)}, {figures.day(day.as_of)}",
        figures.name(fleet.name),
        figures.day(day.as_of),
        _verdict(subject, due.count, new.count),
        tuple(_tiles(subject, new.count)),
        new,
        due,
        fault_rows(subject, faults, backtest),
        timeline(backtest, fleet) if backtest else None,
        heat_map(subject),
        weeks(subject.day.performance or {}, subject.day.as_of, subject.link),
        fleet_table(subject),
        gaps(subject),
        tuple(_provenance(subject)),
    )


def _verdict(subject: Subject, due: int, new: int) -> str:
    lost = lost_verdicts(subject.day.performance or {})
    return f"{_asked(subject, due, new)} {lost}".strip()


def _asked(subject: Subject, due: int, new: int) -> str:
    total = figures.count(len(subject.keys), "circuit")
    if not due:
        return f"None of {total} needs action."
    since = f"got worse since {subject.since}" if subject.previous else "all new on this first day"
    needs = f"{due:,} of {total} need{'s' if due == 1 else ''} action"
    return f"{needs}; {f'{new:,} {since}' if subject.previous else since}."


def _tiles(subject: Subject, new: int) -> Iterator[Tile]:
    day, previous, since = subject.day, subject.previous, subject.since
    total = len(subject.keys)
    due = [d for d in day.decisions.values() if d.key in day.drift and needs_action(d)]
    by_severity = [
        f"{number} {severity.value}"
        for severity in (Severity.HIGH, Severity.MEDIUM, Severity.LOW)
        if (number := sum(d.severity is severity for d in due))
    ]
    yield Tile(
        figures.count(len(due)),
        "needs action" if len(due) == 1 else "need action",
        ", ".join(by_severity) or "go on monitoring",
        figures.change(len(due), _due(previous), since),
        _tone(len(due), "high" if any(d.severity is Severity.HIGH for d in due) else "medium"),
    )
    note = f"against {since}" if previous else "the first day"
    yield Tile(figures.count(new), "got worse", note, "", _tone(new, "medium"))
    judged = sum(found.status.has_verdict for found in day.drift.values())
    drifted = sum(found.status in _DRIFTED for found in day.drift.values())
    yield Tile(
        figures.count(drifted),
        "drifted",
        f"of {figures.count(judged)} judged",
        figures.change(drifted, _drifted(previous), since),
        _tone(drifted, "medium"),
    )
    yield _error_tile(subject)
    closed = [found for found in day.quality.values() if not found.passes]
    wrong = sum(found.status == "failed" for found in closed)
    note = (
        f"{wrong} wrong, {len(closed) - wrong} absent or late" if closed else "every gate is open"
    )
    yield Tile(
        figures.count(len(closed)), "data not trusted", note, "", _tone(len(closed), "medium")
    )
    note = f"of {figures.count(total, 'circuit')}"
    yield Tile(
        figures.count(total - judged),
        "without a drift verdict",
        note,
        "",
        _tone(total - judged, "low"),
    )


def _error_tile(subject: Subject) -> Tile:
    found = subject.day.performance
    label = "over their error limit"
    if found is None:
        return Tile(figures.NOTHING, label, "no performance results", "", "unknown")
    degraded = sum(each.status == "degraded" for each in found.values())
    judged = sum(each.status in ("ok", "degraded") for each in found.values())
    earlier = subject.previous.performance if subject.previous else None
    before = None if earlier is None else sum(e.status == "degraded" for e in earlier.values())
    return Tile(
        figures.count(degraded),
        label,
        f"of {figures.count(judged)} judged",
        figures.change(degraded, before, subject.since),
        _tone(degraded, "high"),
    )


def _due(day: PreviousDay | None) -> int | None:
    return None if day is None else sum(map(needs_action, day.decisions.values()))


def _drifted(day: PreviousDay | None) -> int | None:
    return None if day is None else sum(each.status in _DRIFTED for each in day.drift.values())


def _tone(number: int, tone: Tone) -> Tone:
    return tone if number else "calm"


def _provenance(subject: Subject) -> Iterator[tuple[str, str]]:
    inputs = subject.day.inputs
    yield "Run", inputs.run_id
    yield "Environment", figures.name(inputs.environment)
    yield "As of", f"{inputs.as_of} 00:00 UTC, exclusive"
    yield "Data", figures.text(inputs.data)
    yield "Version of the data", figures.name(_version(inputs.data_version))
    if inputs.predictions is not None:
        yield "Predictions", figures.text(inputs.predictions)
        yield "Version of the predictions", figures.name(_version(inputs.predictions_version))
    yield "Rule that decides", figures.name(inputs.rule)
    yield "Calibration", inputs.calibration or "none: limits come from the weeks before"
    yield "Configuration", figures.name(inputs.configuration)
    yield "Earlier days", str(len(subject.past.days))


def _version(version: int | str | None) -> str:
    return figures.NOTHING if version is None else str(version)
