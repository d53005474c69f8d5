"""Compares what is expected of a rule with its evaluations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from evaluator.evaluation.result import (
    AlertState,
    DimensionCombination,
    Evaluation,
    RuleEvaluations,
)
from evaluator.evaluation.transition_table import ACTIVE
from evaluator.rule_tests.plan import (
    AlertsExpected,
    Expected,
    NeverExpected,
    NotificationsExpected,
    PlannedAlert,
    TimelineExpected,
)
from evaluator.rule_tests.results import Comparison, Difference, Focus
from evaluator.rule_tests.schedule import Schedule
from evaluator.rule_tests.series_keys import format_series

IN_ALERT: Final = frozenset((AlertState.FIRED, AlertState.FIRING))
_NONE: Final = "-"


@dataclass(frozen=True, slots=True)
class Story:
    """A rule's evaluations of one run, found by series and number."""

    schedule: Schedule
    count: int
    """How many evaluations the run has."""
    evaluations: RuleEvaluations
    compares_values: bool = True
    """False in a further phase, where windows hold other rows."""
    series: Mapping[DimensionCombination, Mapping[int, Evaluation]] = field(init=False)
    failures: Mapping[int, str] = field(init=False)

    def __post_init__(self) -> None:
        numbers = {self.schedule.time(n): n for n in range(self.count)}
        series = {
            s.dimension_combination: {numbers[e.evaluation_time]: e for e in s.evaluations}
            for s in self.evaluations.series
        }
        failures = {numbers[f.evaluation_time]: f.reason for f in self.evaluations.failures}
        object.__setattr__(self, "series", series)
        object.__setattr__(self, "failures", failures)

    def state(self, series: DimensionCombination, number: int) -> AlertState:
        """Tell a state; of a series that does not exist, none."""
        evaluation = self.series.get(series, {}).get(number)
        return evaluation.alert_state if evaluation else AlertState.NO_ALERT


def compare(expected: Expected, story: Story) -> list[Difference]:
    """Tell what differs; nothing if the expectation holds."""
    if isinstance(expected, AlertsExpected):
        span: Sequence[int] = (expected.evaluation,)
    elif isinstance(expected, TimelineExpected):
        span = range(len(expected.others))
    else:
        span = range(story.count)
    failed = [number for number in span if number in story.failures]
    if failed:
        return [_failure(expected, story, failed)]
    if isinstance(expected, AlertsExpected):
        return list(_alerts(expected, story))
    if isinstance(expected, TimelineExpected):
        return list(_timeline(expected, story))
    if isinstance(expected, NeverExpected):
        return list(_never(expected, story))
    return list(_notifications(expected, story))


def _failure(expected: Expected, story: Story, failed: list[int]) -> Difference:
    more = f", and {len(failed) - 1} more evaluations" if len(failed) > 1 else ""
    reason = story.failures[failed[0]]
    message = f"Azure would not complete the evaluation at {story.schedule.offset(failed[0])}{more}"
    return Difference(expected.location, f"{message}: {reason}", focus=(Focus((), failed[0]),))


# Alerts at a time.


def _alerts(expected: AlertsExpected, story: Story) -> Iterator[Difference]:
    number = expected.evaluation
    wanted = {alert.series: alert for alert in expected.alerts}
    active = {series for series in story.series if story.state(series, number) in ACTIVE}
    comparisons = []
    wrong = []
    for series in sorted(wanted.keys() | active):
        alert = wanted.get(series)
        evaluation = story.series.get(series, {}).get(number)
        if alert is not None and _holds(alert, evaluation, story):
            continue
        wrong.append(series)
        comparisons.append(
            Comparison(
                format_series(series),
                _NONE if alert is None else _wanted(alert),
                _got(alert, evaluation),
            )
        )
    if not wrong:
        return
    unexpected = sum(series not in wanted for series in wrong)
    missing = len(wrong) - unexpected
    parts = [f"{_count(missing, 'alert')} not as expected"] if missing else []
    parts += [f"{_count(unexpected, 'alert')} not expected"] if unexpected else []
    yield Difference(
        expected.location,
        f"at {story.schedule.offset(number)}: {', '.join(parts)}",
        tuple(comparisons),
        tuple(Focus(series, number) for series in wrong),
    )


def _holds(alert: PlannedAlert, evaluation: Evaluation | None, story: Story) -> bool:
    if evaluation is None:
        return alert.states == (AlertState.NO_ALERT,)
    return (
        evaluation.alert_state in alert.states
        and alert.actions in (None, _told(evaluation))
        and (not story.compares_values or _measured_as_expected(alert, evaluation))
    )


def _measured_as_expected(alert: PlannedAlert, evaluation: Evaluation) -> bool:
    newest = evaluation.evaluated_periods[0].metric_value
    return alert.failing in (None, _failing(evaluation)) and (
        alert.value is None or alert.value.holds(newest)
    )


def _told(evaluation: Evaluation) -> bool:
    return evaluation.actions_called or evaluation.resolution_notified


def _failing(evaluation: Evaluation) -> int:
    return sum(period.threshold_met for period in evaluation.evaluated_periods)


def _wanted(alert: PlannedAlert) -> str:
    parts = [" or ".join(state.value for state in alert.states)]
    if alert.actions is not None:
        parts.append("actions called" if alert.actions else "no actions")
    if alert.value is not None:
        parts.append(f"value {alert.value.value:g}")
    if alert.failing is not None:
        parts.append(f"{alert.failing} failing")
    return ", ".join(parts)


def _got(alert: PlannedAlert | None, evaluation: Evaluation | None) -> str:
    """Write what was got, of what was asked for."""
    if evaluation is None:
        return "no such series"
    parts = [evaluation.alert_state.value]
    if alert is not None and alert.actions is not None:
        parts.append("actions called" if _told(evaluation) else "no actions")
    if alert is not None and alert.value is not None:
        value = evaluation.evaluated_periods[0].metric_value
        parts.append("no value" if value is None else f"value {value:.10g}")
    if alert is not None and alert.failing is not None:
        parts.append(f"{_failing(evaluation)} failing")
    return ", ".join(parts)


# Timelines.


def _timeline(expected: TimelineExpected, story: Story) -> Iterator[Difference]:
    for series in sorted(expected.series.keys() | story.series.keys()):
        wanted = expected.series.get(series, expected.others)
        got = tuple(story.state(series, number) for number in range(len(wanted)))
        if got == wanted:
            continue
        runs = list(_runs(wanted, got))
        first = runs[0]
        exists = series in story.series
        is_named = series in expected.series or not expected.series
        named = "" if is_named else ", which the timeline does not name,"
        yield Difference(
            expected.locations.get(series, expected.location),
            f"{format_series(series)}{named} is {got[first[0]].value} at "
            f"{story.schedule.offset(first[0])}, expected was {wanted[first[0]].value}"
            + ("" if exists else " (there is no such series)"),
            tuple(
                Comparison(_span(story.schedule, begin, end), left.value, right.value)
                for begin, end, left, right in runs
            ),
            tuple(Focus(series, begin) for begin, *_ in runs),
            f"the timeline was: {write_timeline(got, story.schedule)}",
        )


def _runs(
    wanted: Sequence[AlertState], got: Sequence[AlertState]
) -> Iterator[tuple[int, int, AlertState, AlertState]]:
    """Go through the stretches where both differ in the same way."""
    pairs = enumerate(zip(wanted, got, strict=True))
    for (left, right), group in groupby(pairs, key=lambda pair: pair[1]):
        if left is not right:
            numbers = [number for number, _ in group]
            yield numbers[0], numbers[-1], left, right


def write_timeline(states: Sequence[AlertState], schedule: Schedule) -> str:
    """Write states as a test file has them."""
    parts = []
    for state, group in groupby(enumerate(states), key=lambda pair: pair[1]):
        numbers = [number for number, _ in group]
        parts.append(f"{_span(schedule, numbers[0], numbers[-1])} {state.value}")
    return ", ".join(parts)


def _span(schedule: Schedule, first: int, last: int) -> str:
    begin = schedule.offset(first)
    return begin if first == last else f"{begin}..{schedule.offset(last)}"


# Never, and notifications.


def _never(expected: NeverExpected, story: Story) -> Iterator[Difference]:
    wanted = expected.dimensions.items()
    comparisons, focus = [], []
    for series, evaluations in story.series.items():
        alerts = [n for n, e in evaluations.items() if e.alert_state in IN_ALERT]
        if not alerts or not wanted <= set(series):
            continue
        comparisons.append(Comparison(format_series(series), "never", _when(alerts, story)))
        focus.append(Focus(series, alerts[0]))
    if comparisons:
        yield Difference(
            expected.location,
            f"{_count(len(comparisons), 'series', 'series')} in alert that should never be",
            tuple(comparisons),
            tuple(focus),
        )


def _when(numbers: Sequence[int], story: Story) -> str:
    more = f" and {_count(len(numbers) - 1, 'more evaluation')}" if len(numbers) > 1 else ""
    return f"in alert at {story.schedule.offset(numbers[0])}{more}"


def _notifications(expected: NotificationsExpected, story: Story) -> Iterator[Difference]:
    fired = list(_told_at(story, resolved=False))
    resolved = list(_told_at(story, resolved=True))
    comparisons, focus = [], []
    for name, wanted, got in (
        ("fired", expected.fired, fired),
        ("resolved", expected.resolved, resolved),
    ):
        if wanted in (None, len(got)):
            continue
        times = ", ".join(
            f"{format_series(f.series)} at {story.schedule.offset(f.evaluation)}"
            for f in got[:_MOST_TIMES]
        )
        rest = ", ..." if len(got) > _MOST_TIMES else ""
        told = f"{len(got)}: {times}{rest}" if got else "0"
        comparisons.append(Comparison(name, str(wanted), told))
        focus += got[-1:]
    if comparisons:
        yield Difference(
            expected.location,
            f"notifications until {story.schedule.offset(story.count - 1)} are not as expected",
            tuple(comparisons),
            tuple(focus),
        )


_MOST_TIMES: Final = 10


def _told_at(story: Story, *, resolved: bool) -> Iterable[Focus]:
    found = [
        Focus(series, number)
        for series, evaluations in story.series.items()
        for number, e in evaluations.items()
        if (e.resolution_notified if resolved else e.actions_called)
    ]
    return sorted(found, key=lambda f: (f.evaluation, f.series))


def _count(number: int, singular: str, plural: str = "") -> str:
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
