"""Runs the tests of a file: one engine, and for each rule one batch of all its evaluations."""

import re
from collections.abc import Iterable, Mapping, Sequence

from evaluator.evaluation.state import evaluate
from evaluator.rule_tests.assertions import says_fired, says_quiet
from evaluator.rule_tests.bench import Bench, NotRun, RunError
from evaluator.rule_tests.comparing import Story, compare
from evaluator.rule_tests.comparing_rows import compare_rows
from evaluator.rule_tests.explaining import explain, explain_query, has_data, telling_places
from evaluator.rule_tests.phases import compare_in_phase
from evaluator.rule_tests.plan import (
    AlertsExpected,
    Expected,
    PlannedFile,
    PlannedTest,
    QueryExpected,
)
from evaluator.rule_tests.results import (
    Difference,
    ExpectationResult,
    FileResult,
    Outcome,
    TestResult,
)
from evaluator.rule_tests.schedule import Schedule
from evaluator.rules import LogAlertRule

Stories = Mapping[int, Sequence[Story]]
"""By dataset, a story for each phase of its test; the first phase first."""


def run_file(
    planned: PlannedFile, *, select: re.Pattern[str] | None = None, debug: bool = False
) -> FileResult:
    """Run the tests whose names match; with `debug`, those that pass are explained too."""
    tests = [t for t in planned.tests if select is None or select.search(t.name)]
    with Bench(planned.tables, tests) as bench:
        runner = _Runner(bench, planned.rules, debug=debug)
        results = tuple(runner.test(dataset, test) for dataset, test in enumerate(tests))
    return FileResult(planned, results)


def tell_stories(bench: Bench, rule: LogAlertRule, datasets: Iterable[int]) -> Stories:
    """Evaluate a rule in all tests that expect something of it, in one batch.

    Raises:
        NotRun: the rule cannot be run.
        RunError: its query is wrong or failed.
    """
    schedules = {
        dataset: [
            Schedule(bench.tests[dataset].start, phase, rule.evaluation_frequency)
            for phase in bench.tests[dataset].phases
        ]
        for dataset in datasets
    }
    counts = {dataset: bench.tests[dataset].evaluations[rule.id] for dataset in schedules}
    measured = bench.measure(
        rule,
        [
            (dataset, schedule.time(number))
            for dataset, entries in schedules.items()
            for schedule in entries
            for number in range(counts[dataset])
        ],
    )
    return {
        dataset: [
            Story(
                schedule,
                counts[dataset],
                evaluate(
                    rule,
                    (measured[dataset, schedule.time(n)] for n in range(counts[dataset])),
                ),
                compares_values=index == 0,
            )
            for index, schedule in enumerate(entries)
        ]
        for dataset, entries in schedules.items()
    }


def differences_of(
    expected: Expected, test: PlannedTest, stories: Sequence[Story]
) -> tuple[list[Difference], Story]:
    """Tell what differs, in the first phase or else in the others, and in which story first."""
    differences, story = compare(expected, stories[0]), stories[0]
    if not differences:
        for phase, shifted in zip(test.phases[1:], stories[1:], strict=True):
            found = compare_in_phase(expected, shifted, phase)
            story = shifted if found and not differences else story
            differences += found
    return differences, story


class _Runner:
    """Judges the expectations of the tests on one bench."""

    def __init__(self, bench: Bench, rules: Mapping[str, LogAlertRule], *, debug: bool) -> None:
        self._bench = bench
        self._rules = rules
        self._debug = debug
        self._stories: dict[str, Stories | NotRun | RunError] = {}

    def test(self, dataset: int, test: PlannedTest) -> TestResult:
        """Judge every expectation of a test."""
        results = [self._expected(dataset, test, expected) for expected in test.expected]
        results += [self._query(dataset, test, query) for query in test.queries]
        return TestResult(test, tuple(results))

    def _told(self, rule_id: str) -> Stories | NotRun | RunError:
        if rule_id not in self._stories:
            datasets = [n for n, t in enumerate(self._bench.tests) if rule_id in t.evaluations]
            try:
                self._stories[rule_id] = tell_stories(self._bench, self._rules[rule_id], datasets)
            except (NotRun, RunError) as error:
                self._stories[rule_id] = error
        return self._stories[rule_id]

    def _expected(self, dataset: int, test: PlannedTest, expected: Expected) -> ExpectationResult:
        told = self._told(expected.rule_id)
        if isinstance(told, NotRun | RunError):
            return _unjudged(expected, told)
        stories = told[dataset]
        differences, story = differences_of(expected, test, stories)
        rule = self._rules[expected.rule_id]
        if differences:
            focus = [place for d in differences for place in d.focus]
            why = tuple(explain(self._bench, dataset, rule, story, focus))
            return ExpectationResult(expected, Outcome.FAILED, tuple(differences), why)
        why = ()
        if self._debug:
            shown = telling_places(story, *_looked_at(expected))
            why = tuple(explain(self._bench, dataset, rule, story, shown))
        return ExpectationResult(
            expected,
            Outcome.PASSED,
            explanations=why,
            asserted_fired=says_fired(expected),
            asserted_quiet=says_quiet(expected) and self._had_data(test, expected, stories[0]),
        )

    def _had_data(self, test: PlannedTest, expected: Expected, story: Story) -> bool:
        rule = self._rules[expected.rule_id]
        if isinstance(expected, AlertsExpected):
            end = story.schedule.time(expected.evaluation)
            span = (end - rule.query_time_range, end)
        else:
            begin = story.schedule.time(0) - rule.query_time_range
            span = (begin, story.schedule.time(story.count - 1))
        return has_data(self._bench, test, rule.query, span)

    def _query(self, dataset: int, test: PlannedTest, expected: QueryExpected) -> ExpectationResult:
        try:
            result = self._bench.query(expected.query, expected.at, expected.time_range, dataset)
        except (NotRun, RunError) as error:
            return _unjudged(expected, error)
        differences = tuple(compare_rows(expected, result.columns, result.rows, test.start))
        outcome = Outcome.FAILED if differences else Outcome.PASSED
        explained = explain_query(self._bench, dataset, expected)
        why = tuple(explained) if differences or self._debug else ()
        return ExpectationResult(expected, outcome, differences, why)


def _looked_at(
    expected: Expected,
) -> tuple[list[tuple[tuple[str, str], ...]], int | None]:
    if isinstance(expected, AlertsExpected):
        return [alert.series for alert in expected.alerts], expected.evaluation
    return [], None


def _unjudged(expected: Expected | QueryExpected, error: NotRun | RunError) -> ExpectationResult:
    if isinstance(error, NotRun):
        return ExpectationResult(expected, Outcome.NOT_RUN, reason=str(error))
    difference = Difference(expected.location, str(error))
    return ExpectationResult(expected, Outcome.FAILED, (difference,))
