"""Back-tests rules: every evaluation of a period on recorded telemetry."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evaluator.analysis.language_service import LanguageService
from evaluator.backtest.alerts import Alerts, fold_alerts
from evaluator.backtest.cost import Cost, cost
from evaluator.backtest.incidents import Incident
from evaluator.backtest.measuring import (
    BrokeOff,
    Measured,
    NotRun,
    Refused,
    measure_rule,
    times,
    with_threshold,
)
from evaluator.backtest.scores import Score, score
from evaluator.backtest.sight import Sight, sight
from evaluator.backtest.statistics import Period, Statistics, statistics
from evaluator.execution.engine import Engine
from evaluator.recorded.loading import RecordedTable
from evaluator.rules import LogAlertRule

Progress = Callable[[str, int, int], None]
"""Is told a rule's id before it runs, how many are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule did with one threshold."""

    rule: LogAlertRule
    """With the threshold that it ran with."""
    alerts: Alerts
    statistics: Statistics
    score: Score | None
    """None unless there are incidents to compare with."""


@dataclass(frozen=True, slots=True)
class RuleReport:
    """A rule over a period."""

    rule: LogAlertRule
    evaluations: int
    not_run: str | None = None
    """Why it was checked and not run; the rest is then empty."""
    refused: bool = False
    """Whether it was not run because Azure would refuse it, which is an error."""
    broke_off: str | None = None
    """Why it did not get to its end, which is an error; the rest is then empty."""
    batched: bool = False
    """Whether one statement measured many evaluations; otherwise each ran by itself."""
    outcome: Outcome | None = None
    """With the rule's own threshold."""
    variants: tuple[Outcome, ...] = ()
    """With the thresholds that were tried, in the order they were asked for."""
    sight: Sight = field(default_factory=Sight)
    """Where it looked at less than in Azure."""
    cost: Cost | None = None
    """What it costs a month; None if it did not run."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What rules would have done."""

    period: Period
    recorded: tuple[RecordedTable, ...]
    incidents: tuple[Incident, ...]
    rules: tuple[RuleReport, ...]
    """In the order they were given."""


def backtest(
    engine: Engine,
    service: LanguageService,
    rules: Sequence[LogAlertRule],
    period: Period,
    *,
    recorded: Sequence[RecordedTable] = (),
    thresholds: Mapping[str, Sequence[float]] | None = None,
    incidents: Sequence[Incident] = (),
    progress: Progress | None = None,
) -> Backtest:
    """Evaluate rules on the rows of an engine.

    Queries run once, however many thresholds are tried. Rules run one after the other: DuckDB uses
    every core already.

    Args:
        engine: has the recorded rows.
        service: knows the same tables.
        rules: evaluated from the period's start on, each at its own frequency.
        period: half-open.
        recorded: what was loaded, for the report.
        thresholds: further ones to try, by rule.
        incidents: what to compare alerts with.
        progress: called before each rule.
    """
    reports = []
    for done, rule in enumerate(rules):
        if progress:
            progress(rule.id, done, len(rules))
        tried = tuple((thresholds or {}).get(rule.id, ()))
        try:
            measured = measure_rule(engine, service, rule, period, tried)
        except NotRun as error:
            refused = isinstance(error, Refused)
            count = len(times(rule, period))
            reports.append(RuleReport(rule, count, not_run=str(error), refused=refused))
            continue
        except BrokeOff as error:
            reports.append(RuleReport(rule, len(times(rule, period)), broke_off=str(error)))
            continue
        analysis = service.analyse(rule.query.text)
        report = _report(rule, measured, period, tried, incidents)
        seen = sight(rule, analysis, recorded, period)
        spent = cost(rule, measured.series, analysis, recorded)
        reports.append(replace(report, sight=seen, cost=spent))
    return Backtest(period, tuple(recorded), tuple(incidents), tuple(reports))


def _report(
    rule: LogAlertRule,
    measured: Measured,
    period: Period,
    thresholds: Sequence[float],
    incidents: Sequence[Incident],
) -> RuleReport:
    def outcome(variant: LogAlertRule) -> Outcome:
        alerts = fold_alerts(variant, measured.measurements)
        compared = score(variant, alerts.alerts, incidents, period) if incidents else None
        return Outcome(variant, alerts, statistics(variant, alerts, period), compared)

    return RuleReport(
        rule,
        evaluations=len(measured.measurements),
        batched=measured.batched,
        outcome=outcome(rule),
        variants=tuple(outcome(with_threshold(rule, value)) for value in thresholds),
    )
