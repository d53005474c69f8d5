"""E9 to E15 of docs/how-azure-evaluates-your-rule.md: from values to alerts."""

import math
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import pytest

from evaluator.evaluation.condition import met
from evaluator.evaluation.measure import Measurement
from evaluator.evaluation.result import (
    AlertState,
    DimensionCombination,
    RuleFailure,
)
from evaluator.evaluation.state import (
    NotSimulated,
    StateChange,
    evaluate,
    evaluations_to_resolve,
    transitions,
)
from evaluator.evaluation.transition_table import ACTIVE, STATEFUL, STATELESS
from evaluator.rules import Dimension, LogAlertRule, Operator
from tests.evaluator.evaluation.examples import (
    C1,
    C2,
    COUNT_ROWS,
    MAE_BY_CIRCUIT,
    MAE_HIGH,
    at,
    degrading_circuit,
    measured,
    minutes,
    only_series,
    stateful,
    stateless,
    timeline,
)

N, F, FG, RG, R = "NoAlert", "Fired", "Firing", "Resolving", "Resolved"


def test_one_circuit_degrades_and_one_does_not() -> None:
    """The example that the page works through."""
    degraded, fine = degrading_circuit(MAE_HIGH).series

    assert degraded.dimension_combination == C1
    assert len(degraded.evaluations) == 36
    stretches = [
        (state, [e.evaluation_time for e in stretch])
        for state, stretch in groupby(degraded.evaluations, key=lambda e: e.alert_state.value)
    ]
    assert [(state, times[0], times[-1]) for state, times in stretches] == [
        (N, at(0), at(70)),
        (F, at(75), at(75)),
        (FG, at(80), at(95)),
        (RG, at(100), at(105)),
        (R, at(110), at(110)),
        (N, at(115), at(175)),
    ]
    assert [e.evaluation_time for e in degraded.evaluations if e.actions_called] == [at(75)]
    assert [e.evaluation_time for e in degraded.evaluations if e.resolution_notified] == [at(110)]
    (fired,) = [e for e in degraded.evaluations if e.actions_called]
    assert [(p.timestamp, p.threshold_met) for p in fired.evaluated_periods] == [
        (at(70), True),
        (at(65), True),
        (at(60), True),
        (at(55), False),
    ]
    assert fired.evaluated_periods[0].metric_value == pytest.approx(0.4)
    assert fine.dimension_combination == C2
    assert {e.alert_state for e in fine.evaluations} == {AlertState.NO_ALERT}


@pytest.mark.parametrize(
    ("operator", "violating"),
    [
        ("GreaterThan", [2.0, math.inf]),
        ("GreaterThanOrEqual", [1.0, 2.0, math.inf]),
        ("LessThan", [0.0]),
        ("LessThanOrEqual", [0.0, 1.0]),
        ("Equal", [1.0]),
    ],
)
def test_e09_a_window_violates_by_the_operator_and_never_without_a_value(
    operator: Operator, violating: list[float]
) -> None:
    is_met = met(replace(COUNT_ROWS, operator=operator, threshold=1.0))

    values = [0.0, 1.0, 2.0, math.inf, math.nan, None]
    assert [value for value in values if is_met([value])] == violating


def test_e09_enough_windows_violate_in_a_row_or_not() -> None:
    is_met = met(
        replace(COUNT_ROWS, number_of_evaluation_periods=4, min_failing_periods_to_alert=2)
    )

    assert is_met([1.0, 0.0, None, 1.0])
    assert not is_met([1.0, 0.0, None, 0.0])


def test_e10_a_stateful_alert_fires_once_and_is_told_again_when_it_resolves() -> None:
    result = evaluate(stateful(), measured("0110000110"))

    assert timeline(result) == [N, F, FG, RG, RG, R, N, F, FG, RG]
    assert [e.actions_called for e in only_series(result)] == [s == F for s in timeline(result)]
    assert [e.resolution_notified for e in only_series(result)] == [
        s == R for s in timeline(result)
    ]


def test_e10_a_met_evaluation_while_resolving_starts_the_wait_anew() -> None:
    assert timeline(evaluate(stateful(), measured("100100010"))) == [
        *(F, RG, RG, FG, RG, RG, R, F, RG),
    ]


def test_e10_a_series_that_vanishes_while_active_resolves() -> None:
    rule = stateful(MAE_BY_CIRCUIT)

    assert timeline(evaluate(rule, measured("_1____", C1))) == [N, F, RG, RG, R, N]


def test_e10_tables_have_a_row_for_each_state_and_signal_that_can_come_together() -> None:
    assert {state for state, _ in STATEFUL} == set(AlertState)
    assert {t.state for t in STATEFUL.values()} == set(AlertState)
    assert {t.state for t in STATELESS.values()} == {state for state, _ in STATELESS}
    for table in (STATEFUL, STATELESS):
        for (before, _), after in table.items():
            assert after.resolution_notified == (after.state is AlertState.RESOLVED)
            if after.actions_called:
                assert after.state is AlertState.FIRED
                assert before not in ACTIVE or table is STATELESS


@pytest.mark.parametrize(
    ("frequency_in_minutes", "evaluations"),
    [(1, 10), (5, 3), (10, 3), (15, 3), (30, 2), (60, 2), (660, 2), (661, 1), (720, 1)],
)
def test_e11_an_alert_resolves_by_the_frequency(
    frequency_in_minutes: float, evaluations: int
) -> None:
    rule = stateful(frequency=frequency_in_minutes)
    measurements = [
        Measurement(at(frequency_in_minutes * k), {(): (float(k == 0),)}) for k in range(12)
    ]

    states = timeline(evaluate(rule, measurements))

    assert states == [F, *[RG] * (evaluations - 1), R, *[N] * (11 - evaluations)]


@pytest.mark.parametrize(
    ("time_to_resolve", "evaluations"), [(1, 1), (5, 1), (6, 2), (20, 4), (1440, 288)]
)
def test_e11_time_to_resolve_overrides_the_frequency(
    time_to_resolve: float, evaluations: int
) -> None:
    rule = replace(stateful(), time_to_resolve=minutes(time_to_resolve))

    assert evaluations_to_resolve(rule) == evaluations


def test_e11_a_stateful_rule_runs_at_least_every_12_hours() -> None:
    daily = stateful(frequency=1440)
    for rule in (daily, replace(daily, time_to_resolve=timedelta(days=1))):
        with pytest.raises(NotSimulated, match="at least every 12 hours"):
            transitions(rule, [])


def test_e12_a_stateless_rule_fires_at_each_met_evaluation() -> None:
    """The table of Microsoft's "Log alerts in Azure Monitor" of 2019."""
    result = evaluate(stateless(), measured("_0110"))

    assert timeline(result) == [N, N, F, F, N]
    assert [e.actions_called for e in only_series(result)] == [False, False, True, True, False]
    assert not any(e.resolution_notified for e in only_series(result))


def test_e12_each_alert_of_a_stateless_rule_is_a_change() -> None:
    assert list(transitions(stateless(), measured("110"))) == [
        StateChange(at(0), (), AlertState.FIRED, actions_called=True, resolution_notified=False),
        StateChange(at(5), (), AlertState.FIRED, actions_called=True, resolution_notified=False),
        StateChange(
            at(10), (), AlertState.NO_ALERT, actions_called=False, resolution_notified=False
        ),
    ]


def test_e13_a_mute_holds_from_the_last_call_until_its_end() -> None:
    result = evaluate(stateless(mute=15), measured("1110111"))

    assert timeline(result) == [F, F, F, N, F, F, F]
    assert [e.evaluation_time for e in only_series(result) if e.actions_called] == [at(0), at(20)]

    again = evaluate(stateless(mute=15), measured("1111"))
    assert [e.evaluation_time for e in only_series(again) if e.actions_called] == [at(0), at(15)]


def test_e13_each_series_is_muted_for_itself() -> None:
    rule = stateless(MAE_BY_CIRCUIT, mute=30)
    measurements = [
        Measurement(at(0), {C1: (1.0,)}),
        Measurement(at(5), {C1: (1.0,), C2: (1.0,)}),
    ]

    called = [
        (change.evaluation_time, change.dimension_combination)
        for change in transitions(rule, measurements)
        if isinstance(change, StateChange) and change.actions_called
    ]

    assert called == [(at(0), C1), (at(5), C2)]


def test_e13_a_rule_is_stateful_or_muted() -> None:
    with pytest.raises(NotSimulated, match="stateful or muted, not both"):
        transitions(replace(stateful(), mute_actions_duration=minutes(30)), [])


def _circuits(numbers: range) -> dict[DimensionCombination, tuple[float | None, ...]]:
    return {(("circuit_id", f"c{number:04}"),): (1.0,) for number in numbers}


@pytest.mark.parametrize(
    ("rule", "limit"), [(stateful(MAE_BY_CIRCUIT), 300), (stateless(MAE_BY_CIRCUIT), 6000)]
)
def test_e14_an_evaluation_with_too_many_alerts_fails(rule: LogAlertRule, limit: int) -> None:
    most = evaluate(rule, [Measurement(at(0), _circuits(range(limit)))])
    one_more = evaluate(rule, [Measurement(at(0), _circuits(range(limit + 1)))])

    assert len(most.series) == limit
    assert most.failures == ()
    assert one_more.series == ()
    (failure,) = one_more.failures
    assert failure.reason.startswith(f"{limit + 1} series meet the condition at once; ")


def test_e14_a_rule_has_at_most_5000_active_alerts() -> None:
    rule = replace(stateful(MAE_BY_CIRCUIT), time_to_resolve=timedelta(days=1))
    measurements = [
        Measurement(at(5 * k), _circuits(range(250 * k, 250 * (k + 1)))) for k in range(21)
    ]

    events = list(transitions(rule, measurements))

    assert [e.reason[:34] for e in events if isinstance(e, RuleFailure)] == [
        "5250 alerts would be active at onc"
    ]
    assert isinstance(events[-1], RuleFailure)


def test_e14_a_failed_evaluation_changes_nothing() -> None:
    result = evaluate(stateful(), measured("1!0!00!1"))

    assert [(f.evaluation_time, f.reason) for f in result.failures] == [
        (at(minute), "the query failed") for minute in (5, 15, 30)
    ]
    assert [(e.evaluation_time, e.alert_state.value) for e in only_series(result)] == [
        (at(0), F),
        (at(10), RG),
        (at(20), RG),
        (at(25), R),
        (at(35), F),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "SimpleLogAlert"}, "SimpleLogAlert"),
        ({"dynamic_threshold": True}, "dynamic threshold"),
    ],
)
def test_e15_what_cannot_be_simulated_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(NotSimulated, match=reason) as caught:
        evaluate(replace(stateful(), **change), [])  # type: ignore[arg-type]

    assert str(caught.value) == caught.value.reason


def test_periods_that_azure_does_not_take_are_refused() -> None:
    for failing, periods in ((0, 1), (2, 1), (1, 7)):
        condition = replace(
            COUNT_ROWS,
            min_failing_periods_to_alert=failing,
            number_of_evaluation_periods=periods,
        )
        with pytest.raises(NotSimulated, match=f"{failing} failing of {periods} periods"):
            transitions(stateful(condition), [])


def test_every_series_has_every_evaluation_from_the_first_in_order_of_its_values() -> None:
    rule = stateful(MAE_BY_CIRCUIT)
    measurements = [
        Measurement(at(0), {C2: (0.0,)}),
        Measurement(at(5), {}),
        Measurement(at(10), {C1: (1.0,)}),
    ]

    result = evaluate(rule, measurements)

    assert [series.dimension_combination for series in result.series] == [C1, C2]
    for series in result.series:
        assert [e.evaluation_time for e in series.evaluations] == [at(0), at(5), at(10)]
    absent = result.series[0].evaluations[0]
    assert [p.metric_value for p in absent.evaluated_periods] == [None]
    assert not absent.threshold_met


def test_a_rule_that_is_not_split_has_its_series_even_without_rows() -> None:
    rule = stateful(replace(MAE_BY_CIRCUIT, dimensions=()))

    assert timeline(evaluate(rule, [Measurement(at(0), {})])) == [N]


def test_series_that_are_not_met_may_be_left_out_of_measurements() -> None:
    rule = stateful(replace(MAE_BY_CIRCUIT, dimensions=(Dimension("circuit_id"),)))

    assert list(transitions(rule, measured("0110001", C1))) == list(
        transitions(rule, measured("_11___1", C1))
    )
