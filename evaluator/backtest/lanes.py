"""What a picture of a back-test has in it: for each rule lanes with stretches and marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from evaluator.backtest.alerts import Alert, Stretch, stretches
from evaluator.backtest.report import duration, moment, path_label, series_label
from evaluator.backtest.running import Backtest, RuleReport
from evaluator.backtest.statistics import Period, alerts_by_series

MAX_LANES: Final = 12
"""Series of a rule that have a lane of their own; the others share one."""

MarkKind = Literal["called", "muted", "resolved"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment at which somebody was told, or would have been."""

    kind: MarkKind
    at: datetime


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of firing, with its words."""

    start: datetime
    end: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A series, or several that share a lane."""

    label: str
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """An incident behind the lanes of a rule."""

    start: datetime
    end: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Block:
    """A rule: its heading and its lanes."""

    heading: str
    summary: str
    lanes: tuple[Lane, ...]
    bands: tuple[Band, ...]
    failures: tuple[datetime, ...]


def blocks(backtest: Backtest) -> list[Block]:
    """Lay out every rule in the order of the report, its busiest series first."""
    return [_block(report, backtest) for report in backtest.rules]


def _block(report: RuleReport, backtest: Backtest) -> Block:
    if report.outcome is None:
        return Block(report.rule.id, path_label(report), (), (), ())
    counts = report.outcome.statistics
    noun = "alert" if counts.fired == 1 else "alerts"
    failures = f", {counts.failures:,} failed" if counts.failures else ""
    summary = f"{counts.fired:,} {noun} on {counts.series:,} series{failures}"
    alerts = report.outcome.alerts
    return Block(
        report.rule.id,
        summary,
        tuple(_lanes(report, alerts.alerts, backtest.period)),
        tuple(_bands(report, backtest)),
        tuple(failure.evaluation_time for failure in alerts.failures),
    )


def _lanes(report: RuleReport, alerts: Sequence[Alert], period: Period) -> list[Lane]:
    rule = report.rule
    firing = {
        series: (own, stretches(rule, own, period.end))
        for series, own in alerts_by_series(alerts).items()
    }
    busiest = sorted(firing, key=lambda series: (-_seconds(firing[series][1]), series))
    own_lanes, shared = busiest[:MAX_LANES], sorted(busiest[MAX_LANES:])
    lanes = [
        _lane(series_label(series), *firing[series], series_label(series), period)
        for series in own_lanes
    ]
    if shared:
        parts = [_lane("", *firing[s], series_label(s), period) for s in shared]
        lanes.append(
            Lane(
                f"{len(shared):,} more series",
                tuple(sorted((b for p in parts for b in p.bars), key=lambda b: (b.start, b.words))),
                tuple(sorted((m for p in parts for m in p.marks), key=lambda m: (m.at, m.kind))),
            )
        )
    return lanes


def _seconds(firing: Sequence[Stretch]) -> float:
    return sum((s.end - s.start for s in firing), timedelta(0)).total_seconds()


def _lane(
    label: str, alerts: Sequence[Alert], firing: Sequence[Stretch], series: str, period: Period
) -> Lane:
    bars = []
    for stretch in firing:
        is_open = stretch.end >= period.end and not stretch.is_resolved
        until = "still firing" if is_open else f"until {moment(stretch.end)}"
        length = duration(stretch.end - stretch.start)
        words = f"{series}: fired {moment(stretch.start)}, {until} ({length})"
        bars.append(Bar(stretch.start, stretch.end, words))
    marks: list[Mark] = []
    for alert in alerts:
        marks.append(Mark("called" if alert.actions_called else "muted", alert.fired_at))
        if alert.resolved_at is not None:
            marks.append(Mark("resolved", alert.resolved_at))
    return Lane(label, tuple(bars), tuple(marks))


def _bands(report: RuleReport, backtest: Backtest) -> list[Band]:
    score = report.outcome.score if report.outcome else None
    bands = []
    for match in score.matches if score else ():
        incident = match.incident
        found = f"noticed after {duration(match.delay)}" if match.alerts else "missed"
        when = f"{moment(incident.start)} to {moment(incident.end)}"
        words = f"incident {incident.label}: {when}, {found}"
        start = max(incident.start, backtest.period.start)
        bands.append(Band(start, min(incident.end, backtest.period.end), words))
    return bands
