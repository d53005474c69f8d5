"""From measurements to alerts: one state machine for every rule (E9 to E15).

The tables of evaluator.evaluation.transition_table say what follows what; this module tells which
row applies. The page docs/how-azure-evaluates-your-rule.md has each rule with its source.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from evaluator.evaluation.condition import WindowValues, met, violation
from evaluator.evaluation.measure import Measurement, window_starts
from evaluator.evaluation.result import (
    AlertState,
    DimensionCombination,
    EvaluatedPeriod,
    Evaluation,
    RuleEvaluations,
    RuleFailure,
    SeriesEvaluations,
)
from evaluator.evaluation.transition_table import ACTIVE, STATEFUL, STATELESS, Signal
from evaluator.rules import LogAlertRule
from generator.azure import (
    MAX_ACTIVE_ALERTS,
    MAX_EVALUATION_PERIODS,
    MAX_STATEFUL_FREQUENCY,
    MAX_STATEFUL_SERIES,
    MAX_STATELESS_SERIES,
)

# https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview#stateful-alerts: up to
# which frequency a condition has to be not met for how many periods.
_MINUTES_FREQUENCY: Final = timedelta(minutes=5)
_MINUTES_DELAY: Final = timedelta(minutes=10)
_PERIODS_TO_RESOLVE: Final = (
    (timedelta(minutes=15), 3),  # 15 minutes stand in two rows; three is the later (inferred)
    (timedelta(hours=11), 2),
    (MAX_STATEFUL_FREQUENCY, 1),
)


SeriesValues = Mapping[DimensionCombination, WindowValues]


class NotSimulated(Exception):  # noqa: N818 - says what the rule is, not that something broke
    """A rule whose behaviour cannot be told from documentation; `reason` is a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StateChange:
    """A series whose state changed, or for which a stateless rule made another alert."""

    evaluation_time: datetime
    dimension_combination: DimensionCombination
    state: AlertState
    actions_called: bool
    resolution_notified: bool


def evaluations_to_resolve(rule: LogAlertRule) -> int:
    """Tell after how many evaluations in a row that are not met an alert resolves (E11).

    Inferred: a period is an evaluation, and `timeToResolve` is a number of them, rounded up.

    Raises:
        NotSimulated: the rule is stateful and runs less often than every 12 hours.
    """
    frequency = rule.evaluation_frequency
    if frequency > MAX_STATEFUL_FREQUENCY:
        raise NotSimulated(
            "a stateful rule runs at least every 12 hours; set `autoMitigate` to false or "
            "`evaluationFrequency` to PT6H or less"
        )
    if rule.time_to_resolve is not None:
        return max(1, -(-rule.time_to_resolve // frequency))
    if frequency < _MINUTES_FREQUENCY:
        return -(-_MINUTES_DELAY // frequency)
    return next(periods for longest, periods in _PERIODS_TO_RESOLVE if frequency <= longest)


def refuse_what_is_not_simulated(rule: LogAlertRule) -> None:
    """Stop for a rule that cannot be simulated.

    Raises:
        NotSimulated: the rule's kind, its threshold, or a combination that Azure does not take.
    """
    if rule.kind == "SimpleLogAlert":
        raise NotSimulated(
            "a rule of the kind SimpleLogAlert is judged row by row as rows arrive, which is not "
            "documented well enough to simulate"
        )
    if rule.target_resource_types:
        raise NotSimulated(
            "`targetResourceTypes` without `resourceIdColumn` lets Azure split the rule by "
            "resources that no column names, which is not simulated"
        )
    if rule.dynamic_threshold:
        raise NotSimulated(
            "a dynamic threshold is learned by a model of Azure's that is not public; "
            "only static thresholds are simulated"
        )
    condition = rule.condition
    failing, periods = (
        condition.min_failing_periods_to_alert,
        condition.number_of_evaluation_periods,
    )
    if not 1 <= failing <= periods <= MAX_EVALUATION_PERIODS:
        raise NotSimulated(
            f"{failing} failing of {periods} periods is no condition that Azure takes; "
            f"`numberOfEvaluationPeriods` is 1 to {MAX_EVALUATION_PERIODS}, "
            "`minFailingPeriodsToAlert` at least 1 and not more"
        )
    if rule.auto_mitigate and rule.mute_actions_duration is not None:
        raise NotSimulated(
            "a rule is stateful or muted, not both; Azure refuses `muteActionsDuration` "
            "with `autoMitigate`"
        )
    if rule.auto_mitigate:
        evaluations_to_resolve(rule)


def transitions(
    rule: LogAlertRule, measurements: Iterable[Measurement]
) -> Iterator[StateChange | RuleFailure]:
    """Fold measurements in order of time into what changes, series in order of their values.

    A series that a measurement does not have is not met, so that measurements may leave out those
    that are not. A stateless rule's FIRED is another alert each time, told even if the state was
    FIRED before; without `actions_called` it was muted. Cost: each met and each active series.

    Raises:
        NotSimulated: before the first measurement, if the rule cannot be simulated.
    """
    refuse_what_is_not_simulated(rule)
    return _fold(rule, measurements)


def _fold(
    rule: LogAlertRule, measurements: Iterable[Measurement]
) -> Iterator[StateChange | RuleFailure]:
    alerts = _Alerts(rule)
    is_met = met(rule.condition)
    for measurement in measurements:
        now = measurement.evaluation_time
        met_now = {series for series, values in measurement.values.items() if is_met(values)}
        failure = measurement.failure or alerts.excess(met_now)
        if failure:  # inferred: an evaluation that is not completed changes nothing (E14)
            yield RuleFailure(now, failure)
        else:
            yield from alerts.step(now, met_now)


class _Alerts:
    """The alerts of a rule as they stand after an evaluation."""

    def __init__(self, rule: LogAlertRule) -> None:
        self._stateful = rule.auto_mitigate
        self._table = STATEFUL if self._stateful else STATELESS
        self._to_resolve = evaluations_to_resolve(rule) if self._stateful else 0
        self._mute = rule.mute_actions_duration
        self._states: dict[DimensionCombination, AlertState] = {}
        """Of series in another state than NO_ALERT."""
        self._not_met: dict[DimensionCombination, int] = {}
        """Evaluations in a row for which an active alert was not met."""
        self._last_called: dict[DimensionCombination, datetime] = {}

    def excess(self, met_now: set[DimensionCombination]) -> str | None:
        """Tell the limit that an evaluation would exceed (E14); Azure then fires none of them.

        https://learn.microsoft.com/azure/azure-monitor/alerts/log-alert-rule-health: "Alert
        evaluation failed due to exceeding the allowed limit".
        """
        limit = MAX_STATEFUL_SERIES if self._stateful else MAX_STATELESS_SERIES
        kind = "stateful" if self._stateful else "stateless"
        if len(met_now) > limit:
            return (
                f"{len(met_now)} series meet the condition at once; an evaluation of a {kind} rule "
                f"may have at most {limit}, and Azure fires none of them"
            )
        if not self._stateful:
            return None
        active = met_now | {s for s, state in self._states.items() if state in ACTIVE}
        if len(active) > MAX_ACTIVE_ALERTS:
            return (
                f"{len(active)} alerts would be active at once; a rule may have at most "
                f"{MAX_ACTIVE_ALERTS}, and Azure fires no more of them"
            )
        return None

    def step(self, now: datetime, met_now: set[DimensionCombination]) -> Iterator[StateChange]:
        """Take one evaluation into account."""
        for series in sorted(met_now | self._states.keys()):
            before = self._states.get(series, AlertState.NO_ALERT)
            after = self._table[before, self._signal(series, before, now, series in met_now)]
            if after.state is AlertState.NO_ALERT:
                self._states.pop(series, None)
            else:
                self._states[series] = after.state
            if after.actions_called:
                self._last_called[series] = now
            if after.state is not before or after.state is AlertState.FIRED:
                yield StateChange(
                    now, series, after.state, after.actions_called, after.resolution_notified
                )

    def _signal(
        self, series: DimensionCombination, before: AlertState, now: datetime, is_met: bool
    ) -> Signal:
        if is_met:
            self._not_met.pop(series, None)
            return Signal.MET_WHILE_MUTED if self._is_muted(series, now) else Signal.MET
        if self._stateful and before in ACTIVE:
            self._not_met[series] = self._not_met.get(series, 0) + 1
            if self._not_met[series] >= self._to_resolve:
                del self._not_met[series]
                return Signal.RECOVERED
        return Signal.NOT_MET

    def _is_muted(self, series: DimensionCombination, now: datetime) -> bool:
        """Tell whether its actions were called less than the mute ago; per series is inferred."""
        called = self._last_called.get(series)
        return self._mute is not None and called is not None and now < called + self._mute


def evaluate(rule: LogAlertRule, measurements: Iterable[Measurement]) -> RuleEvaluations:
    """Tell the whole story of a rule from measurements in order of time.

    Every series that ever had rows has an evaluation at each time, from the first: NO_ALERT before
    it appears. An evaluation that failed is among the failures and has no place in the series.

    Raises:
        NotSimulated: the rule cannot be simulated.
    """
    measured = list(measurements)
    changes: dict[tuple[DimensionCombination, datetime], StateChange] = {}
    failures: list[RuleFailure] = []
    for event in transitions(rule, measured):
        if isinstance(event, RuleFailure):
            failures.append(event)
        else:
            changes[event.dimension_combination, event.evaluation_time] = event
    failed = {failure.evaluation_time for failure in failures}
    completed = {
        m.evaluation_time: (m.values, window_starts(rule, m.evaluation_time))
        for m in measured
        if m.evaluation_time not in failed
    }
    seen = {series for values, _ in completed.values() for series in values}
    if not rule.condition.dimensions:
        seen.add(())
    return RuleEvaluations(
        rule.id,
        tuple(
            SeriesEvaluations(series, tuple(_evaluations(rule, series, completed, changes)))
            for series in sorted(seen)
        ),
        tuple(failures),
    )


def _evaluations(
    rule: LogAlertRule,
    series: DimensionCombination,
    completed: Mapping[datetime, tuple[SeriesValues, tuple[datetime, ...]]],
    changes: Mapping[tuple[DimensionCombination, datetime], StateChange],
) -> Iterator[Evaluation]:
    is_met, is_violated = met(rule.condition), violation(rule.condition)
    absent: WindowValues = (None,) * rule.condition.number_of_evaluation_periods
    state = AlertState.NO_ALERT
    for now, (measured, starts) in completed.items():
        values = measured.get(series, absent)
        change = changes.get((series, now))
        state = change.state if change else state
        yield Evaluation(
            now,
            state,
            is_met(values),
            tuple(
                EvaluatedPeriod(start, value, is_violated(value))
                for start, value in zip(starts, values, strict=True)
            ),
            actions_called=change is not None and change.actions_called,
            resolution_notified=change is not None and change.resolution_notified,
        )
