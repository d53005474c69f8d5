# ruff: noqa: E501 - a query stays on its line
"""What is not run, said with the place in the query and in words of KQL."""

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.execution.engine import Engine
from evaluator.execution.errors import NotExecutable
from evaluator.tables import Table
from tests.evaluator.execution.running import SENSOR

OTHER = Table("Other", {"TimeGenerated": "datetime", "Name": "long"})
TABLES = {"Sensor": SENSOR, "Other": OTHER}

REFUSED = [
    # The language service comes first: DuckDB ignores the case of names.
    ("sensor | count", "sensor"),
    ("Sensor | where name == 'x'", "name"),
    ("Sensor | wherex", "wherex"),
    # Operators and functions without a parity case.
    ("Sensor | sample 5", "sample 5"),
    ("Sensor | getschema", "getschema"),
    ("Sensor | serialize", "serialize"),
    ("Sensor | as X", "as X"),
    ("Sensor | evaluate bag_unpack(Properties)", "evaluate bag_unpack(Properties)"),
    ("Sensor | make-series avg(Value) on TimeGenerated step 1h", None),
    ("search 'x'", "search 'x'"),
    ("Sensor | extend x = rand()", "rand"),
    ("Sensor | extend x = ingestion_time()", "ingestion_time"),
    ("Sensor | summarize hll(Name)", "hll"),
    ("Sensor | summarize make_bag(Properties)", "make_bag"),
    # Answers that would differ without a word.
    ("union Sensor, Other", "union Sensor, Other"),
    ("Sensor | union Other", "union Other"),
    ("union kind=inner Sensor, (Sensor)", "union kind=inner Sensor, (Sensor)"),
    ("union withsource=S Sensor, (Sensor)", "withsource=S"),
    ("Sensor | sort by Value | summarize make_list(Value)", "make_list(Value)"),
    ("Sensor | where Properties.x > 5", "Properties.x > 5"),
    ("Sensor | where Properties.x == 5", "Properties.x == 5"),
    ("Sensor | where Value in (1.0, 2.0)", "Value in (1.0, 2.0)"),
    ("Sensor | where * has 'x'", "* has 'x'"),
    ("Sensor | where Value % 2 == 0", "Value % 2"),
    ("Sensor | where Price > 1", "Price > 1"),
    ("Sensor | summarize make_set(Properties)", "make_set(Properties)"),
    ("Sensor | summarize take_any(Name, Value)", "take_any(Name, Value)"),
    ("Sensor | summarize arg_max(Value, *), arg_min(Value, *)", None),
    ("Sensor | summarize arg_max(Value, Name), arg_min(Count, Name)", "arg_min(Count, Name)"),
    ("Sensor | summarize (a, b) = arg_max(Value, Name), Name = count()", "arg_max(Value, Name)"),
    ("Sensor | summarize percentile(Value, Count)", None),
    ("Sensor | parse kind=regex Name with 'a' b", "parse kind=regex Name with 'a' b"),
    ("print time(1tick)", "time(1tick)"),
    ("Sensor | extend x = bin_at(Count, 2, 1)", "bin_at(Count, 2, 1)"),
    # Times and spans that are finer than a microsecond, or read in more than one way.
    ("print datetime(2026-01-01 10:00:00.1234567)", "datetime(2026-01-01 10:00:00.1234567)"),
    ("print time(00:00:00.0000001)", "time(00:00:00.0000001)"),
    ("print datetime(2026-02-30)", "datetime(2026-02-30)"),
    ("print datetime(1/2/2026)", "datetime(1/2/2026)"),
    ("print 100000000d", "100000000d"),
    ("print make_datetime(2017, 10, 1, 12, 11, 0.1234567)", "0.1234567"),
    ("Sensor | extend t = make_datetime(2026, 1, 1, 0, 0, Value)", "Value"),
    ("Sensor | extend t = totimespan(Count)", "totimespan(Count)"),
    ("range x from 0.5 to 2.5 step 0.5", "range x from 0.5 to 2.5 step 0.5"),
    # Lists of what dynamic values hold otherwise, or of rows in an order.
    ("Sensor | summarize make_list(TimeGenerated)", "make_list(TimeGenerated)"),
    ("Sensor | summarize make_set(Span)", "make_set(Span)"),
    ("Sensor | summarize make_list_if(Id, Ok)", "make_list_if(Id, Ok)"),
    ("Sensor | top 3 by Value | where Ok | summarize make_list(Count)", "make_list(Count)"),
    (
        "Sensor | order by Count | extend s = tostring(Count) | summarize strcat_array(make_list(s), ',')",
        "make_list(s)",
    ),
    (
        "let T = Sensor | order by Count; T | project Name | summarize make_list(Name)",
        "make_list(Name)",
    ),
    (
        "let T = materialize((Sensor | top 3 by Count)); T | summarize make_list(Name)",
        "make_list(Name)",
    ),
    ("range x from 3 to 1 step -1 | summarize make_list(x)", "make_list(x)"),
    ("range x from 1 to 3 step 1 | extend x = 0 - x | summarize make_list(x)", "make_list(x)"),
    # DuckDB takes names that differ in case for one.
    ("print Name = 1, name = 2", "print Name = 1, name = 2"),
    # What could change the clock or reach out.
    ("set query_now = datetime(2020-01-01); Sensor | count", None),
    ("declare query_parameters(a: long = 5); Sensor | where Count > a", None),
    ("externaldata(a: string) ['/etc/passwd']", "externaldata(a: string) ['/etc/passwd']"),
    ("cluster('x').database('y').Sensor", None),
    (".show tables", None),
]


@pytest.mark.parametrize(("text", "place"), REFUSED, ids=[text for text, _ in REFUSED])
def test_a_query_is_refused_where_it_is_not_exact(text: str, place: str | None) -> None:
    with Engine(TABLES) as engine, pytest.raises(NotExecutable) as caught:
        engine.prepare(language_service(TABLES).analyse(text))

    refusal = caught.value
    assert 0 <= refusal.start <= refusal.end <= len(text)
    assert place is None or text[refusal.start : refusal.end] == place
    assert refusal.reason
    assert refusal.hint
    for word in ("Catalog", "Binder", "SELECT", "duckdb."):
        assert word not in refusal.reason + refusal.hint


def test_what_duckdb_kql_refuses_is_said_in_words_of_kql() -> None:
    text = "let f = (T: (Value: real)) { T | count }; f(Sensor)"

    with Engine(TABLES) as engine, pytest.raises(NotExecutable) as caught:
        engine.prepare(language_service(TABLES).analyse(text))

    assert caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        "print " + "iff(1 > 2, 1, " * 200 + "0" + ")" * 200,
        "print " + "+".join(["1"] * 2_000),
        "Sensor" + " | where Count > 1" * 1_000,
        "Sensor | where " + " or ".join(f"Name == '{n}'" for n in range(1_000)),
    ],
    ids=["calls", "sum", "pipes", "or"],
)
def test_a_query_that_is_nested_too_deeply_is_refused(text: str) -> None:
    with Engine(TABLES) as engine, pytest.raises(NotExecutable, match="nested too deeply"):
        engine.prepare(language_service(TABLES).analyse(text))


def test_columns_that_differ_in_case_are_named() -> None:
    table = Table("T", {"TimeGenerated": "datetime", "Name": "string", "name": "long"})

    with Engine({"T": table}) as engine, pytest.raises(NotExecutable, match="`Name` and `name`"):
        engine.prepare(language_service({"T": table}).analyse("T | count"))
