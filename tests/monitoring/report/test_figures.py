"""Numbers and texts as the report writes them."""

import re
import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.report import figures
from monitoring.report.heat import level
from monitoring.report.sparkline import HEIGHT, WIDTH, sparkline


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0.00"),
        (1.753, "1.75"),
        (9.996, "10.0"),
        (99.96, "100"),
        (1250, "1,250"),
        (2.5e13, "2.5e+13"),
    ],
)
def test_an_exceedance_keeps_three_digits_and_at_least_its_units(
    value: float | None, text: str
) -> None:
    assert figures.exceedance(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0.000"),
        (0.1384, "0.138"),
        (-0.25, "-0.250"),
        (0.9996, "1.00"),
        (12.345, "12.3"),
        (434.83, "435"),
        (25_000.4, "25,000"),
        (3.2e9, "3.20e+09"),
        (1e-7, "1.00e-07"),
    ],
)
def test_a_measure_has_three_significant_digits(value: float | None, text: str) -> None:
    assert figures.measure(value) == text


def test_days_and_moments_are_english_and_in_utc() -> None:
    assert figures.day(date(2026, 5, 3)) == "3 May 2026"
    moment = datetime.fromisoformat("2026-11-20T01:10:00+05:30")
    assert figures.moment(moment) == "19 Nov 19:40"
    assert figures.moment(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)) == "2 Jan 03:04"


def test_changes_name_their_day() -> None:
    assert figures.change(5, 3, "19 Nov") == "+2 since 19 Nov"
    assert figures.change(3, 5, "19 Nov") == "−2 since 19 Nov"
    assert figures.change(3, 3, "19 Nov") == "same as 19 Nov"
    assert figures.change(3, None, "") == ""


@given(st.text(max_size=700))
def test_a_text_moves_nothing_around_it(value: str) -> None:
    shown = figures.text(value)

    assert not {unicodedata.category(c) for c in shown if c != "\u200d"} & {"Cc", "Cf", "Zl", "Zp"}
    assert shown == value or len(value) > figures.LONGEST_TEXT or not value.isprintable()


@given(st.lists(st.none() | st.floats(0, 1e9), max_size=40))
def test_a_line_stays_in_its_box(values: list[float | None]) -> None:
    line = sparkline(values)
    steps = re.findall(r"([Mlh])(\d+)(?: ?(-?\d+))?", line.path.replace("h0", ""))

    assert "".join(f"{k}{r}{'' if d[:1] in ('', '-') else ' '}{d}" for k, r, d in steps) == (
        line.path.replace("h0", "")
    )
    assert len(steps) == sum(value is not None for value in values)
    assert bool(line.last) == bool(values and values[-1] is not None)
    x = y = 0
    for kind, right, down in steps:
        at = (int(right), int(down or 0))
        x, y = at if kind == "M" else (x + at[0], y + at[1])
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_a_line_says_its_range_and_marks_its_end() -> None:
    line = sparkline([0.5, None, 1.0, 2.0, 7.0])

    assert line.path == "M2 18h0M45 13h0l21-11h22"
    assert line.last == "M88 2h0"
    assert line.words == "0.50 to 7.00 times its limit on 4 days"


def test_from_the_third_step_of_the_scale_on_the_limit_is_passed() -> None:
    values = (0.0, 0.5, 0.51, 1.0, 1.01, 1.5, 1.51, 3.0, 3.01, 1e9)

    assert [level(value) for value in values] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
