"""What a person is told whose export cannot be used: file, row, column, cell, and what to do."""

from pathlib import Path

import pytest

from tests.evaluator.recorded.conftest import Write, told

GOOD = "2026-01-05T02:00:00Z"
UTC_FIX = (
    "if it is UTC, say so: write `Z` behind it, name the column `TimeGenerated [UTC]`, "
    "or, in a back-test, pass --assume-utc"
)


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("Value", "high", "a number"),
        ("Value", "1e999", "a number"),
        ("Count", "1.5", "a whole number of 32 bits"),
        ("Count", "3000000000", "a whole number of 32 bits"),
        ("Total", "1e30", "a whole number of 64 bits"),
        ("IsOn", "1", "true or false"),
        ("Id", "C1", "a GUID"),
        ("Lasted", "5", "a duration such as 1.02:03:04"),
        ("Properties", "circuit=1", "JSON"),
    ],
)
def test_a_cell_of_another_type(write: Write, column: str, cell: str, expected: str) -> None:
    write("Sensor.csv", f"TimeGenerated,{column}\n{GOOD},\n{GOOD},{cell}\n{GOOD},{cell}\n")

    assert told("Sensor.csv") == [
        f"data/wrong-type Sensor.csv:3: Sensor.csv, row 2, column `{column}`: `{cell}` is not "
        f"{expected}, as in 1 more => write {expected}, or leave the cell empty"
    ]


def test_a_cell_of_another_type_in_json(write: Write) -> None:
    good = f'{{"TimeGenerated": "{GOOD}", "Value": 1}}\n'
    write("Sensor.ndjson", good + "\n" + good.replace("1}", '{"a": 1}}'))

    assert told("Sensor.ndjson") == [
        'data/wrong-type Sensor.ndjson:3: Sensor.ndjson, row 2, column `Value`: `{"a":1}` is not '
        "a number => write a number, or leave the cell empty"
    ]


@pytest.mark.parametrize("cell", ["5", "true", '{"a":1}', "[1]"])
def test_what_is_no_text_in_a_column_of_text_in_json(cell: str, write: Write) -> None:
    good = f'{{"TimeGenerated": "{GOOD}", "Name": "5"}}\n'
    write("Sensor.ndjson", good + good.replace('"5"', cell) + good.replace('"5"', "null"))

    assert told("Sensor.ndjson") == [
        f"data/wrong-type Sensor.ndjson:2: Sensor.ndjson, row 2, column `Name`: `{cell}` is not "
        "text => write text, or leave the cell empty"
    ]


def test_a_column_of_another_type_in_parquet(parquet: Write) -> None:
    parquet("Sensor.parquet", f"SELECT '{GOOD}' AS TimeGenerated, [1] AS Name, true AS Value")

    assert told("Sensor.parquet") == [
        "data/wrong-type Sensor.parquet:1: the column `Name` has the type INTEGER[], expected text "
        "=> export it as string",
        "data/wrong-type Sensor.parquet:1: the column `Value` has the type BOOLEAN, expected a "
        "number => export it as real",
    ]


def test_a_cell_of_another_type_in_parquet(parquet: Write) -> None:
    parquet("Sensor.parquet", f"SELECT '{GOOD}' AS TimeGenerated, unnest([1.0, 2.5]) AS Count")

    assert told("Sensor.parquet") == [
        "data/wrong-type Sensor.parquet:1: Sensor.parquet, row 2, column `Count`: `2.5` is not a "
        "whole number of 32 bits => write a whole number of 32 bits, or leave the cell empty"
    ]


def test_a_time_without_a_zone(write: Write, parquet: Write) -> None:
    write("Sensor.csv", "TimeGenerated\n2026-01-05T02:00:00\n")
    parquet("Sensor.parquet", "SELECT TIMESTAMP '2026-01-05 02:00:00' AS TimeGenerated")

    assert told(".") == [
        "data/no-time-zone Sensor.csv:2: Sensor.csv, row 1, column `TimeGenerated`: the time "
        f"`2026-01-05T02:00:00` states no time zone => {UTC_FIX}",
        "data/no-time-zone Sensor.parquet:1: Sensor.parquet, row 1, column `TimeGenerated`: the "
        f"time `2026-01-05 02:00:00` states no time zone => {UTC_FIX}",
    ]


@pytest.mark.parametrize("cell", ["yesterday", "2026-02-30T00:00:00Z", "13/5/2026", "infinity"])
def test_a_time_that_is_none(write: Write, cell: str) -> None:
    write("Sensor.csv", f"TimeGenerated [UTC]\n{cell}\n")

    assert told("Sensor.csv") == [
        f"data/wrong-type Sensor.csv:2: Sensor.csv, row 1, column `TimeGenerated [UTC]`: `{cell}` "
        "is not a time such as 2026-01-05T02:00:00Z => write a time such as 2026-01-05T02:00:00Z, "
        "or leave the cell empty"
    ]


def test_a_row_without_a_time(write: Write) -> None:
    write("Sensor.ndjson", f'{{"TimeGenerated": "{GOOD}"}}\n{{"Name": "a"}}\n')

    assert told("Sensor.ndjson") == [
        "data/no-time Sensor.ndjson:2: Sensor.ndjson, row 2 has no `TimeGenerated` => "
        "leave the row out; Azure gives every row a time"
    ]


def test_a_file_without_times(write: Write) -> None:
    write("Sensor.csv", "Name\na\n")

    assert told("Sensor.csv") == [
        "data/no-time Sensor.csv:1: Sensor.csv has no column `TimeGenerated` => "
        "export whole rows: rules look at rows by this time"
    ]


def test_columns_that_the_table_lacks(write: Write) -> None:
    write("Sensor.csv", f"timegenerated,Nmae,Other,TimeGenerated [Local Time]\n{GOOD},a,b,{GOOD}\n")

    assert told("Sensor.csv") == [
        "data/unknown-column Sensor.csv:1: the table `Sensor` has no column `timegenerated` => "
        "did you mean `TimeGenerated`?",
        "data/unknown-column Sensor.csv:1: the table `Sensor` has no column `Nmae` => "
        "did you mean `Name`?",
        "data/unknown-column Sensor.csv:1: the table `Sensor` has no column `Other` => "
        "leave it out, or add it to the columns of `Sensor`",
        "data/unknown-column Sensor.csv:1: the table `Sensor` has no column "
        "`TimeGenerated [Local Time]` => set the portal's time zone to UTC and export it anew",
    ]


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("Sensor.csv", f"Name,TimeGenerated,Name\na,{GOOD},b\n",
         "the column `Name` stands twice in the header"),
        ("Sensor.csv", f"TimeGenerated,TimeGenerated [UTC]\n{GOOD},{GOOD}\n",
         "the column `TimeGenerated` stands twice, once as `TimeGenerated [UTC]`"),
        ("Sensor.ndjson", f'{{"TimeGenerated": "{GOOD}", "Name": "a", "Name": "b"}}',
         "the key `Name` stands twice in a row"),
    ],
)  # fmt: skip
def test_a_column_that_stands_twice(write: Write, name: str, text: str, where: str) -> None:
    write(name, text)

    assert told(name) == [f"data/duplicate-column {name}:1: {where} => keep one of them"]


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        (f"{GOOD}\n", 2, "the line has fewer columns than the header"),
        (f"{GOOD},a\n{GOOD},a,b\n", 3, "the line has more columns than the header"),
        (f'{GOOD},"a\n', 2, "a quote does not end"),
    ],
)
def test_a_line_that_is_no_csv(write: Write, lines: str, line: int, what: str) -> None:
    write("Sensor.csv", "TimeGenerated,Name\n" + lines)

    assert told("Sensor.csv") == [
        f"data/unreadable Sensor.csv:{line}: Sensor.csv, line {line}: {what} => "
        "write commas and line breaks inside of quotes, and a quote as two"
    ]


@pytest.mark.parametrize("line", ["{bad", "[1, 2]", '"text"'])
def test_a_line_that_is_no_json_object(write: Write, line: str) -> None:
    write("Sensor.ndjson", f'{{"TimeGenerated": "{GOOD}"}}\n{line}\n')

    assert told("Sensor.ndjson") == [
        "data/unreadable Sensor.ndjson:2: line 2 is no JSON object => "
        "write one JSON object a line, or one array of objects"
    ]


@pytest.mark.parametrize("name", ["Sensor.csv", "Sensor.ndjson", "Sensor.parquet"])
def test_an_empty_file(write: Write, name: str) -> None:
    write(name, "")

    assert told(name) == [
        f"data/empty {name}:1: {name} is empty => export it anew, or leave it out"
    ]


def test_files_without_rows(write: Write) -> None:
    write("Sensor.csv", "TimeGenerated,Name\n")

    assert told("Sensor.csv") == [
        "data/empty Sensor.csv:1: the recorded files have no rows => export a time range with rows"
    ]


def test_files_that_are_not_what_their_names_say(write: Write) -> None:
    write("Sensor.parquet", "TimeGenerated,Name\n")
    write("Sensor.csv.gz", "TimeGenerated,Name\n")
    write("Sensor.ndjson", "TimeGenerated,Name\n")
    write("Sensor_semicolons.csv", f"TimeGenerated;Name\n{GOOD};a\n")
    Path("Sensor_latin.csv").write_bytes(b"TimeGenerated,Name\xe9\n")

    problems = told(".")

    assert [p.partition(" ")[0] for p in problems] == ["data/unreadable"] * 5
    assert [p.partition(": ")[2].partition(" => ")[0] for p in problems[:2]] == [
        "Sensor.csv.gz cannot be read: Not a gzipped file (b'Ti')",
        "Sensor.parquet is no Parquet file: No magic bytes found at end",
    ]
    assert "no header of CSV in UTF-8" in problems[2]
    assert "its columns are not separated by commas" in problems[3]
    assert "line 1 is no JSON object" in problems[4]
    assert not any("Traceback" in p or "read_" in p for p in problems)


def test_every_wrong_file_and_column_is_told_at_once(write: Write) -> None:
    write("Sensor1.csv", f"TimeGenerated,Value,Count\n{GOOD},x,y\n")
    write("Sensor2.ndjson", "{}\n")
    write("SensorEvents.csv", "")

    assert [p.split(" ")[0] for p in told(".")] == ["data/empty"]
    Path("SensorEvents.csv").unlink()
    assert [p.split(" ")[0] for p in told(".")] == [
        "data/wrong-type",
        "data/wrong-type",
        "data/no-time",
    ]
