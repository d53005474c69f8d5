"""Offsets, absolute times, timelines and evaluation numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from evaluator.evaluation.result import AlertState
from evaluator.rule_tests.comparing import write_timeline
from evaluator.rule_tests.offsets import format_offset, parse_offset, point_in_time
from evaluator.rule_tests.schedule import NotEvaluated, Schedule
from evaluator.rule_tests.timeline import TimelineError, parse_timeline

START = datetime(2026, 1, 1, tzinfo=UTC)
SCHEDULE = Schedule(START, timedelta(seconds=30), timedelta(minutes=5))
OFFSETS = st.integers(0, 10**7).map(lambda seconds: timedelta(seconds=seconds))


@given(OFFSETS)
def test_an_offset_that_was_written_is_read_back(offset: timedelta) -> None:
    assert parse_offset(format_offset(offset)) == offset


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0m", 0), ("90s", 90), ("1h15m", 4500), ("2d3h", 183600), ("75m", 4500)],
)
def test_an_offset_counts_days_hours_minutes_and_seconds(text: str, seconds: int) -> None:
    assert parse_offset(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "15m1h", "1w", "1.5h", "1h 15m", "P1D", "1H", "-5m"])
def test_what_is_no_offset_is_none(text: str) -> None:
    assert parse_offset(text) is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("-5m", "the offset `-5m` is negative"),
        ("5", "`5` is no offset from the start"),
        (5, "the offset `5` has no unit"),
        (None, "this is no offset from the start"),
        ("2026-01-01T00:00:00", "the time `2026-01-01T00:00:00` has no time zone"),
        ("2026-01-01T00:00:00+02:00", "the time `2026-01-01T00:00:00+02:00` is not in UTC"),
        ("2026-02-30T00:00:00Z", "`2026-02-30T00:00:00Z` is no time that exists"),
        ("0026-01-01T00:00:00Z", "the year 26 is more likely a typing error"),
    ],
)
def test_what_is_no_time_is_explained(value: object, message: str) -> None:
    with pytest.raises(PydanticCustomError) as raised:
        point_in_time(value)

    assert (raised.value.context or {})["message"] == message


STATES = st.lists(st.sampled_from(AlertState), min_size=1, max_size=40)


@given(STATES)
def test_a_timeline_that_was_written_is_read_back(states: list[AlertState]) -> None:
    read: list[AlertState] = []
    for run in parse_timeline(write_timeline(states, SCHEDULE)):
        assert isinstance(run.first, timedelta)
        assert isinstance(run.last, timedelta)
        assert SCHEDULE.number(run.first) == len(read)
        read += [run.state] * (SCHEDULE.number(run.last) - SCHEDULE.number(run.first) + 1)

    assert read == states


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("0m..1h Fried", "Fried", "`Fried` is no state"),
        ("0m NoAlert, 5m", "5m", "`5m` is no part of a timeline"),
        ("0m NoAlert,, 5m Fired", ",", "`` is no part of a timeline"),
        ("0m NoAlert, Fired", "Fired", "`Fired` has no time"),
        ("0m..-5m NoAlert", "-5m", "the offset `-5m` is negative"),
        ("0m...5m NoAlert", "0m...5m NoAlert", "`0m...5m NoAlert` is no part of a timeline"),
    ],
)
def test_what_is_no_timeline_is_refused_where_it_is_wrong(
    text: str, place: str, message: str
) -> None:
    with pytest.raises(TimelineError) as raised:
        parse_timeline(text)

    assert text[raised.value.start : raised.value.end] == place
    assert str(raised.value) == message


@given(st.integers(0, 1000))
def test_an_evaluation_is_found_by_its_time_and_its_offset(number: int) -> None:
    moment = SCHEDULE.time(number)

    assert SCHEDULE.number(moment) == number
    assert SCHEDULE.number(moment - START) == number
    assert SCHEDULE.first_after(moment) == number + 1
    assert SCHEDULE.first_after(moment - timedelta.resolution) == number


def test_a_time_between_evaluations_names_both_neighbours() -> None:
    with pytest.raises(NotEvaluated) as raised:
        SCHEDULE.number(timedelta(minutes=7))

    assert str(raised.value) == "the rule is not evaluated at `7m`, but every 5m"
    assert raised.value.fix == "write 5m30s or 10m30s"
