"""Writes results for people: place first, expected and got side by side, then why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from evaluator.evaluation.measure import EVENT_TIME, time_column
from evaluator.rule_tests.comparing_rows import show
from evaluator.rule_tests.offsets import format_offset
from evaluator.rule_tests.plan import QueryExpected
from evaluator.rule_tests.results import (
    Difference,
    ExpectationResult,
    Explanation,
    FileResult,
    Outcome,
    TestResult,
    VisibleRows,
)
from evaluator.rule_tests.tables_of_text import aligned
from evaluator.rules import Condition
from generator.diagnostics import Location, printable

_MARKS = {Outcome.PASSED: "ok      ", Outcome.FAILED: "FAILED  ", Outcome.NOT_RUN: "not run "}
_OPERATORS = {
    "Equal": "==",
    "GreaterThan": ">",
    "GreaterThanOrEqual": ">=",
    "LessThan": "<",
    "LessThanOrEqual": "<=",
}


def text_report(files: Sequence[FileResult], *, debug: bool = False) -> str:
    """Write a line for each test, the failures with their reasons, and a summary."""
    lines: list[str] = []
    for file in files:
        lines.append(printable(file.planned.file))
        lines += [f"  {_MARKS[t.outcome]}{printable(t.test.name)}" for t in file.tests]
    for file in files:
        for test in file.tests:
            for result in test.results:
                lines += _result(test, result, debug=debug)
    return "\n".join([*lines, "", _summary(files)])


def text_of_result(test: TestResult, result: ExpectationResult) -> str:
    """Write what one expectation came to; nothing for one that holds."""
    return "\n".join(_result(test, result, debug=False)).lstrip("\n")


def _summary(files: Sequence[FileResult]) -> str:
    outcomes = Counter(test.outcome for file in files for test in file.tests)
    total = sum(outcomes.values())
    parts = [f"{outcomes[o]} {o.value}" for o in Outcome if outcomes[o] or o is Outcome.PASSED]
    return f"{total} test{'' if total == 1 else 's'}: {', '.join(parts)}"


def _result(test: TestResult, result: ExpectationResult, *, debug: bool) -> Iterator[str]:
    if result.outcome is Outcome.NOT_RUN:
        yield from ("", f"not run: {printable(test.test.name)}")
        yield from _place(result.expected.location)
        yield f"  {_subject(result)}: checked, not run: {printable(result.reason)}"
    elif result.outcome is Outcome.FAILED:
        yield from ("", f"FAILED: {printable(test.test.name)}")
        for difference in result.differences:
            yield from _difference(result, difference)
        yield from _why(test, result)
    elif debug and result.explanations:
        yield from ("", f"ok: {printable(test.test.name)}")
        yield from _place(result.expected.location)
        yield from _why(test, result)


def _place(location: Location) -> Iterator[str]:
    span = location.span
    margin = " " * len(str(span.line))
    yield f"{margin}--> {printable(location.file)}:{span.line}:{span.column}"
    if location.source_line.strip():
        yield f"{span.line} | {printable(location.source_line)}"


def _subject(result: ExpectationResult) -> str:
    expected = result.expected
    if isinstance(expected, QueryExpected):
        return f"query {expected.name}".rstrip()
    return f"rule {expected.rule_id}"


def _difference(result: ExpectationResult, difference: Difference) -> Iterator[str]:
    yield from _place(difference.location)
    yield f"  {_subject(result)}: {printable(difference.message)}"
    if difference.comparisons:
        rows = [(c.subject, c.expected, c.got) for c in difference.comparisons]
        if isinstance(result.expected, QueryExpected):
            for number, row in enumerate(rows, 1):
                yield f"    {row[0]} {number}" if row[0] == "row" else f"    {printable(row[0])}"
                yield f"      expected  {printable(row[1])}"
                yield f"      got       {printable(row[2])}"
        else:
            yield from aligned(("", "expected", "got"), rows, "    ")
    if difference.hint:
        yield f"    {printable(difference.hint)}"


def _why(test: TestResult, result: ExpectationResult) -> Iterator[str]:
    for explanation in result.explanations:
        yield f"  why, {printable(explanation.title)}:"
        yield from (f"    {line}" for line in _explanation(explanation, test.test.start))


def _explanation(explanation: Explanation, start: datetime) -> Iterator[str]:
    if explanation.condition is not None:
        yield from _windows(explanation, explanation.condition, start)
    if explanation.rows:
        count = explanation.row_count
        shown = len(explanation.rows)
        which = "the newest" if time_column(explanation.columns) is not None else "some of them:"
        first = f", {which} {shown}" if shown < count else ""
        yield f"the query returned {count} row{'' if count == 1 else 's'}{first}"
        header = [column.name for column in explanation.columns]
        rows = [
            [_cell(c.name, v, start) for c, v in zip(explanation.columns, row, strict=True)]
            for row in explanation.rows
        ]
        yield from aligned(header, rows, "  ")
    else:
        yield "the query returned no row"
    for visible in explanation.visible:
        yield _visible(visible, start)


def _windows(explanation: Explanation, condition: Condition, start: datetime) -> Iterator[str]:
    comparison = f"{_OPERATORS[condition.operator]} {show(condition.threshold)}"
    evaluation = explanation.evaluation
    if evaluation is None:
        yield "there is no such series"
        return
    periods = evaluation.evaluated_periods
    failing = sum(period.threshold_met for period in periods)
    needed = condition.min_failing_periods_to_alert
    column = condition.metric_measure_column
    measured = condition.time_aggregation + (f" of {column}" if column else "")
    windows = "window violates" if failing == 1 else "windows violate"
    yield (
        f"{failing} of {len(periods)} {windows} {comparison}, {needed} needed; "
        f"state {evaluation.alert_state.value}"
    )
    yield from aligned(
        ("window", measured, ""),
        [
            (
                f"{format_offset(p.timestamp - start)}.."
                f"{format_offset(p.timestamp + explanation.window_size - start)}",
                "no value" if p.metric_value is None else show(p.metric_value),
                f"{comparison} violated" if p.threshold_met else "",
            )
            for p in periods
        ],
        "  ",
    )


def _cell(name: str, value: object, start: datetime) -> str:
    if name == EVENT_TIME and isinstance(value, datetime):
        return format_offset(value - start)
    return show(value)


def _visible(visible: VisibleRows, start: datetime) -> str:
    more = f"; {visible.later} more of the test were not" if visible.later else ""
    if visible.first is None or visible.last is None:
        return f"no input row of {visible.table} was visible{more}"
    first, last = format_offset(visible.first - start), format_offset(visible.last - start)
    span = f"at {first}" if first == last else f"from {first} to {last}"
    plural = "row of" if visible.count == 1 else "rows of"
    was = "was" if visible.count == 1 else "were"
    return f"{visible.count} input {plural} {visible.table} {was} visible, {span}{more}"
