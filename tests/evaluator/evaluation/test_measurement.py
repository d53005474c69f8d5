"""E1 to E8 and E14 of docs/how-azure-evaluates-your-rule.md: from rows to values."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from evaluator.analysis.syntax import Column
from evaluator.evaluation.dimensions import dimension_value
from evaluator.evaluation.measure import measure, window_starts
from evaluator.evaluation.schedule import evaluation_times
from evaluator.rules import Condition, Dimension, TimeAggregation
from tests.evaluator.evaluation.examples import (
    C1,
    C2,
    COLUMNS,
    COUNT_ROWS,
    MAE_BY_CIRCUIT,
    MAE_HIGH,
    START,
    at,
    minutes,
    stateful,
    values_of,
)


def test_e01_evaluations_come_at_the_frequency_from_the_start_and_phase() -> None:
    assert list(evaluation_times(START, at(15), minutes(5))) == [at(0), at(5), at(10), at(15)]
    assert list(evaluation_times(START, at(15), minutes(5), phase=minutes(2))) == [
        at(2),
        at(7),
        at(12),
    ]


def test_e01_evaluation_times_are_in_utc() -> None:
    start = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))

    (first,) = evaluation_times(start, start, minutes(5))

    assert first == START
    assert first.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "frequency", "phase"),
    [
        (START.replace(tzinfo=None), 5, 0),
        (START, 0, 0),
        (START, 5, -1),
    ],
)
def test_e01_a_schedule_that_cannot_be_is_refused(
    start: datetime, frequency: float, phase: float
) -> None:
    with pytest.raises(ValueError):
        list(evaluation_times(start, at(15), minutes(frequency), minutes(phase)))


def test_e02_a_query_sees_its_windows_unless_the_range_is_overridden() -> None:
    assert MAE_HIGH.query_time_range == minutes(20)
    assert replace(
        MAE_HIGH, override_query_time_range=timedelta(days=2)
    ).query_time_range == timedelta(days=2)


def test_e02_rows_that_are_older_than_every_window_or_not_before_the_evaluation_do_not_count() -> (
    None
):
    rows = [(at(number), "c1", 1.0) for number in (9, 10, 14, 15, 16)]

    assert values_of(stateful(), rows, at(15)) == {(): (2.0,)}


def test_e03_a_row_that_arrives_late_counts_in_its_own_window_at_a_later_evaluation() -> None:
    rule = stateful(replace(COUNT_ROWS, number_of_evaluation_periods=2))
    late = (at(4), "c1", 1.0)

    assert values_of(rule, [], at(5)) == {(): (0.0, 0.0)}
    assert values_of(rule, [late], at(10)) == {(): (0.0, 1.0)}


def test_e04_windows_are_aligned_to_the_evaluation() -> None:
    rule = replace(
        stateful(replace(COUNT_ROWS, number_of_evaluation_periods=2)),
        window_size=timedelta(hours=1),
    )
    now = datetime(2025, 2, 15, 10, tzinfo=UTC)

    # The example of the PreviewAlertRule specification: at 10:00, windows of 09:00 and 08:00.
    assert [start.hour for start in window_starts(rule, now)] == [9, 8]
    assert window_starts(rule, now + minutes(7))[0] == now - minutes(53)


def test_e04_a_window_has_its_start_and_not_its_end() -> None:
    rule = stateful(replace(COUNT_ROWS, number_of_evaluation_periods=3))
    edges = [(at(number), "c1", 1.0) for number in (0, 5, 10, 15)]
    inside = [(at(5) - timedelta(microseconds=1), "c1", 1.0)]

    assert values_of(rule, edges, at(15)) == {(): (1.0, 1.0, 1.0)}
    assert values_of(rule, inside, at(15)) == {(): (0.0, 0.0, 1.0)}


def test_e05_the_same_rows_fall_into_other_windows_at_another_time() -> None:
    rule = stateful(replace(COUNT_ROWS, number_of_evaluation_periods=2))
    rows = [(at(4), "c1", 1.0)]

    assert values_of(rule, rows, at(5)) == {(): (1.0, 0.0)}
    assert values_of(rule, rows, at(6)) == {(): (1.0, 0.0)}
    assert values_of(rule, rows, at(10)) == {(): (0.0, 1.0)}


def test_e06_each_combination_of_dimensions_is_a_series() -> None:
    condition = replace(COUNT_ROWS, dimensions=(Dimension("mae"), Dimension("circuit_id")))
    rows = [(at(1), "c1", 1.0), (at(2), "c2", 1.0), (at(3), "c1", 1.0), (at(3), "c1", 2.5)]

    assert values_of(stateful(condition), rows, at(5)) == {
        (("mae", "1"), ("circuit_id", "c1")): (2.0,),
        (("mae", "1"), ("circuit_id", "c2")): (1.0,),
        (("mae", "2.5"), ("circuit_id", "c1")): (1.0,),
    }


@pytest.mark.parametrize(
    ("dimension", "kept"),
    [
        (Dimension("circuit_id"), {"c1", "c2", "C2", ""}),
        (Dimension("circuit_id", "Include", ("c2", "c9")), {"c2"}),
        (Dimension("circuit_id", "Include", ("c2", "*")), {"c1", "c2", "C2", ""}),
        (Dimension("circuit_id", "Exclude", ("c2", "c9")), {"c1", "C2", ""}),
        (Dimension("circuit_id", "Exclude", ("*",)), set()),
    ],
)
def test_e06_a_dimension_keeps_the_values_it_includes(dimension: Dimension, kept: set[str]) -> None:
    rule = stateful(replace(COUNT_ROWS, dimensions=(dimension,)))
    rows = [(at(1), value, 1.0) for value in ("c1", "c2", "C2", "")]

    values = values_of(rule, rows, at(5))

    assert {value for combination in values for _, value in combination} == kept


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("c1", "c1"),
        ("", ""),
        (None, ""),
        (7, "7"),
        (-(2**63), "-9223372036854775808"),
        (7.0, "7"),
        (0.1, "0.1"),
        (1e-7, "1E-07"),
        (1e300, "1E+300"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (Decimal("1.50"), "1.50"),
    ],
)
def test_e06_values_of_dimensions_are_text(cell: object, text: str) -> None:
    assert dimension_value(cell) == text


@pytest.mark.parametrize(
    ("aggregation", "value"),
    [("Average", 2.0), ("Maximum", 4.5), ("Minimum", -1.5), ("Total", 6.0)],
)
def test_e07_a_column_is_aggregated_by_series_and_window(
    aggregation: TimeAggregation, value: float
) -> None:
    rule = stateful(replace(MAE_BY_CIRCUIT, time_aggregation=aggregation))
    rows = [(at(1), "c1", -1.5), (at(2), "c1", 3.0), (at(3), "c1", 4.5), (at(3), "c2", 7.0)]

    assert values_of(rule, rows, at(5)) == {C1: (value,), C2: (7.0,)}


def test_e07_count_counts_rows_whatever_they_hold() -> None:
    condition = replace(COUNT_ROWS, dimensions=(Dimension("circuit_id"),))
    rows = [(at(1), "c1", None), (at(2), "c1", math.nan), (at(2), "c2", 1.0)]

    assert values_of(stateful(condition), rows, at(5)) == {C1: (2.0,), C2: (1.0,)}


def test_e07_the_column_of_time_is_time_generated_or_else_the_first_datetime() -> None:
    first, second = Column("Seen", "datetime"), Column("TimeGenerated", "datetime")
    row = (at(1), at(11))

    assert values_of(stateful(), [row], at(5), [first, second]) == {(): (0.0,)}
    assert values_of(stateful(), [row], at(15), [first, second]) == {(): (1.0,)}
    assert values_of(stateful(), [row], at(5), [first, replace(second, name="Due")]) == {(): (1.0,)}


def test_e07_without_a_datetime_column_all_rows_are_one_window() -> None:
    columns = COLUMNS[1:]
    rows = [("c1", 0.5), ("c1", 1.5)]

    assert values_of(stateful(MAE_BY_CIRCUIT), rows, at(500), columns) == {C1: (1.0,)}


def test_e07_without_a_datetime_column_there_cannot_be_several_windows() -> None:
    failure = measure(MAE_HIGH, COLUMNS[1:], [], at(5)).failure

    assert failure == (
        "the result has no datetime column, so that its rows fall into no window; "
        "return `TimeGenerated`, or set `numberOfEvaluationPeriods` to 1"
    )


def test_e07_a_row_without_a_time_is_in_no_window() -> None:
    assert values_of(stateful(MAE_BY_CIRCUIT), [(None, "c1", 1.0)], at(5)) == {}


def test_e08_no_rows_count_as_zero_unless_the_rule_is_split() -> None:
    split = replace(COUNT_ROWS, dimensions=(Dimension("circuit_id"),))

    assert values_of(stateful(), [], at(5)) == {(): (0.0,)}
    assert values_of(stateful(split), [], at(5)) == {}
    assert values_of(stateful(replace(MAE_BY_CIRCUIT, dimensions=())), [], at(5)) == {(): (None,)}


def test_e08_a_window_of_a_split_rule_without_rows_has_no_value() -> None:
    split = replace(
        COUNT_ROWS, dimensions=(Dimension("circuit_id"),), number_of_evaluation_periods=2
    )

    assert values_of(stateful(split), [(at(1), "c1", 1.0)], at(10)) == {C1: (None, 1.0)}


def test_e08_null_is_no_number_and_nan_no_value() -> None:
    rule = stateful(MAE_BY_CIRCUIT)
    rows = [
        (at(1), "null", None),
        (at(1), "null and one", None),
        (at(1), "null and one", 1.0),
        (at(1), "NaN and one", math.nan),
        (at(1), "NaN and one", 1.0),
        (at(1), "infinities", math.inf),
        (at(1), "infinities", -math.inf),
        (at(1), "infinity", math.inf),
        (at(1), "infinity", 1.0),
    ]

    assert {name: value for ((_, name),), value in values_of(rule, rows, at(5)).items()} == {
        "null": (None,),
        "null and one": (1.0,),
        "NaN and one": (None,),
        "infinities": (None,),
        "infinity": (math.inf,),
    }


def test_e08_nan_is_neither_the_smallest_nor_the_largest() -> None:
    rows = [(at(1), "c1", 1.0), (at(2), "c1", math.nan)]
    aggregations: tuple[TimeAggregation, ...] = ("Maximum", "Minimum", "Total")
    for aggregation in aggregations:
        rule = stateful(replace(MAE_BY_CIRCUIT, time_aggregation=aggregation))

        assert values_of(rule, rows, at(5)) == {C1: (None,)}


@pytest.mark.parametrize(
    ("condition", "failure"),
    [
        (
            replace(COUNT_ROWS, dimensions=tuple(Dimension(f"d{n}") for n in range(7))),
            "the rule is split by 7 dimensions; Azure takes at most 6",
        ),
        (
            replace(COUNT_ROWS, dimensions=(Dimension("circuit_ids"),)),
            "the dimension `circuit_ids` is no column of the result; did you mean `circuit_id`?",
        ),
        (
            replace(COUNT_ROWS, dimensions=(Dimension("plant"),)),
            "the dimension `plant` is no column of the result; it has `TimeGenerated`, "
            "`circuit_id`, `mae`",
        ),
        (
            replace(COUNT_ROWS, dimensions=(Dimension("TimeGenerated"),)),
            "the dimension `TimeGenerated` is a datetime, not a number or a string; convert it in "
            "the query, such as `tostring(TimeGenerated)`",
        ),
        (
            Condition("Total", "GreaterThan", 1.0, metric_measure_column="Mae"),
            "the metricMeasureColumn `Mae` is no column of the result; did you mean `mae`?",
        ),
        (
            Condition("Total", "GreaterThan", 1.0, metric_measure_column="circuit_id"),
            "the metricMeasureColumn `circuit_id` is a string, not a number; convert it in the "
            "query, such as `todouble(circuit_id)`",
        ),
        (
            Condition("Total", "GreaterThan", 1.0),
            "`Total` needs a `metricMeasureColumn` to aggregate",
        ),
    ],
)
def test_e14_what_azure_would_not_complete_is_a_failure(condition: Condition, failure: str) -> None:
    measurement = measure(stateful(condition), COLUMNS, [(at(1), "c1", 1.0)], at(5))

    assert measurement.failure == failure
    assert measurement.values == {}


@pytest.mark.parametrize("kind", ["bool", "datetime", "dynamic", "guid", "timespan"])
def test_e14_only_numbers_and_strings_split_a_rule(kind: str) -> None:
    rule = stateful(replace(COUNT_ROWS, dimensions=(Dimension("d"),)))

    failure = measure(rule, [Column("d", kind)], [], at(5)).failure

    assert failure is not None
    assert f"`d` is a {kind}, not a number or a string" in failure
