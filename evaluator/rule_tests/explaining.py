"""Tells why: the windows, the rows of the query behind them, and the input that it could see."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from evaluator.analysis.syntax import Column
from evaluator.evaluation.dimensions import splitter
from evaluator.evaluation.measure import EVENT_TIME, time_column
from evaluator.evaluation.result import DimensionCombination
from evaluator.query_text import QueryText
from evaluator.rule_tests.bench import Bench, NotRun, RunError
from evaluator.rule_tests.comparing import Story
from evaluator.rule_tests.comparing_rows import show
from evaluator.rule_tests.plan import PlannedTest, QueryExpected
from evaluator.rule_tests.results import Explanation, Focus, VisibleRows
from evaluator.rule_tests.series_keys import format_series
from evaluator.rules import LogAlertRule

_MOST_ROWS: Final = 10
_MOST_FOCUSES: Final = 2
_FEW_COLUMNS: Final = 10


def explain(
    bench: Bench, dataset: int, rule: LogAlertRule, story: Story, focus: Sequence[Focus]
) -> Iterator[Explanation]:
    """Explain the first of some places in a rule's story; without any, the closest call."""
    for place in dict.fromkeys(focus[:_MOST_FOCUSES] or [_closest_call(rule, story)]):
        now = story.schedule.time(place.evaluation)
        evaluation = story.series.get(place.series, {}).get(place.evaluation)
        try:
            result = bench.query(rule.query, now, rule.query_time_range, dataset)
        except (NotRun, RunError):
            return
        rows = list(result.rows)
        if rule.condition.dimensions and evaluation is not None:
            series_of = splitter(rule.condition.dimensions, result.columns)
            rows = [row for row in rows if series_of(row) == place.series]
        rows = _newest_first(result.columns, rows)
        shown = rows[:_MOST_ROWS]
        kept = _telling_columns(result.columns, shown)
        title = f"{format_series(place.series)} " if place.series else ""
        yield Explanation(
            f"{title}at {story.schedule.offset(place.evaluation)}",
            tuple(result.columns[i] for i in kept),
            tuple(tuple(row[i] for i in kept) for row in shown),
            len(rows),
            _visible(bench, dataset, rule.query, now, rule.query_time_range),
            rule.condition,
            rule.window_size,
            evaluation,
        )


def _telling_columns(
    columns: Sequence[Column], rows: Sequence[tuple[object, ...]]
) -> tuple[int, ...]:
    """Choose the columns to show: of many, as a whole table has, those with something in them."""
    indexes = range(len(columns))
    if len(columns) <= _FEW_COLUMNS or not rows:
        return tuple(indexes)
    return tuple(i for i in indexes if any(row[i] not in (None, "") for row in rows))


def _closest_call(rule: LogAlertRule, story: Story) -> Focus:
    """Find where most windows are violated, and of those where the newest is furthest."""
    sign = -1 if rule.condition.operator.startswith("Less") else 1
    best: tuple[tuple[int, float], Focus] | None = None
    for series, evaluations in story.series.items():
        for number, evaluation in evaluations.items():
            value = evaluation.evaluated_periods[0].metric_value
            failing = sum(period.threshold_met for period in evaluation.evaluated_periods)
            rank = (failing, -math.inf if value is None else sign * value)
            if best is None or rank >= best[0]:
                best = (rank, Focus(series, number))
    return best[1] if best else Focus((), story.count - 1)


def _newest_first(
    columns: Sequence[Column], rows: Sequence[tuple[object, ...]]
) -> list[tuple[object, ...]]:
    """Put the rows of the newest window first; they come in any order."""
    ordered = sorted(rows, key=str)
    index = time_column(columns)
    if index is not None:
        ordered.sort(key=lambda row: show(row[index]), reverse=True)
    return ordered


def explain_query(bench: Bench, dataset: int, expected: QueryExpected) -> Iterator[Explanation]:
    """Explain a query's result by the input that it could see."""
    try:
        result = bench.query(expected.query, expected.at, expected.time_range, dataset)
    except (NotRun, RunError):
        return
    yield Explanation(
        "the query",
        tuple(result.columns),
        tuple(tuple(row) for row in result.rows[:_MOST_ROWS]),
        len(result.rows),
        _visible(bench, dataset, expected.query, expected.at, expected.time_range),
    )


def telling_places(
    story: Story, series: Iterable[DimensionCombination], number: int | None
) -> tuple[Focus, ...]:
    """Choose what to show of an expectation that holds: an evaluation, or where states change."""
    if number is not None:
        return tuple(Focus(s, number) for s in series) or (Focus((), number),)
    changes = []
    for name, evaluations in story.series.items():
        before = None
        for index, evaluation in evaluations.items():
            if before is not None and evaluation.alert_state is not before:
                changes.append(Focus(name, index))
            before = evaluation.alert_state
    return tuple(changes) or (Focus((), story.count - 1),)


def has_data(
    bench: Bench, test: PlannedTest, query: QueryText, span: tuple[datetime, datetime]
) -> bool:
    """Tell whether a test has rows, in some time, of the tables that a query reads."""
    tables = bench.tables_of(query)
    begin, end = span
    return any(
        begin <= time < end and time + test.latency <= end
        for rows in test.inputs
        if rows.table.name in tables
        for time in _times(rows.rows)
    )


def _visible(
    bench: Bench, dataset: int, query: QueryText, now: datetime, time_range: timedelta | None
) -> tuple[VisibleRows, ...]:
    test = bench.tests[dataset]
    found = []
    for table in sorted(bench.tables_of(query)):
        times = [
            time for rows in test.inputs if rows.table.name == table for time in _times(rows.rows)
        ]
        seen = [
            time
            for time in times
            if time < now
            and time + test.latency <= now
            and (time_range is None or time >= now - time_range)
        ]
        first, last = min(seen, default=None), max(seen, default=None)
        found.append(VisibleRows(table, len(seen), first, last, len(times) - len(seen)))
    return tuple(found)


def _times(rows: Iterable[dict[str, object]]) -> Iterator[datetime]:
    for row in rows:
        time = row[EVENT_TIME]
        assert isinstance(time, datetime)  # noqa: S101 - the reader put it there
        yield time
