"""Rows in tables, what an evaluation sees of them, and limits."""

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.execution import rows as rows_module
from evaluator.execution.engine import Engine
from evaluator.execution.errors import ExecutionError, ResultTooLarge, RowError
from evaluator.tables import Table
from tests.evaluator.execution.parity_cases import NOW
from tests.evaluator.execution.running import SENSOR, answer

HOUR = timedelta(hours=1)
TABLES = {"Sensor": SENSOR}


def test_cells_come_back_as_they_were_added() -> None:
    row = {
        "TimeGenerated": NOW - HOUR,
        "Name": "a\x00ü😀",
        "Value": 0.1,
        "Count": -(2**63),
        "Small": 2**31 - 1,
        "Properties": {"a": [1, None, "x"], "b": {"c": 0.5}},
        "Span": timedelta(days=-1, microseconds=1),
        "Ok": False,
        "Id": "74be27de-1e4e-49d9-b579-fe0b331d3642",
        "Price": Decimal("1.5"),
    }
    columns = ", ".join(name for name in SENSOR.columns if name != "Price")

    rows = answer(f"Sensor | project {columns}", {"Sensor": [row]})

    assert [dict(zip(columns.split(", "), r, strict=True)) for r in rows.rows] == [
        {name: cell for name, cell in row.items() if name != "Price"}
    ]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308])
def test_extreme_reals_come_back_as_they_were_added(value: float) -> None:
    rows = answer(
        "Sensor | project Value", {"Sensor": [{"TimeGenerated": NOW - HOUR, "Value": value}]}
    )

    assert repr(rows.rows) == repr([(value,)])


def test_missing_cells_are_null_and_missing_texts_empty() -> None:
    at = NOW - HOUR
    given: list[dict[str, object]] = [
        {"TimeGenerated": at},
        {"TimeGenerated": at, "Name": None, "Value": 1},
    ]

    rows = answer("Sensor | project Name, Value, Properties | where Name == ''", {"Sensor": given})

    assert rows.rows == [("", None, None), ("", 1.0, None)]


def test_times_of_other_zones_are_moved_to_utc() -> None:
    zone = timezone(timedelta(hours=2))
    given = [{"TimeGenerated": datetime(2026, 1, 8, 3, 0, tzinfo=zone)}]

    rows = answer("Sensor | project TimeGenerated", {"Sensor": given})

    assert rows.rows == [(datetime(2026, 1, 8, 1, 0, tzinfo=UTC),)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"Valu": 1.0}, "row 2 of `Sensor`: there is no column `Valu`; did you mean `Value`?"),
        ({"Value": "1"}, "row 2 of `Sensor`, column `Value` (real): '1' is not a number"),
        ({"Value": True}, "row 2 of `Sensor`, column `Value` (real): True is not a number"),
        ({"Count": 1.5}, "column `Count` (long): 1.5 is not a whole number"),
        ({"Small": 2**31}, "column `Small` (int): 2147483648 is not a number of 32 bits"),
        ({"Name": 5}, "column `Name` (string): 5 is not a string"),
        ({"Name": "\ud800"}, "is not valid Unicode"),
        ({"Ok": 1}, "column `Ok` (bool): 1 is not true or false"),
        ({"Span": 5}, "column `Span` (timespan): 5 is not a duration"),
        ({"Id": "x"}, "column `Id` (guid): 'x' is not a GUID"),
        ({"Price": 1.5}, "column `Price` (decimal): 1.5 is not a decimal"),
        ({"Price": Decimal("nan")}, "is not a finite decimal"),
        ({"Properties": {"a": NOW}}, "cannot be written as JSON"),
        ({"Properties": {"a": math.nan}}, "cannot be written as JSON"),
        ({"TimeGenerated": "2026"}, "column `TimeGenerated` (datetime): '2026' is not a time"),
        ({"TimeGenerated": datetime(2026, 1, 1)}, "has no time zone"),  # noqa: DTZ001
        ({"TimeGenerated": None}, "row 2 of `Sensor` has no `TimeGenerated`"),
    ],
)
def test_a_row_that_does_not_fit_says_which_and_why(row: dict[str, object], message: str) -> None:
    good = {"TimeGenerated": NOW}

    with Engine(TABLES) as engine, pytest.raises(RowError) as caught:
        engine.add_rows("Sensor", [good, {**good, **row}])

    assert message in str(caught.value)


def test_an_unknown_table_says_what_is_meant() -> None:
    with Engine(TABLES) as engine, pytest.raises(RowError, match="did you mean `Sensor`"):
        engine.add_rows("Sensors", [])


def test_an_evaluation_sees_its_range_up_to_now_and_not_now() -> None:
    at = [
        NOW - 2 * HOUR - timedelta(microseconds=1),
        NOW - 2 * HOUR,
        NOW - timedelta(microseconds=1),
        NOW,
    ]
    given = [{"TimeGenerated": moment, "Count": i} for i, moment in enumerate(at)]

    rows = answer("Sensor | project Count", {"Sensor": given}, query_range=2 * HOUR)

    assert rows.rows == [(1,), (2,)]


def test_an_alert_never_sees_more_than_two_days() -> None:
    given = [{"TimeGenerated": NOW - timedelta(hours=h)} for h in (1, 47, 49)]
    week = timedelta(days=7)

    alert = answer("Sensor | count", {"Sensor": given}, alert=True, query_range=week)
    other = answer("Sensor | count", {"Sensor": given}, alert=False, query_range=week)

    assert (alert.rows, other.rows) == ([(2,)], [(3,)])


def test_a_late_row_is_seen_when_its_latency_is_over() -> None:
    with Engine(TABLES) as engine:
        engine.add_rows("Sensor", [{"TimeGenerated": NOW - HOUR}], latency=timedelta(minutes=30))
        prepared = engine.prepare(language_service(TABLES).analyse("Sensor | count"))

        counts = [
            engine.run(prepared, NOW - timedelta(minutes=m), None).rows[0][0] for m in (31, 30, 0)
        ]

    assert counts == [0, 1, 1]


def test_datasets_do_not_see_each_other() -> None:
    with Engine(TABLES) as engine:
        for dataset in (0, 1, 1):
            engine.add_rows("Sensor", [{"TimeGenerated": NOW - HOUR}], dataset=dataset)
        prepared = engine.prepare(language_service(TABLES).analyse("Sensor | count"))

        counts = [engine.run(prepared, NOW, None, dataset=d).rows[0][0] for d in (0, 1, 2)]

    assert counts == [1, 2, 0]


def test_rows_can_be_added_after_a_query_has_run() -> None:
    with Engine(TABLES) as engine:
        prepared = engine.prepare(language_service(TABLES).analyse("Sensor | count"))
        before = engine.run(prepared, NOW, None).rows
        engine.add_rows("Sensor", [{"TimeGenerated": NOW - HOUR}])

        assert (before, engine.run(prepared, NOW, None).rows) == ([(0,)], [(1,)])


def test_files_can_be_added_only_before_a_query_has_run() -> None:
    select = 'SELECT TIMESTAMP \'2026-01-08\' AS "TimeGenerated", NULL AS "Name"'
    with Engine(TABLES) as engine:
        engine.add_relation("Sensor", select, ["TimeGenerated", "Name"])
        prepared = engine.prepare(language_service(TABLES).analyse("Sensor | where Name == ''"))
        rows = engine.run(prepared, NOW, None).rows

        assert len(rows) == 1
        with pytest.raises(RowError, match="only before the first query"):
            engine.add_relation("Sensor", select, ["TimeGenerated", "Name"])


@pytest.mark.parametrize(
    "text",
    [
        "Sensor",
        "Sensor | project-away Price",
        "Sensor | project-reorder Name",
        "Sensor | summarize arg_max(TimeGenerated, *) by Name",
        "Sensor | join kind=inner (Sensor) on Name",
        "union Sensor, (Sensor)",
        "Sensor | distinct Name, Value",
    ],
)
def test_hidden_columns_are_never_seen(text: str) -> None:
    columns = {name: kind for name, kind in SENSOR.columns.items() if kind != "decimal"}
    columns["Price"] = "real"

    rows = answer(text, {}, {"Sensor": Table("Sensor", columns)})

    assert {c.name.rstrip("1") for c in rows.columns} <= columns.keys()
    assert all(len(row) == len(rows.columns) for row in rows.rows)


def test_a_query_is_translated_once() -> None:
    with Engine(TABLES) as engine:
        analysis = language_service(TABLES).analyse("Sensor | count")

        assert engine.prepare(analysis) is engine.prepare(analysis)
        assert engine.prepare(analysis) is not engine.prepare(analysis, alert=False)


def test_a_query_over_the_time_limit_is_stopped() -> None:
    text = (
        "range a from 1 to 100000 step 1 | extend k = 1"
        " | join kind=inner (range b from 1 to 100000 step 1 | extend k = 1) on k"
        " | summarize sum(a * b % 7)"
    )
    with Engine({}, timeout_s=0.2) as engine:
        prepared = engine.prepare(language_service({}).analyse(text))

        with pytest.raises(ExecutionError, match=r"longer than 0\.2 s and was stopped"):
            engine.run(prepared, NOW, None)
        one = engine.prepare(language_service({}).analyse("print 1"))
        assert engine.run(one, NOW, None).rows == [(1,)]


def test_a_result_over_azures_size_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "range a from 1 to 3000 step 1 | extend t = strcat('x', 'y')"
    with Engine({}) as engine:
        prepared = engine.prepare(language_service({}).analyse(text))
        assert len(engine.run(prepared, NOW, None).rows) == 3000
        monkeypatch.setattr("evaluator.execution.engine.MAX_RESULT_BYTES", 10 * 3000 - 1)

        with pytest.raises(ResultTooLarge, match="larger than"):
            engine.run(prepared, NOW, None)

    assert rows_module.MAX_RESULT_BYTES == 20 * 1024 * 1024


def test_a_query_ends_with_a_comment() -> None:
    assert answer("print 1 // the end").rows == [(1,)]
