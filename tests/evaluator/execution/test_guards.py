"""Each guard is needed: with it the answer is Kusto's, and without it not.

A test here that fails with "needed" means that duckdb-kql or DuckDB now does it by itself.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.execution import aggregates, expressions, operators, translation
from evaluator.execution.engine import Engine
from evaluator.execution.errors import ExecutionError, NotExecutable
from tests.evaluator.execution.parity_cases import NOW
from tests.evaluator.execution.running import SENSOR, answer, are_same

Remove = Callable[[pytest.MonkeyPatch], None]
NAN = "datatable(v: real, w: real) [real(nan), 1.0]"


def handler(kind: str) -> Remove:
    return lambda patch: patch.delitem(translation._HANDLERS, kind)


def call(name: str) -> Remove:
    return lambda patch: patch.delitem(expressions._SPECIAL_CALLS, name)


def aggregate(table: str, name: str) -> Remove:
    return lambda patch: patch.delitem(getattr(aggregates, table), name)


def filling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(operators, "_filled", lambda columns: "")


def number_in_extremes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(expressions, "may_be_nan", lambda node: False)


def texts_of_nulls(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(expressions, "_all_text", lambda parameters: True)


GUARDS: list[tuple[str, Remove, str, list[tuple[object, ...]]]] = [
    ("NaN > x", handler("GreaterThanExpression"), f"{NAN} | where v > w", []),
    ("NaN >= x", handler("GreaterThanOrEqualExpression"), f"{NAN} | where v >= w", []),
    ("x < NaN", handler("LessThanExpression"), f"{NAN} | where w < v", []),
    ("x <= NaN", handler("LessThanOrEqualExpression"), f"{NAN} | where w <= v", []),
    ("NaN == NaN", handler("EqualExpression"), f"{NAN} | where v == v | count", [(0,)]),
    ("NaN != NaN", handler("NotEqualExpression"), f"{NAN} | where v != v | count", [(1,)]),
    ("between NaN", handler("BetweenExpression"), f"{NAN} | where w between (0.0 .. v)", []),
    (
        "!between NaN",
        handler("NotBetweenExpression"),
        f"{NAN} | where w !between (0.0 .. v) | count",
        [(1,)],
    ),
    (
        "avg of nothing",
        handler("GreaterThanExpression"),
        "datatable(v: real) [] | summarize a = avgif(v, v > 0) | where a > 0.2",
        [],
    ),
    (
        "max of NaN",
        aggregate("_OF_REALS", "max"),
        "datatable(v: real) [real(nan), 2.0] | summarize max(v)",
        [(2.0,)],
    ),
    (
        "maxif of NaN",
        aggregate("_OF_REALS", "maxif"),
        "datatable(v: real) [real(nan), 2.0] | summarize maxif(v, true)",
        [(2.0,)],
    ),
    (
        "NaN in order",
        handler("SortOperator"),
        f"{NAN} | union (print v = 2.0) | sort by v | take 1",
        [(2.0, None)],
    ),
    (
        "NaN in top",
        handler("TopOperator"),
        f"{NAN} | union (print v = 2.0) | top 1 by v",
        [(2.0, None)],
    ),
    ("max_of NaN", number_in_extremes, f"{NAN} | project max_of(v, w)", [(1.0,)]),
    (
        "real / 0",
        handler("DivideExpression"),
        "datatable(v: real, n: long) [1.0, 0] | project v / n",
        [(inf,)],
    ),
    (
        "timespan / timespan",
        handler("DivideExpression"),
        "datatable(a: timespan, b: timespan) [1d, 6h] | project a / b",
        [(4.0,)],
    ),
    (
        "weeks begin on Monday",
        call("bin"),
        "print bin(datetime(2026-01-07), 7d)",
        [(datetime(2026, 1, 5, tzinfo=UTC),)],
    ),
    (
        "bins of less than a second",
        call("bin"),
        "print bin(datetime(2026-01-08 12:34:56.008), 1ms)",
        [(datetime(2026, 1, 8, 12, 34, 56, 8000, tzinfo=UTC),)],
    ),
    (
        "bins of a computed size",
        call("bin"),
        "print bin(datetime(2026-01-08 12:34:56), 1d / 24)",
        [(datetime(2026, 1, 8, 12, tzinfo=UTC),)],
    ),
    ("no JSON", call("parse_json"), "print tostring(parse_json('no'))", [("no",)]),
    ("bin_at", call("bin_at"), "print bin_at(6.5, 2.5, 7.0)", [(4.5,)]),
    ("null in dynamic", call("isnull"), "print isnull(dynamic({'a': null}).a)", [(True,)]),
    (
        "null in dynamic, not",
        call("isnotnull"),
        "print isnotnull(dynamic({'a': null}).a)",
        [(False,)],
    ),
    (
        "keyword as a name",
        handler("NameReference"),
        "print limit = 1 | extend x = limit + 1 | project x",
        [(2,)],
    ),
    (
        "key of a text",
        handler("ElementExpression"),
        "print d = dynamic({'k1': 7}), n = 1 | project tolong(d[strcat('k', n)])",
        [(7,)],
    ),
    (
        "ints calculate as longs",
        handler("PrimitiveTypeExpression"),
        "datatable(i: int) [2147483647] | project i + i",
        [(4294967294,)],
    ),
    (
        "names of aggregates",
        handler("SummarizeOperator"),
        "datatable(b: bool) [true] | summarize countif(b) | project countif_b",
        [(1,)],
    ),
    (
        "names of a tuple",
        handler("SummarizeOperator"),
        "datatable(t: long, v: long) [1, 7] | summarize (a, b) = arg_max(t, v) | project b",
        [(7,)],
    ),
    (
        "maxSize",
        aggregate("_LISTS", "make_list"),
        "range x from 1 to 9 step 1 | summarize l = make_list(x, 2)",
        [([1, 2],)],
    ),
    (
        "maxSize of a set",
        aggregate("_LISTS", "make_set"),
        "range x from 1 to 9 step 1 | summarize l = make_set(x, 2)",
        [([1, 2],)],
    ),
    (
        "no null strings after a join",
        filling,
        "print k = 'a' | join kind=leftouter (datatable(k: string) []) on k"
        " | where k1 == '' | count",
        [(1,)],
    ),
    (
        "no null strings after a lookup",
        filling,
        "print k = 'a' | lookup (datatable(k: string, s: string) []) on k | where s == '' | count",
        [(1,)],
    ),
    (
        "no null strings in a union",
        filling,
        "union (print a = 1, s = 'x'), (print a = 2) | where s == '' | count",
        [(1,)],
    ),
    (
        "no null strings of aggregates",
        filling,
        "datatable(s: string) [] | summarize m = max(s) | where m == '' | count",
        [(1,)],
    ),
    (
        "no null strings of functions",
        texts_of_nulls,
        "print s = format_datetime(datetime(null), 'yyyy') | where s == '' | count",
        [(1,)],
    ),
    (
        "renamed columns",
        handler("ProjectAwayOperator"),
        "print a1 = 1, a2 = 2, b = 3 | project-away a*",
        [(3,)],
    ),
]


@pytest.mark.parametrize(
    ("remove", "text", "expected"), [g[1:] for g in GUARDS], ids=[g[0] for g in GUARDS]
)
def test_with_a_guard_the_answer_is_kustos_and_without_it_not(
    remove: Remove,
    text: str,
    expected: list[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert are_same(answer(text).rows, expected, ordered=True)
    remove(monkeypatch)

    try:
        without = answer(text).rows
    except (ExecutionError, NotExecutable):
        return
    assert not are_same(without, expected, ordered=True), "this guard is no longer needed"


def sensor_rows() -> list[dict[str, object]]:
    minutes = (1, 29, 31, 61)
    return [{"TimeGenerated": NOW - timedelta(minutes=m), "Value": float(m)} for m in minutes]


BINNED = "Sensor | summarize sum(Value) by bin(TimeGenerated, 30m)"


def test_windows_of_an_alert_end_at_the_evaluation() -> None:
    rows = answer(BINNED, {"Sensor": sensor_rows()}, alert=True).rows

    starts = {(NOW - row[0]) // timedelta(minutes=1): row[1] for row in rows}  # type: ignore[operator]
    assert starts == {30: 30.0, 60: 31.0, 90: 61.0}


def test_windows_of_other_queries_end_on_the_clock() -> None:
    rows = answer(BINNED, {"Sensor": sensor_rows()}, alert=False).rows

    assert {row[0].minute for row in rows} <= {0, 30}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "Sensor | summarize v = sum(Value) by t = bin(TimeGenerated, 30m)"
        " | summarize max(v) by bin(t, 30m)",
        "let T = Sensor | summarize v = sum(Value) by t = bin(TimeGenerated, 30m); T | where v > 0",
        "Sensor | extend t = bin(TimeGenerated, 30m) | project t",
    ],
)
def test_only_the_last_summarize_of_an_alert_is_moved(text: str) -> None:
    with Engine({"Sensor": SENSOR}) as engine:
        analysis = language_service({"Sensor": SENSOR}).analyse(text)
        source = translation.rewritten(analysis, alert=True)
        engine.prepare(analysis)

    last = source.rindex("mlmon_bin_time")
    assert "datetime(0001-01-01)" in source[: last + 80]
    assert source.count("now()") == (1 if text.count("summarize") == 2 else 0)


def test_ties_of_arg_max_have_one_answer_whatever_the_order_of_rows() -> None:
    cells = [
        {"TimeGenerated": NOW - timedelta(hours=1), "Value": v, "Name": str(v)}
        for v in (2.0, 3.0, 1.0)
    ]
    text = "Sensor | summarize arg_max(TimeGenerated, Value, Name)"

    answers = {tuple(answer(text, {"Sensor": order}).rows[0][1:]) for order in (cells, cells[::-1])}

    assert answers == {(3.0, "3.0")}
