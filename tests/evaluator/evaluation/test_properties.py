"""What holds for every rule and every course of values."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from evaluator.evaluation.condition import met
from evaluator.evaluation.measure import Measurement, measure
from evaluator.evaluation.result import AlertState, RuleFailure
from evaluator.evaluation.state import StateChange, evaluate, transitions
from evaluator.rules import Condition, Operator, TimeAggregation
from tests.evaluator.evaluation.examples import (
    C1,
    C2,
    COLUMNS,
    MAE_BY_CIRCUIT,
    at,
    measured,
    minutes,
    only_series,
    stateful,
    stateless,
    timeline,
)

AGGREGATIONS: tuple[TimeAggregation, ...] = ("Average", "Count", "Maximum", "Minimum", "Total")
NUMBERS = st.one_of(st.none(), st.floats())
WINDOWS = st.lists(NUMBERS, min_size=4, max_size=4)
COURSES = st.text("01_!", max_size=60)
ROWS = st.lists(
    st.tuples(
        st.integers(-30, 30 * 60).map(lambda second: at(second / 60)),
        st.sampled_from(["c1", "c2", ""]),
        NUMBERS,
    ),
    max_size=30,
)


@given(
    values=WINDOWS,
    lower=st.floats(allow_nan=False),
    higher=st.floats(allow_nan=False),
    failing=st.integers(1, 4),
    strict=st.booleans(),
)
def test_a_higher_threshold_never_adds_a_met_evaluation(
    values: list[float | None], lower: float, higher: float, failing: int, strict: bool
) -> None:
    lower, higher = sorted((lower, higher))
    operator: Operator = "GreaterThan" if strict else "GreaterThanOrEqual"

    def is_met(threshold: float) -> bool:
        condition = Condition(
            "Average",
            operator,
            threshold,
            number_of_evaluation_periods=4,
            min_failing_periods_to_alert=failing,
        )
        return met(condition)(values)

    assert is_met(lower) or not is_met(higher)


@given(values=WINDOWS, failing=st.integers(2, 4))
def test_more_failing_periods_never_add_a_met_evaluation(
    values: list[float | None], failing: int
) -> None:
    more = replace(
        MAE_BY_CIRCUIT, number_of_evaluation_periods=4, min_failing_periods_to_alert=failing
    )
    fewer = replace(more, min_failing_periods_to_alert=failing - 1)

    assert met(fewer)(values) or not met(more)(values)


@given(rows=ROWS, data=st.data(), aggregation=st.sampled_from(AGGREGATIONS))
def test_the_order_of_rows_changes_nothing(
    rows: list[tuple[object, ...]], data: st.DataObject, aggregation: TimeAggregation
) -> None:
    rule = stateful(
        replace(MAE_BY_CIRCUIT, time_aggregation=aggregation, number_of_evaluation_periods=6)
    )
    shuffled = data.draw(st.permutations(rows))

    assert measure(rule, COLUMNS, rows, at(30)) == measure(rule, COLUMNS, shuffled, at(30))


@given(rows=ROWS, aggregation=st.sampled_from(AGGREGATIONS))
def test_a_value_is_never_nan_and_every_series_has_every_window(
    rows: list[tuple[object, ...]], aggregation: TimeAggregation
) -> None:
    rule = stateful(
        replace(MAE_BY_CIRCUIT, time_aggregation=aggregation, number_of_evaluation_periods=6)
    )

    for values in measure(rule, COLUMNS, rows, at(30)).values.values():
        assert len(values) == 6
        assert not any(value is not None and math.isnan(value) for value in values)


@given(rows=ROWS, steps=st.integers(-5000, 5000))
def test_shifting_all_times_by_whole_frequencies_shifts_the_timeline(
    rows: list[tuple[object, ...]], steps: int
) -> None:
    rule = stateful(replace(MAE_BY_CIRCUIT, number_of_evaluation_periods=2))
    shift = rule.evaluation_frequency * steps

    def story(moved: timedelta) -> list[tuple[datetime, object, object, object]]:
        shifted = [(_moment(row) + moved, *row[1:]) for row in rows]
        times = [at(5 * k) + moved for k in range(8)]
        result = evaluate(rule, [measure(rule, COLUMNS, shifted, now) for now in times])
        return [
            (
                e.evaluation_time - moved,
                series.dimension_combination,
                e.alert_state,
                [(p.timestamp - moved, p.metric_value) for p in e.evaluated_periods],
            )
            for series in result.series
            for e in series.evaluations
        ]

    assert story(shift) == story(timedelta(0))


def _moment(row: Sequence[object]) -> datetime:
    assert isinstance(row[0], datetime)
    return row[0]


def _stateful_states(course: str, to_resolve: int) -> list[str]:
    """Tell the states of completed evaluations, the slow way: one whole alert after the other.

    An alert begins at a met evaluation and ends with the first evaluation after it that closes
    `to_resolve` evaluations without a met one.
    """
    met_at = [sign == "1" for sign in course if sign != "!"]
    states = ["NoAlert"] * len(met_at)
    position = 0
    while True in met_at[position:]:
        begin = met_at.index(True, position)
        ends = [
            end
            for end in range(begin + to_resolve, len(met_at))
            if not any(met_at[end - to_resolve + 1 : end + 1])
        ]
        end = ends[0] if ends else len(met_at)
        for k in range(begin, min(end, len(met_at))):
            states[k] = "Firing" if met_at[k] else "Resolving"
        states[begin] = "Fired"
        if ends:
            states[end] = "Resolved"
        position = end + 1
    return states


@given(course=COURSES, to_resolve=st.integers(1, 5))
def test_states_are_those_of_a_slow_obvious_model(course: str, to_resolve: int) -> None:
    rule = replace(stateful(MAE_BY_CIRCUIT), time_to_resolve=minutes(5 * to_resolve))

    result = evaluate(rule, measured("0" + course, C1))

    assert timeline(result) == _stateful_states("0" + course, to_resolve)
    assert [f.evaluation_time for f in result.failures] == [
        at(5 * k) for k, sign in enumerate("0" + course) if sign == "!"
    ]


@given(course=COURSES)
def test_between_two_resolutions_there_is_exactly_one_fired(course: str) -> None:
    told = [
        change.state
        for change in transitions(stateful(MAE_BY_CIRCUIT), measured(course, C1))
        if isinstance(change, StateChange)
        and change.state in {AlertState.FIRED, AlertState.RESOLVED}
    ]

    assert told[::2] == [AlertState.FIRED] * len(told[::2])
    assert told[1::2] == [AlertState.RESOLVED] * len(told[1::2])


@given(course=COURSES)
def test_a_stateful_rule_calls_actions_when_fired_and_notifies_when_resolved(course: str) -> None:
    for e in only_series(evaluate(stateful(), measured(course))):
        assert e.actions_called == (e.alert_state is AlertState.FIRED)
        assert e.resolution_notified == (e.alert_state is AlertState.RESOLVED)


@given(course=COURSES, mute=st.integers(1, 60))
def test_a_mute_never_calls_actions_twice_within_its_duration(course: str, mute: int) -> None:
    evaluations = only_series(evaluate(stateless(mute=mute), measured(course)))
    called = [e.evaluation_time for e in evaluations if e.actions_called]
    fired = [e.evaluation_time for e in evaluations if e.alert_state is AlertState.FIRED]

    assert all(later - earlier >= minutes(mute) for earlier, later in pairwise(called))
    assert fired == [e.evaluation_time for e in evaluations if e.threshold_met]
    for moment in fired:  # none is silent for another reason
        assert any(timedelta(0) <= moment - call < minutes(mute) for call in called)


@given(first=COURSES, second=COURSES)
def test_series_do_not_disturb_each_other(first: str, second: str) -> None:
    length = min(len(first), len(second))
    first, second = (text[:length].replace("!", "0") for text in (first, second))
    rule = stateful(MAE_BY_CIRCUIT)
    both = [
        Measurement(a.evaluation_time, {**a.values, **b.values})
        for a, b in zip(measured(first, C1), measured(second, C2), strict=True)
    ]

    together = list(transitions(rule, both))

    for series, course in ((C1, first), (C2, second)):
        assert [
            e
            for e in together
            if not isinstance(e, RuleFailure) and e.dimension_combination == series
        ] == list(transitions(rule, measured(course, series)))
