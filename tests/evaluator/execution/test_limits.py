"""What rows can do to a query: it stops with a sentence, within limits of memory and size."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.execution import database
from evaluator.execution.engine import Engine
from evaluator.execution.errors import ExecutionError, ResultTooLarge, RowError
from evaluator.execution.rows import size_bytes
from tests.evaluator.execution.parity_cases import NOW
from tests.evaluator.execution.running import answer

ROW = {"TimeGenerated": NOW - timedelta(hours=1)}


def test_a_list_that_does_not_fit_into_memory_stops_the_query(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(database, "MEMORY_BYTES", 100 * 1024**2)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ExecutionError, match="need more memory than a run may take"):
        answer("range x from 1 to 100000000 step 1 | summarize n = make_list(x)")

    assert list(tmp_path.iterdir()) == []  # nothing is put aside on the disk


def test_an_engine_takes_4_gb_at_most() -> None:
    with Engine({}) as engine:
        limit, folder = engine.connection.execute(
            "SELECT current_setting('memory_limit'), current_setting('temp_directory')"
        ).fetchall()[0]

    number, unit = limit.split()
    assert float(number) * 1024 ** ("KiB", "MiB", "GiB").index(unit) * 1024 <= 4.01 * 1024**3
    assert folder == ""


def test_lists_count_as_what_is_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluator.execution.engine.MAX_RESULT_BYTES", 8 * 1_000)

    with pytest.raises(ResultTooLarge):
        answer("range x from 1 to 1001 step 1 | summarize make_list(x)")

    assert size_bytes(("ab", 1, ["abc", [1, None]])) == 2 + 8 + 3 + 16


def test_many_large_lists_stop_before_all_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def counted(row: tuple[object, ...]) -> int:
        nonlocal read
        read += 1
        return size_bytes(row)

    monkeypatch.setattr("evaluator.execution.engine.size_bytes", counted)
    with pytest.raises(ResultTooLarge):
        answer("range x from 1 to 4000000 step 1 | summarize make_set(x) by y = x % 40")

    assert read < 40


@pytest.mark.parametrize("text", ["[1,]", '{"a":1,}'])
def test_a_text_of_a_row_that_is_no_json_stays_a_text(text: str) -> None:
    rows = answer("Sensor | project d = parse_json(Name)", {"Sensor": [{**ROW, "Name": text}]})

    assert rows.rows == [(text,)]


def test_dynamic_values_that_cannot_be_read_are_a_sentence() -> None:
    nested = "[" * 3_000 + "]" * 3_000

    with pytest.raises(ExecutionError, match="nested too deeply"):
        answer("Sensor | project d = parse_json(Name)", {"Sensor": [{**ROW, "Name": nested}]})


def test_a_dynamic_cell_that_is_no_json_is_a_sentence() -> None:
    with Engine({}) as engine:
        prepared = engine.prepare(language_service({}).analyse("print d = parse_json('1')"))
        lenient = replace(prepared, sql="SELECT CAST('[1,]' AS JSON) AS d")

        with pytest.raises(ExecutionError, match="no valid JSON"):
            engine.run(lenient, NOW, None)


def test_a_cell_that_is_nested_too_deeply_is_no_cell() -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]

    with pytest.raises(RowError, match="nested too deeply"):
        answer("Sensor | count", {"Sensor": [{**ROW, "Properties": nested}]})


@pytest.mark.parametrize(
    "text",
    [
        "print 10000000d * 10",
        "print 10000000d + 10000000d",
        "datatable(t: timespan) [10675199d] | project -t - 1d",
    ],
)
def test_a_span_beyond_kustos_stops_the_query(text: str) -> None:
    with pytest.raises(ExecutionError, match="a span of time is out of range"):
        answer(text)


def test_a_span_beyond_kustos_is_no_cell() -> None:
    with pytest.raises(RowError, match="10,675,199 days"):
        answer("Sensor | count", {"Sensor": [{**ROW, "Span": timedelta(days=20_000_000)}]})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Sensor | where Name matches regex '['", "a regular expression in the query is not valid"),
        ("Sensor | where extract('(a', 0, Name) == ''", "regular expression"),
        ("Sensor | project replace_regex(Name, '*', '')", "no argument for repetition operator"),
        ("Sensor | project totimespan(Name)", "not of 25:00:00"),
    ],
)
def test_what_stops_a_query_is_said(text: str, reason: str) -> None:
    with pytest.raises(ExecutionError) as caught:
        answer(text, {"Sensor": [{**ROW, "Name": "25:00:00"}]})

    assert reason in str(caught.value)
