"""What was put into simulated data, beside what was found of it. Pure."""

from collections.abc import Iterator

from generator import conventions
from monitoring.report import figures
from monitoring.report.model import FaultRow
from monitoring.report.records import BacktestRecord, DecisionRecord, FaultRecord
from monitoring.report.subject import DRIFT_TONES, Subject


def fault_rows(
    subject: Subject, faults: tuple[FaultRecord, ...], backtest: BacktestRecord | None
) -> tuple[FaultRow, ...]:
    """Put the verdict, the decision and the alerts of its circuit beside each fault."""
    return tuple(_row(subject, fault, backtest) for fault in faults)


def _row(subject: Subject, fault: FaultRecord, backtest: BacktestRecord | None) -> FaultRow:
    drift = subject.day.drift.get(fault.key)
    decision = subject.day.decisions.get(fault.key)
    what = fault.kind.replace("_", " ")
    size = f" {fault.size:g}" if fault.size else ""
    return FaultRow(
        subject.link(fault.key),
        figures.text(f"{what}{size}{f' of {fault.feature}' if fault.feature else ''}"),
        f"{figures.moment(fault.start)} to {figures.moment(fault.end)}",
        figures.NOTHING if drift is None else drift.status.value.replace("_", " "),
        "unknown" if drift is None else DRIFT_TONES[drift.status],
        figures.NOTHING if decision is None else _decided(decision),
        ", ".join(_alerts(subject, fault, backtest)) or figures.NOTHING,
    )


def _decided(decision: DecisionRecord) -> str:
    if not decision.held_by:
        return decision.action.words
    return f"{decision.proposed.words}, held back by {decision.held_by.replace('_', ' ')}"


def _alerts(subject: Subject, fault: FaultRecord, backtest: BacktestRecord | None) -> Iterator[str]:
    names = {conventions.rule_id(each.name): each.name for each in subject.fleet.alert_rules}
    for rule in backtest.rules if backtest else ():
        own = [
            alert.fired_at
            for alert in (rule.outcome.alerts if rule.outcome else ())
            if f"{alert.dimensions.get('plant_id')}/{alert.dimensions.get('circuit_id')}"
            == fault.key
        ]
        if own:
            yield f"{figures.name(names.get(rule.rule, rule.rule))} {figures.moment(min(own))}"
