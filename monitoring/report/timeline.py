"""When each alert rule fired and resolved, from a back-test of the day's telemetry. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from generator import conventions
from generator.fleet import Fleet
from generator.models.alerts import AlertRule
from monitoring.report import figures
from monitoring.report.model import Lane, RuleLanes, Stretch, Tick, Timeline
from monitoring.report.records import AlertRecord, BacktestRecord, RuleRecord

_MOST_LANES: Final = 25
_MOST_TICKS: Final = 7
_LAST_LABEL: Final = 92
"""Percent of the width beyond which a label would be cut."""
_MOST_WORDS: Final = 3
_NARROWEST: Final = 0.4


def timeline(backtest: BacktestRecord, fleet: Fleet) -> Timeline:
    """Draw the rules that fired, and name those that did not."""
    fired = [rule for rule in backtest.rules if rule.outcome and rule.outcome.alerts]
    known = {conventions.rule_id(rule.name): rule for rule in fleet.alert_rules}
    quiet = [
        _name(rule, known) for rule in backtest.rules if rule.outcome and not rule.outcome.alerts
    ]
    broken = [
        f"{figures.name(_name(rule, known))} did not run: {figures.text(rule.reason or '')}."
        for rule in backtest.rules
        if rule.outcome is None
    ]
    silent = f"Did not fire: {figures.names(quiet, len(quiet))}." if quiet else ""
    period = f"{figures.moment(backtest.start)} to {figures.moment(backtest.end)} UTC"
    return Timeline(
        f"The rendered alert rules, evaluated on the telemetry of {period}. A bar is a time in "
        "which an alert was active.",
        _ticks(backtest),
        tuple(_rule(rule, backtest, known) for rule in fired),
        " ".join(filter(None, (silent, *broken))),
    )


def _name(rule: RuleRecord, known: Mapping[str, AlertRule]) -> str:
    return known[rule.rule].name if rule.rule in known else rule.rule


def _rule(rule: RuleRecord, backtest: BacktestRecord, known: Mapping[str, AlertRule]) -> RuleLanes:
    found = known.get(rule.rule)
    alerts = rule.outcome.alerts if rule.outcome else ()
    series: dict[tuple[tuple[str, str], ...], list[AlertRecord]] = {}
    for alert in alerts:
        series.setdefault(tuple(alert.dimensions.items()), []).append(alert)
    stateful = found is None or found.stateful
    lanes = [
        _lane("/".join(value for _, value in key), own, backtest, is_stateful=stateful)
        for key, own in sorted(series.items())
    ]
    more = len(lanes) - _MOST_LANES
    summary = (
        f"{figures.count(len(alerts), 'alert')} on {figures.count(len(lanes), 'series', 'series')}"
    )
    return RuleLanes(
        figures.name(_name(rule, known)),
        summary + (f", {_MOST_LANES} of them shown" if more > 0 else ""),
        tuple(lanes[:_MOST_LANES]),
    )


def _lane(
    series: str, alerts: Sequence[AlertRecord], backtest: BacktestRecord, *, is_stateful: bool
) -> Lane:
    stretches = tuple(_stretch(alert, backtest, is_stateful=is_stateful) for alert in alerts)
    words = "; ".join(stretch.words for stretch in stretches[:_MOST_WORDS])
    if len(alerts) > _MOST_WORDS:
        words = f"{len(alerts):,} times, last {stretches[-1].words}"
    return Lane(figures.name(series) or "the whole fleet", stretches, words)


def _stretch(alert: AlertRecord, backtest: BacktestRecord, *, is_stateful: bool) -> Stretch:
    end = alert.resolved_at or (backtest.end if is_stateful else alert.fired_at)
    left = _percent(alert.fired_at, backtest)
    width = max(_percent(end, backtest) - left, _NARROWEST)
    words = f"fired {figures.moment(alert.fired_at)}"
    if alert.resolved_at:
        words += f", resolved {figures.moment(alert.resolved_at)}"
    elif is_stateful:
        words += ", still active"
    if not alert.actions_called:
        words += ", nobody called"
    return Stretch(f"{min(left, 100 - width):.2f}%", f"{width:.2f}%", words)


def _percent(moment: datetime, backtest: BacktestRecord) -> float:
    whole = (backtest.end - backtest.start) / timedelta(seconds=1) or 1.0
    share = (moment - backtest.start) / timedelta(seconds=1) / whole
    return 100 * min(max(share, 0.0), 1.0)


def _ticks(backtest: BacktestRecord) -> tuple[Tick, ...]:
    first = backtest.start.astimezone(UTC)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    if midnight < first:
        midnight += timedelta(days=1)
    days = max((backtest.end - midnight).days, 0)
    step = timedelta(days=-(-(days + 1) // _MOST_TICKS))
    ticks = []
    while midnight < backtest.end:
        left = _percent(midnight, backtest)
        label = figures.short_day(midnight) if left <= _LAST_LABEL else ""
        ticks.append(Tick(f"{left:.2f}%", label))
        midnight += step
    return tuple(ticks)
