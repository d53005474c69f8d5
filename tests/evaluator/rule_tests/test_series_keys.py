"""Combinations of dimensions as texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.rule_tests.series_keys import SeriesKeyError, format_series, parse_series_key

TEXTS = st.text(max_size=12)
SERIES = st.dictionaries(TEXTS.filter(lambda t: t != "<<"), TEXTS, max_size=4)


@given(SERIES)
def test_a_series_that_was_written_is_read_back(series: dict[str, str]) -> None:
    assert parse_series_key(format_series(series.items())) == series


def test_plain_names_and_values_are_written_without_quotes() -> None:
    assert format_series([("circuit_id", "c1"), ("n", "1")]) == '{circuit_id: c1, n: "1"}'


def test_numbers_and_truths_are_texts_as_in_azure() -> None:
    assert parse_series_key("{a: 1, b: 2.50, c: true}") == {"a": "1", "b": "2.50", "c": "true"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "c1",
        "circuit_id: c1",
        "{c1}",
        "{a: b, a: c}",
        "{a: [1]}",
        "{a: ~}",
        "{a: b",
        "{a: b} c",
    ],
)
def test_what_is_no_combination_is_refused(text: str) -> None:
    with pytest.raises(SeriesKeyError):
        parse_series_key(text)
