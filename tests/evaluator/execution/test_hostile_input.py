"""Names, texts and cells that would be SQL, paths or settings if anything let them."""

from datetime import timedelta

import duckdb
import pytest

from evaluator.analysis.language_service import language_service
from evaluator.execution.engine import Engine
from evaluator.execution.errors import ExecutionError, NotExecutable
from evaluator.tables import Table
from generator.escape import kql_string
from tests.evaluator.execution.parity_cases import NOW
from tests.evaluator.execution.running import answer

HOSTILE = [
    "a'b",
    'a"b',
    'x"; DROP TABLE t0; --',
    "'; ATTACH '/tmp/x' AS y; --",
    "/etc/passwd",
    "read_csv('/etc/passwd')",
    "$evaluation_time",
    "e.now",
    "{0}",
    "%s",
    "a\\b",
    "a\nb",
    "Ünïcødé 😀",
    "select",
]
ROW = {"TimeGenerated": NOW - timedelta(hours=1)}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_of_a_table_or_column_is_a_name(name: str) -> None:
    table = Table(name, {"TimeGenerated": "datetime", name: "string"})
    quoted = f"[{kql_string(name)}]"
    text = f"{quoted} | where {quoted} == 'x' | summarize n = count() by {quoted}"

    rows = answer(text, {name: [{**ROW, name: "x"}, {**ROW, name: "y"}]}, {name: table})

    assert rows.rows == [("x", 1)]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_a_text(text: str) -> None:
    literal = kql_string(text)
    query = f"Sensor | where Name == {literal} | project Name, other = strcat({literal}, '!')"

    rows = answer(query, {"Sensor": [{**ROW, "Name": text}]})

    assert rows.rows == [(text, f"{text}!")]


@pytest.mark.parametrize("key", HOSTILE)
def test_a_hostile_key_of_a_dynamic_value_is_a_key(key: str) -> None:
    query = f"Sensor | project tostring(Properties[{kql_string(key)}])"

    rows = answer(query, {"Sensor": [{**ROW, "Properties": {key: "found"}}]})

    assert rows.rows == [("found",)]


@pytest.mark.parametrize(
    "text",
    [
        "read_csv('/etc/passwd')",
        "read_text('/etc/passwd') | count",
        "['/etc/passwd'] | count",
        "duckdb_settings() | count",
        "['information_schema.tables'] | count",
        "t0 | count",
        "print getenv('HOME')",
        "print current_setting('threads')",
        "print mlmon_gt(1.0, 2.0)",
        "evaluations | count",
    ],
)
def test_a_query_reaches_nothing_but_the_tables(text: str) -> None:
    with pytest.raises(NotExecutable):
        answer(text)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "COPY t0 TO '/tmp/mlmon-test.csv'",
        "ATTACH '/tmp/mlmon-test.db' AS other",
        "INSTALL httpfs",
        "LOAD '/tmp/mlmon-test.duckdb_extension'",
        "SET enable_external_access = true",
        "SET autoload_known_extensions = true",
        "RESET lock_configuration",
        "SELECT * FROM HOSTILE",
    ],
)
def test_even_sql_reaches_nothing_once_a_query_was_prepared(statement: str) -> None:
    tables = {"T": Table("T", {"TimeGenerated": "datetime"})}
    with Engine(tables) as engine:
        engine.prepare(language_service(tables).analyse("T | count"))

        with pytest.raises(duckdb.Error):
            engine.connection.execute(statement).fetchall()


def test_what_the_rows_make_impossible_is_a_sentence_without_sql() -> None:
    row = {**ROW, "Count": 2**62}

    with pytest.raises(ExecutionError) as caught:
        answer("Sensor | project Count * Count", {"Sensor": [row]})

    assert "out of range" in str(caught.value)
    assert "BIGINT" not in str(caught.value)
    assert "INT64" not in str(caught.value)
