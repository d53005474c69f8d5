"""Small changes of a rule, each of which a good test should notice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from evaluator.analysis.syntax import Analysis
from evaluator.query_text import of_file
from evaluator.rule_tests.query_mutants import FACTORS, mutate_query, rounded
from evaluator.rules import Condition, LogAlertRule, Operator, TimeAggregation
from generator import azure
from generator.durations import iso_duration


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed rule; the name says what was changed and stays the same from run to run."""

    name: str
    rule: LogAlertRule


_OPERATORS: Final[Mapping[Operator, tuple[Operator, ...]]] = {
    "Equal": ("GreaterThan", "LessThan"),
    "GreaterThan": ("GreaterThanOrEqual", "LessThan"),
    "GreaterThanOrEqual": ("GreaterThan", "LessThanOrEqual"),
    "LessThan": ("LessThanOrEqual", "GreaterThan"),
    "LessThanOrEqual": ("LessThan", "GreaterThanOrEqual"),
}
_AGGREGATIONS: Final[Mapping[TimeAggregation, tuple[TimeAggregation, ...]]] = {
    "Average": ("Maximum", "Minimum"),
    "Count": (),  # the others need a column
    "Maximum": ("Minimum",),
    "Minimum": ("Maximum",),
    "Total": ("Average",),
}


def mutate(rule: LogAlertRule, analysis: Analysis) -> list[Mutant]:
    """Make every mutant of a rule, of its settings first and then of its query.

    The frequency stays: tests name times of evaluations. Whether a changed query is valid is not
    looked at.
    """
    has_time = any(column.type == "datetime" for column in analysis.columns)
    conditions = [
        *_threshold(rule.condition),
        *_comparison(rule.condition),
        *_periods(rule.condition, rule.window_size, has_time=has_time),
        *_dimensions(rule.condition),
    ]
    return [
        *(Mutant(name, replace(rule, condition=condition)) for name, condition in conditions),
        *_times(rule),
        *_state(rule),
        *(
            Mutant(mutant.name, replace(rule, query=of_file(mutant.name, mutant.text)))
            for mutant in mutate_query(analysis)
        ),
    ]


_Changed = Iterator[tuple[str, Condition]]


def _threshold(condition: Condition) -> _Changed:
    for word, factor in FACTORS:
        if condition.threshold == 0:
            word, changed = ("+1", 1.0) if factor > 1 else ("-1", -1.0)
        else:
            changed = rounded(condition.threshold * factor)
        yield f"threshold {word}", replace(condition, threshold=changed)


def _comparison(condition: Condition) -> _Changed:
    for operator in _OPERATORS[condition.operator]:
        yield f"operator {operator}", replace(condition, operator=operator)
    for aggregation in _AGGREGATIONS[condition.time_aggregation]:
        changed = replace(condition, time_aggregation=aggregation)
        yield f"aggregation {aggregation}", changed


def _periods(condition: Condition, window: timedelta, *, has_time: bool) -> _Changed:
    """Change k and n of "k of n windows fail"; more windows need a time column."""
    failing, periods = (
        condition.min_failing_periods_to_alert,
        condition.number_of_evaluation_periods,
    )
    for changed in (failing - 1, failing + 1):
        if 1 <= changed <= periods:
            yield (
                f"failing periods {changed}",
                replace(condition, min_failing_periods_to_alert=changed),
            )
    for changed in (periods - 1, periods + 1):
        fits = changed * window <= azure.MAX_LOOKBACK and (changed == 1 or has_time)
        if failing <= changed <= azure.MAX_EVALUATION_PERIODS and fits:
            yield (
                f"evaluation periods {changed}",
                replace(condition, number_of_evaluation_periods=changed),
            )


def _dimensions(condition: Condition) -> _Changed:
    for dropped in condition.dimensions:
        kept = tuple(d for d in condition.dimensions if d is not dropped)
        yield f"without dimension {dropped.name}", replace(condition, dimensions=kept)


def _times(rule: LogAlertRule) -> Iterator[Mutant]:
    periods = rule.condition.number_of_evaluation_periods
    for window in _neighbours(rule.window_size, list(azure.WINDOW_SIZES.values())):
        if window * periods <= azure.MAX_LOOKBACK:
            yield Mutant(f"window {iso_duration(window)}", replace(rule, window_size=window))
    override = rule.override_query_time_range
    if override is not None:
        for span in _neighbours(override, list(azure.QUERY_TIME_RANGES.values())):
            yield Mutant(
                f"query time range {iso_duration(span)}",
                replace(rule, override_query_time_range=span),
            )


def _neighbours(value: timedelta, legal: Sequence[timedelta]) -> Iterator[timedelta]:
    yield from sorted((v for v in legal if v < value), reverse=True)[:1]
    yield from sorted(v for v in legal if v > value)[:1]


def _state(rule: LogAlertRule) -> Iterator[Mutant]:
    if rule.auto_mitigate:
        yield Mutant("stateless", replace(rule, auto_mitigate=False, time_to_resolve=None))
        return
    yield Mutant("stateful", replace(rule, auto_mitigate=True, mute_actions_duration=None))
    if rule.mute_actions_duration is not None:
        yield Mutant("without mute", replace(rule, mute_actions_duration=None))
