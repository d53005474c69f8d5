"""Resolves a test file against the rules, queries and tables that it is about."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from evaluator.query_text import QueryText, of_file
from evaluator.rule_tests.expectations import ExpectationReader
from evaluator.rule_tests.findings import Findings, did_you_mean
from evaluator.rule_tests.mentions import check_mentions
from evaluator.rule_tests.models import (
    EquivalentMutant,
    Expectation,
    QueryExpectation,
    RuleTest,
    RuleTestFile,
)
from evaluator.rule_tests.places import text_at
from evaluator.rule_tests.plan import Expected, PlannedFile, PlannedTest, QueryExpected
from evaluator.rule_tests.rows import EVENT_TIME, InputReader, InputRows, absolute
from evaluator.rule_tests.schedule import MAX_EVALUATIONS, Schedule
from evaluator.rule_tests.subjects import Subjects
from evaluator.rules import LogAlertRule
from evaluator.tables import Table, TableError, make_table, read_table
from generator.diagnostics import Location
from generator.loader import Document
from generator.source import Path_

_Entries = list[tuple[Path_, Expectation]]
"""What is expected of one rule, with the places in the file."""


def bind(
    document: Document[RuleTestFile],
    findings: Findings,
    subjects: Subjects,
    tables: Mapping[str, Table],
    phases: Sequence[timedelta] = (),
) -> PlannedFile:
    """Resolve every test of a file; what is wrong goes into the findings, and is left out.

    Args:
        document: the file.
        findings: problems of this file.
        subjects: the rules and queries that it may name.
        tables: columns of the tables that everybody knows.
        phases: phases in which every test is run as well.
    """
    known = {**tables, **dict(_tables(document.model, findings))}
    _check_names(document.model.tests, findings)
    binder = _Binder(document.model, findings, subjects, known, phases)
    tests = tuple(filter(None, [binder.test(test) for test in document.model.tests]))
    equivalents = tuple(_equivalents(document.model, findings, subjects))
    return PlannedFile(document.source, subjects.rules, known, tests, equivalents)


def _tables(model: RuleTestFile, findings: Findings) -> Iterator[tuple[str, Table]]:
    folder = Path(findings.source.file).parent
    for name, columns in model.tables.items():
        try:
            if isinstance(columns, str):
                table = Table(name, read_table(folder / columns).columns)
            else:
                table = make_table(name, columns.items(), f"`{name}`")
        except TableError as error:
            fix = "write {column: type} with types of KQL, or the path of a JSON file with them"
            findings.add(("tables", name), "rule-test/tables", str(error), fix)
            continue
        yield name, table


def _check_names(tests: Sequence[RuleTest], findings: Findings) -> None:
    first: dict[str, RuleTest] = {}
    for test in tests:
        if test.name in first:
            line = findings.source.locate(first[test.name].path).span.line
            findings.add(
                (*test.path, "name"),
                "rule-test/duplicate-name",
                f"the name `{test.name}` stands twice, first on line {line}",
                "name what this test shows that the other does not",
            )
        first.setdefault(test.name, test)


def _equivalents(
    model: RuleTestFile, findings: Findings, subjects: Subjects
) -> Iterator[tuple[EquivalentMutant, Location]]:
    for index, entry in enumerate(model.equivalent_mutants):
        path: Path_ = ("equivalent_mutants", index)
        if entry.rule in subjects.rules:
            yield entry, findings.source.locate(path)
        else:
            _unknown_rule(findings, (*path, "rule"), entry.rule, subjects)


def _unknown_rule(findings: Findings, path: Path_, name: str, subjects: Subjects) -> None:
    fix = did_you_mean(name, subjects.rules, "rule")
    findings.add(path, "rule-test/unknown-rule", f"there is no rule `{name}`", fix)


class _Binder:
    """Resolves the tests of one file, one at a time."""

    def __init__(
        self,
        model: RuleTestFile,
        findings: Findings,
        subjects: Subjects,
        tables: Mapping[str, Table],
        phases: Sequence[timedelta],
    ) -> None:
        self._defaults = model.defaults
        self._findings = findings
        self._subjects = subjects
        self._tables = tables
        self._phases = phases

    def test(self, test: RuleTest) -> PlannedTest | None:
        """Resolve one test; None if it is about no rule and no query that is there."""
        inputs = tuple(self._inputs(test))
        evaluations: dict[str, int] = {}
        expected: list[Expected] = []
        for rule, entries in self._by_rule(test):
            last = self._expect(test, rule, entries, inputs, expected)
            evaluations[rule.id] = last + 1
        queries = tuple(self._queries(test))
        planned = PlannedTest(
            test.name,
            self._findings.source.locate((*test.path, "name")),
            self._defaults.start,
            tuple(dict.fromkeys((self._defaults.phase, *test.phases, *self._phases))),
            test.latency,
            inputs,
            evaluations,
            tuple(expected),
            queries,
        )
        self._check_seen(test, planned)
        check_mentions(planned, self._subjects.rules, self._findings)
        return planned if expected or queries else None

    def _by_rule(self, test: RuleTest) -> list[tuple[LogAlertRule, _Entries]]:
        found: dict[str, _Entries] = {}
        for index, entry in enumerate(test.expect):
            path = (*test.path, "expect", index)
            if entry.rule in self._subjects.rules:
                found.setdefault(entry.rule, []).append((path, entry))
            else:
                _unknown_rule(self._findings, (*path, "rule"), entry.rule, self._subjects)
        return [(self._subjects.rules[name], entries) for name, entries in found.items()]

    def _expect(
        self,
        test: RuleTest,
        rule: LogAlertRule,
        entries: _Entries,
        inputs: tuple[InputRows, ...],
        expected: list[Expected],
    ) -> int:
        """Resolve what is expected of one rule; the number of its last evaluation."""
        schedule = Schedule(self._defaults.start, self._defaults.phase, rule.evaluation_frequency)
        reader = ExpectationReader(self._findings, rule, schedule)
        named = [reader.last_evaluation(entry, path) for path, entry in entries]
        last = max((number for number in named if number is not None), default=0)
        whole_run = (entry.never or entry.notifications for _, entry in entries)
        if any(whole_run) or None in named:
            last = max(last, self._end(test, schedule, inputs))
        if last >= MAX_EVALUATIONS:
            self._findings.add(
                test.path,
                "rule-test/too-long",
                f"the rule `{rule.id}` would be evaluated {last:,} times, "
                f"more than the {MAX_EVALUATIONS:,} of a test",
                "move the start to the first row, or write `until`",
            )
            return last
        for path, entry in entries:
            expected += reader.read(entry, path, last)
        return last

    def _end(self, test: RuleTest, schedule: Schedule, inputs: tuple[InputRows, ...]) -> int:
        """Tell the last evaluation of a run whose end no expectation names."""
        if test.until is not None:
            until = absolute(test.until, self._defaults.start)
            return max(0, schedule.first_after(until) - 1)
        newest = max((time for entry in inputs for time in _times(entry)), default=None)
        if newest is None:
            return 0
        # Visible strictly after its own time, and from the end of the latency on (E2, E3).
        delay = max(test.latency - timedelta.resolution, timedelta(0))
        return schedule.first_after(newest + delay)

    def _inputs(self, test: RuleTest) -> Iterator[InputRows]:
        for index, entry in enumerate(test.input):
            path = (*test.path, "input", index)
            table = self._tables.get(entry.table)
            if table is None:
                self._findings.add(
                    (*path, "table"),
                    "rule-test/unknown-table",
                    f"there is no table `{entry.table}`",
                    did_you_mean(entry.table, self._tables, "table"),
                )
                continue
            yield InputReader(self._findings, path, table, self._defaults).read(entry)

    def _queries(self, test: RuleTest) -> Iterator[QueryExpected]:
        for index, entry in enumerate(test.query):
            path = (*test.path, "query", index)
            subject = self._query(entry, path)
            at = absolute(entry.at, self._defaults.start)
            if at < self._defaults.start:
                message, fix = "this is before the start of the test", "write a later time"
                self._findings.add((*path, "at"), "rule-test/not-evaluated", message, fix)
            if subject is None:
                continue
            rule = self._subjects.rules.get(entry.rule or "")
            locate = self._findings.source.locate
            yield QueryExpected(
                entry.rule or entry.file or "",
                locate((*path, "at")),
                subject,
                rule.query_time_range if rule else None,
                at,
                None if entry.rows is None else tuple(entry.rows),
                tuple(locate((*path, "rows", n)) for n in range(len(entry.rows or []))),
                entry.ordered,
                entry.columns or {},
                entry.rule,
            )

    def _query(self, entry: QueryExpectation, path: Path_) -> QueryText | None:
        if entry.kql is not None:
            source = self._findings.source
            return text_at(source, (*path, "kql"), entry.kql) or of_file(source.file, entry.kql)
        if entry.rule is not None:
            if entry.rule in self._subjects.rules:
                return self._subjects.rules[entry.rule].query
            _unknown_rule(self._findings, (*path, "rule"), entry.rule, self._subjects)
            return None
        query = self._subjects.queries.get(entry.file or "")
        if query is None:
            self._findings.add(
                (*path, "file"),
                "rule-test/unknown-query",
                f"there is no query `{entry.file}`",
                did_you_mean(str(entry.file), self._subjects.queries, "query"),
            )
            return None
        wrong = [name for name in entry.parameters if name not in query.parameters]
        for name in wrong:
            self._findings.add(
                (*path, "parameters", name),
                "rule-test/unknown-query",
                f"the query has no parameter `{name}`",
                did_you_mean(name, query.parameters, "parameter"),
                key=True,
            )
        return None if wrong else query.with_parameters(entry.parameters)

    def _check_seen(self, test: RuleTest, planned: PlannedTest) -> None:
        """Warn of inputs of which no evaluation and no query sees a row."""
        ends = [
            Schedule(planned.start, planned.phases[0], rule.evaluation_frequency).time(count - 1)
            for name, count in planned.evaluations.items()
            for rule in (self._subjects.rules[name],)
        ]
        ends += [query.at for query in planned.queries]
        if not ends:
            return
        for entry in planned.inputs:
            first = min(_times(entry), default=None)
            if first is not None and not _is_visible(first, test.latency, max(ends)):
                self._findings.add(
                    entry.path,
                    "rule-test/never-seen",
                    "no evaluation of this test is late enough to see one of these rows",
                    "correct their times, or look at a later time",
                    severity="warning",
                )


def _is_visible(row: datetime, latency: timedelta, moment: datetime) -> bool:
    return row < moment and row + latency <= moment


def _times(entry: InputRows) -> Iterator[datetime]:
    for row in entry.rows:
        time = row[EVENT_TIME]
        assert isinstance(time, datetime)  # noqa: S101 - the reader put it there
        yield time
