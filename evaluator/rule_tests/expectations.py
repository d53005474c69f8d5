"""From what a test expects of a rule, as written, to series and numbers of evaluations."""

from collections.abc import Iterator, Mapping
from typing import Final

from evaluator.evaluation.result import AlertState, DimensionCombination
from evaluator.rule_tests.findings import Findings, did_you_mean
from evaluator.rule_tests.models import (
    Approximate,
    Expectation,
    ExpectedAlert,
    Never,
    Notifications,
)
from evaluator.rule_tests.offsets import PointInTime
from evaluator.rule_tests.plan import (
    AlertsExpected,
    Expected,
    NeverExpected,
    NotificationsExpected,
    PlannedAlert,
    TimelineExpected,
    Tolerance,
)
from evaluator.rule_tests.schedule import NotEvaluated, Schedule
from evaluator.rule_tests.series_keys import (
    SeriesKeyError,
    combination,
    dimension_text,
    parse_series_key,
)
from evaluator.rule_tests.timeline import Run, TimelineError, parse_timeline
from evaluator.rules import LogAlertRule
from generator.source import Path_

EVERY_OTHER: Final = "*"
_IN_ALERT: Final = (AlertState.FIRED, AlertState.FIRING)
_States = AlertState | tuple[AlertState, ...]
"""One state throughout, or that of each evaluation."""
_KEY_FIX: Final = "write it as '{name: value}', '{}' for a rule that is not split"


class ExpectationReader:
    """Resolves the expectations of one test about one rule; errors go into the findings."""

    def __init__(self, findings: Findings, rule: LogAlertRule, schedule: Schedule) -> None:
        self._findings = findings
        self._rule = rule
        self._schedule = schedule
        self._names = [d.name for d in rule.condition.dimensions]

    def last_evaluation(self, expectation: Expectation, path: Path_) -> int | None:
        """Tell the latest evaluation an expectation names; None if it names none."""
        numbers = []
        if expectation.at is not None:
            numbers.append(self._number(expectation.at, (*path, "at")))
        for key, text in (expectation.timeline or {}).items():
            place = (*path, "timeline", key)
            runs = self._runs(text, place)
            numbers += [self._run_number(r, r.last, place) for r in runs if r.last is not None]
        return max((n for n in numbers if n is not None), default=None)

    def read(self, expectation: Expectation, path: Path_, last: int) -> Iterator[Expected]:
        """Resolve one entry; `last` is the number of the run's last evaluation."""
        if expectation.at is not None and expectation.alerts is not None:
            number = self._number(expectation.at, (*path, "at"))
            alerts = tuple(self._alerts(expectation.alerts, (*path, "alerts")))
            if number is not None and len(alerts) == len(expectation.alerts):
                yield AlertsExpected(
                    self._rule.id, self._findings.source.locate((*path, "at")), number, alerts
                )
        if expectation.timeline is not None:
            yield from self._timeline(expectation.timeline, (*path, "timeline"), last)
        if expectation.never is not None:
            yield from self._never(expectation.never, (*path, "never"))
        if expectation.notifications is not None:
            yield self._notifications(expectation.notifications, (*path, "notifications"))

    # Times.

    def _number(self, point: PointInTime, path: Path_) -> int | None:
        try:
            return self._schedule.number(point)
        except NotEvaluated as error:
            self._findings.add(path, "rule-test/not-evaluated", str(error), error.fix)
            return None

    def _run_number(self, run: Run, point: PointInTime, path: Path_) -> int | None:
        try:
            return self._schedule.number(point)
        except NotEvaluated as error:
            self._findings.add_within(
                path, (run.start, run.end), "rule-test/not-evaluated", str(error), error.fix
            )
            return None

    # Alerts at a time.

    def _alerts(self, alerts: list[ExpectedAlert], path: Path_) -> Iterator[PlannedAlert]:
        seen: set[DimensionCombination] = set()
        for index, alert in enumerate(alerts):
            place = (*path, index)
            series = self._series(alert.dimensions, (*place, "dimensions"), whole=True)
            if series is None:
                continue
            if series in seen:
                message, fix = "the same series is expected twice", "leave one of them out"
                self._findings.add(place, "rule-test/input", message, fix)
            seen.add(series)
            states = _IN_ALERT if alert.state is None else (AlertState(alert.state),)
            location = self._findings.source.locate(place)
            value = _tolerance(alert.value)
            yield PlannedAlert(series, states, alert.actions, value, alert.failing, location)

    def _series(
        self, values: Mapping[str, object], path: Path_, *, whole: bool, in_text: bool = False
    ) -> DimensionCombination | None:
        """Check the dimensions of a series; `whole` if each of the rule's has to be there."""
        wrong = [name for name in values if name not in self._names]
        for name in wrong:
            self._findings.add(
                path if in_text else (*path, name),
                "rule-test/unknown-dimension",
                f"the rule `{self._rule.id}` has no dimension `{name}`",
                self._dimensions_fix(name),
                key=True,
            )
        missing = [name for name in self._names if name not in values]
        if whole and missing and not wrong:
            self._findings.add(
                path,
                "rule-test/unknown-dimension",
                f"the rule is split by `{'`, `'.join(self._names)}`; "
                f"`{'`, `'.join(missing)}` is missing here",
                "write a value for each of them",
                key=in_text,
            )
        if wrong or (whole and missing):
            return None
        texts = {name: dimension_text(value) for name, value in values.items()}
        return combination(texts, (n for n in self._names if n in texts))

    def _dimensions_fix(self, name: str) -> str:
        if not self._names:
            return "leave it out: the rule is not split, it has one series"
        return did_you_mean(name, self._names, "dimension")

    # Never, and notifications.

    def _never(self, never: Never, path: Path_) -> Iterator[Expected]:
        series = self._series(never.dimensions, (*path, "dimensions"), whole=False)
        if series is not None:
            location = self._findings.source.locate(path, key=True)
            yield NeverExpected(self._rule.id, location, dict(series))

    def _notifications(self, expected: Notifications, path: Path_) -> Expected:
        location = self._findings.source.locate(path, key=True)
        return NotificationsExpected(self._rule.id, location, expected.fired, expected.resolved)

    # Timelines.

    def _timeline(self, texts: Mapping[str, str], path: Path_, last: int) -> Iterator[Expected]:
        states: dict[DimensionCombination | None, _States] = {}
        keys: dict[DimensionCombination | None, str] = {}
        wrong = False
        for key, text in texts.items():
            place = (*path, key)
            series, understood = self._key(key, place)
            told = self._states(text, place)
            if not understood or told is None:
                wrong = True
                continue
            if series in states:
                message, fix = f"`{key}` is a series that is named above", "leave one of them out"
                self._findings.add(place, "rule-test/timeline", message, fix, key=True)
            states[series], keys[series] = told, key
        if wrong or not states:
            return
        timed = {series: told for series, told in states.items() if isinstance(told, tuple)}
        length = max(map(len, timed.values()), default=last + 1)
        for series, told in timed.items():
            if len(told) < length:
                self._gap((*path, keys[series]), len(told), length - 1, None)
                wrong = True
        whole = {s: t if isinstance(t, tuple) else (t,) * length for s, t in states.items()}
        if not wrong:
            locate = self._findings.source.locate
            yield TimelineExpected(
                self._rule.id,
                locate(path, key=True),
                {series: told for series, told in whole.items() if series is not None},
                whole.get(None, (AlertState.NO_ALERT,) * length),
                {s: locate((*path, k), key=True) for s, k in keys.items() if s is not None},
            )

    def _key(self, key: str, place: Path_) -> tuple[DimensionCombination | None, bool]:
        """Read a timeline's key: the series, None for all others, and whether it is right."""
        if key == EVERY_OTHER:
            return None, True
        try:
            values = parse_series_key(key)
        except SeriesKeyError as error:
            self._findings.add(place, "rule-test/timeline", str(error), _KEY_FIX, key=True)
            return None, False
        series = self._series(values, place, whole=True, in_text=True)
        return series, series is not None

    def _runs(self, text: str, path: Path_) -> tuple[Run, ...]:
        """Parse a timeline; it is parsed twice, and equal problems count once."""
        try:
            return parse_timeline(text)
        except TimelineError as error:
            self._findings.add_within(
                path, (error.start, error.end), "rule-test/timeline", str(error), error.fix
            )
            return ()

    def _states(self, text: str, path: Path_) -> _States | None:
        runs = self._runs(text, path)
        if not runs:
            return None
        states: list[AlertState] = []
        for run in runs:
            if run.first is None or run.last is None:
                return run.state
            first = self._run_number(run, run.first, path)
            end = self._run_number(run, run.last, path)
            if first is None or end is None:
                return None
            if not self._follows(run, first, end, len(states), path):
                return None
            states += [run.state] * (end - first + 1)
        return tuple(states)

    def _follows(self, run: Run, first: int, end: int, expected: int, path: Path_) -> bool:
        """Check that a run begins where the one before ended."""
        place = (run.start, run.end)
        if first > expected:
            self._gap(path, expected, first - 1, place)
        elif first < expected:
            message = f"{self._schedule.offset(first)} has a state above already"
            fix = f"the next evaluation is at {self._schedule.offset(expected)}"
            self._findings.add_within(path, place, "rule-test/timeline", message, fix)
        elif end < first:
            message, fix = "this ends before it begins", "exchange the times"
            self._findings.add_within(path, place, "rule-test/timeline", message, fix)
        return first == expected and end >= first

    def _gap(self, path: Path_, first: int, last: int, place: tuple[int, int] | None) -> None:
        begin, end = self._schedule.offset(first), self._schedule.offset(last)
        span = begin if first == last else f"{begin}..{end}"
        message = f"the timeline has no state for {span}"
        fix = f"write one, such as {span} NoAlert"
        if place is None:
            self._findings.add(path, "rule-test/timeline", message, fix)
        else:
            self._findings.add_within(path, place, "rule-test/timeline", message, fix)


def _tolerance(value: Approximate | None) -> Tolerance | None:
    return None if value is None else Tolerance(float(value.approx), float(value.tol))
