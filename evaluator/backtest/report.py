"""A back-test as rows of text: the columns are defined in docs/backtest.md."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from evaluator.backtest.running import Backtest, Outcome, RuleReport
from evaluator.backtest.scores import Match, Score
from evaluator.evaluation.result import DimensionCombination
from evaluator.rules import LogAlertRule
from generator.diagnostics import printable

_NONE: Final = "-"
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TextTable:
    """Cells to be laid out; nothing in them can move a terminal's cursor."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def rules_table(backtest: Backtest) -> TextTable:
    """List what each rule did, and with each threshold that was tried."""
    columns: tuple[str, ...] = (
        *("rule", "threshold", "fired", "series", "minutes firing", "longest"),
        *("notifications a day", "flaps", "muted", "failures", "USD a month", "ran"),
    )
    if backtest.incidents:
        columns += ("precision", "recall", "median delay", "max delay")
    rows: list[Sequence[str]] = []
    for report in backtest.rules:
        if report.outcome is None:
            rows.append(_not_run(report, columns))
        else:
            rows += [_row(report, outcome) for outcome in (report.outcome, *report.variants)]
    return _printable(columns, rows)


def incidents_table(backtest: Backtest) -> TextTable:
    """List what matched: each incident with each rule that could have noticed it."""
    rows = [
        (
            moment(match.incident.start),
            moment(match.incident.end),
            match.incident.label,
            report.rule.id,
            str(len(match.alerts)) if match.alerts else "missed",
            _first_alert(match),
            duration(match.delay),
        )
        for report in backtest.rules
        if report.outcome and report.outcome.score
        for match in report.outcome.score.matches
    ]
    columns = ("start", "end", "incident", "rule", "alerts", "first alert", "delay")
    return _printable(columns, sorted(rows))


def notes(backtest: Backtest) -> list[str]:
    """Say what the numbers rest on."""
    return [printable(note) for note in (*_data_notes(backtest), *_rule_notes(backtest))]


def duration(length: timedelta | None) -> str:
    """Write a duration in days, hours and minutes; seconds only where there is nothing else."""
    if length is None:
        return _NONE
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{n}{unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if n]
    return " ".join(parts) or (f"{seconds}s" if seconds else "0m")


def moment(time: datetime) -> str:
    """Write a time in UTC to the minute, to the second where it has one."""
    return f"{time:%Y-%m-%d %H:%M:%S}" if time.second else f"{time:%Y-%m-%d %H:%M}"


def series_label(series: DimensionCombination) -> str:
    """Write the values of a series; names stand in the rule."""
    return " / ".join(value or "(empty)" for _, value in series) or "all rows"


def path_label(report: RuleReport) -> str:
    """Say how evaluations ran."""
    if report.broke_off is not None:
        return "broke off"
    if report.outcome is None:
        return "refused" if report.refused else "checked, not run"
    return "batched" if report.batched else "one by one"


def _printable(columns: tuple[str, ...], rows: Iterable[Sequence[str]]) -> TextTable:
    return TextTable(columns, tuple(tuple(map(printable, row)) for row in rows))


def _not_run(report: RuleReport, columns: Sequence[str]) -> tuple[str, ...]:
    known = {
        "rule": report.rule.id,
        "threshold": _number(report.rule.condition.threshold),
        "ran": path_label(report),
    }
    return tuple(known.get(column, _NONE) for column in columns)


def _row(report: RuleReport, outcome: Outcome) -> tuple[str, ...]:
    counts = outcome.statistics
    cells = (
        report.rule.id,
        _number(outcome.rule.condition.threshold),
        f"{counts.fired:,}",
        f"{counts.series:,}",
        f"{counts.firing / _MINUTE:,.0f}",
        duration(counts.longest),
        f"{counts.notifications_per_day:,.1f}",
        _NONE if counts.flaps is None else f"{counts.flaps:,}",
        _muted(outcome.rule, counts.muted),
        f"{counts.failures:,}",
        f"{report.cost.usd_a_month:,.2f}" if report.cost else _NONE,
        path_label(report),
    )
    return cells if outcome.score is None else (*cells, *_score(outcome.score))


def _muted(rule: LogAlertRule, muted: int) -> str:
    return _NONE if rule.mute_actions_duration is None else f"{muted:,}"


def _score(score: Score) -> Sequence[str]:
    found = sum(bool(match.alerts) for match in score.matches)
    return (
        _share(score.right, score.right + score.wrong),
        _share(found, len(score.matches)),
        duration(score.median_delay),
        duration(score.max_delay),
    )


def _share(part: int, whole: int) -> str:
    """Write a share with the numbers it comes from: 1 of 1 is no reason to be sure."""
    return f"{part / whole:.2f} ({part:,}/{whole:,})" if whole else _NONE


def _number(value: float) -> str:
    return f"{value:g}"


def _first_alert(match: Match) -> str:
    if not match.alerts:
        return _NONE
    first = match.alerts[0]
    return f"{moment(first.fired_at)} {series_label(first.series)}"


def _data_notes(backtest: Backtest) -> Iterator[str]:
    period = backtest.period
    yield (f"evaluated from {moment(period.start)} until {moment(period.end)} UTC, {period.length}")
    outside = sum(not i.overlaps(period.start, period.end) for i in backtest.incidents)
    if outside:
        yield f"{outside} of {len(backtest.incidents)} incidents lie outside of it and do not count"
    for table in backtest.recorded:
        files = "1 file" if table.files == 1 else f"{table.files:,} files"
        if table.first is None or table.last is None:
            yield f"{table.name}: no rows in {files}"
            continue
        yield (
            f"{table.name}: {table.rows:,} rows in {files}, "
            f"from {moment(table.first)} to {moment(table.last)}"
        )


def _rule_notes(backtest: Backtest) -> Iterator[str]:
    """Tell what is particular of rules; what several share is told once."""
    rules_of: dict[str, list[str]] = defaultdict(list)
    for report in backtest.rules:
        for note in _notes_of(report):
            rules_of[note].append(report.rule.id)
    for note, rules in rules_of.items():
        yield f"{', '.join(rules)}: {note}"


def _notes_of(report: RuleReport) -> Iterator[str]:
    if report.not_run is not None and not report.refused:
        yield f"checked, not run: {report.not_run}"
    if not report.rule.enabled:
        yield "disabled, so that Azure does not evaluate it; this is what it would do"
    if report.broke_off is not None:
        yield f"broke off: {report.broke_off}"
    seen = report.sight
    if seen.unrecorded:
        yield f"reads {', '.join(seen.unrecorded)}, of which no row was recorded"
    if seen.missing_columns:
        yield f"names {', '.join(seen.missing_columns)}, which no recorded file has"
    if seen.blind_until:
        yield (
            f"looks back to before the recording until {moment(seen.blind_until)}; "
            "what it does until then may differ from Azure"
        )
    if seen.blind_from:
        yield (
            f"the recording ends at {moment(seen.blind_from)}; "
            "from then on it sees that nothing comes"
        )
    failures = report.outcome.alerts.failures if report.outcome else ()
    if failures:
        yield f"failed at {moment(failures[0].evaluation_time)}: {failures[0].reason}"
