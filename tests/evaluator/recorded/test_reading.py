"""Rows as they come out of each format."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from evaluator.execution.engine import Engine
from evaluator.recorded.files import find_files, recorded_file
from evaluator.recorded.loading import load_files, read_rows
from tests.evaluator.recorded.conftest import SENSOR, TABLES, Write, checked, rows

MOMENT = datetime(2026, 1, 5, 2, 0, 0, 123456, UTC)
ROW = {
    "TimeGenerated": MOMENT,
    "Name": "mae",
    "Value": 0.25,
    "Count": 3,
    "Total": 9_007_199_254_740_993,
    "Price": Decimal("1.500000000"),
    "IsOn": True,
    "Id": UUID("0f8fad5b-d9cb-469f-a165-70867728950e"),
    "Lasted": timedelta(days=1, hours=2, minutes=3, seconds=4),
    "Properties": '{"circuit_id":"C1"}',
}
CELLS = {
    "TimeGenerated": "2026-01-05T02:00:00.1234567Z",
    "Name": "mae",
    "Value": "0.25",
    "Count": "3",
    "Total": "9007199254740993",
    "Price": "1.5",
    "IsOn": "True",
    "Id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "Lasted": "1.02:03:04",
    "Properties": '{"circuit_id":"C1"}',
}
TYPED = {
    **CELLS,
    "Value": 0.25,
    "Count": 3,
    "Total": 9_007_199_254_740_993,
    "Price": 1.5,
    "IsOn": True,
    "Properties": {"circuit_id": "C1"},
}


def csv_line(cells: dict[str, str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells.values()) + "\n"


def test_every_type_of_csv(write: Write) -> None:
    write("Sensor.csv", ",".join(CELLS) + "\n" + csv_line(CELLS))

    assert rows("Sensor.csv") == [ROW]


def test_every_type_of_json_lines(write: Write) -> None:
    write("Sensor.ndjson", json.dumps(TYPED) + "\n\n")

    assert rows("Sensor.ndjson") == [ROW]


def test_what_the_azure_cli_writes_all_as_text(write: Write) -> None:
    nothing = dict.fromkeys(CELLS, "None") | {"TimeGenerated": CELLS["TimeGenerated"]}
    nothing |= {"Name": "", "TableName": "PrimaryResult"}
    write("Sensor.json", json.dumps([CELLS, nothing], indent=2))

    empty = dict.fromkeys(CELLS) | {"TimeGenerated": MOMENT, "Name": ""}
    assert rows("Sensor.json") == [ROW, empty]


def test_every_type_of_parquet(parquet: Write) -> None:
    parquet(
        "Sensor.parquet",
        "SELECT '2026-01-05T02:00:00.123456Z'::TIMESTAMPTZ AS TimeGenerated, 'mae' AS Name, "
        "0.25::DOUBLE AS Value, 3::DOUBLE AS Count, 9007199254740993 AS Total, "
        "1.5::DECIMAL(9,2) AS Price, true AS IsOn, "
        "'0f8fad5b-d9cb-469f-a165-70867728950e'::UUID AS Id, "
        "INTERVAL '1 day 02:03:04' AS Lasted, {'circuit_id': 'C1'} AS Properties",
    )

    assert rows("Sensor.parquet") == [ROW]


def test_text_in_parquet_is_read_as_in_csv(parquet: Write) -> None:
    cells = ", ".join(f"'{cell}' AS {name}" for name, cell in CELLS.items())
    parquet("Sensor.parquet", f"SELECT {cells}")

    assert rows("Sensor.parquet") == [ROW]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2026-01-05T02:00:00Z", 0),
        ("2026-01-05 02:00:00+00", 0),
        ("2026-01-05T04:00:30+02:00", 30),
        ("2026-01-05T02:00Z", 0),
    ],
)
def test_times_with_a_zone_become_utc(write: Write, written: str, seconds: int) -> None:
    write("Sensor.csv", f"TimeGenerated\n{written}\n")

    assert rows("Sensor.csv") == [
        {"TimeGenerated": datetime(2026, 1, 5, 2, 0, seconds, tzinfo=UTC)}
    ]


@pytest.mark.parametrize(
    "written",
    ["2026-01-05T02:00:00", "2026-01-05T03:00:00+01:00", '"1/5/2026, 2:00:00.000 AM"'],
)
def test_the_portals_column_names_say_that_times_are_utc(write: Write, written: str) -> None:
    write("Sensor.csv", f"\ufeffTimeGenerated [UTC],Name\n{written},a\n")

    assert rows("Sensor.csv")[0]["TimeGenerated"] == datetime(2026, 1, 5, 2, tzinfo=UTC)


def test_times_without_a_zone_are_utc_only_when_said_so(write: Write, parquet: Write) -> None:
    write("Sensor.csv", "TimeGenerated\n2026-01-05T02:00:00\n")
    parquet("Sensor.parquet", "SELECT TIMESTAMP '2026-01-05 03:00:00' AS TimeGenerated")

    assert rows(".", assume_utc=True) == [
        {"TimeGenerated": datetime(2026, 1, 5, 2, tzinfo=UTC)},
        {"TimeGenerated": datetime(2026, 1, 5, 3, tzinfo=UTC)},
    ]


def test_numbers_that_are_none_are_read_as_azure_writes_them(write: Write) -> None:
    time = '"TimeGenerated": "2026-01-05T02:00:00Z"'
    lines = [f'{{{time}, "Value": "{value}"}}\n' for value in ("NaN", "Infinity", "-Infinity")]
    write("Sensor.ndjson", "".join(lines))

    assert [str(row["Value"]) for row in rows("Sensor.ndjson")] == ["nan", "inf", "-inf"]


def test_null_and_empty_text_is_one_for_strings_and_none_for_others(write: Write) -> None:
    write("Sensor.csv", 'TimeGenerated,Name,Value,Properties\n2026-01-05T02:00:00Z,"",,\n')

    (row,) = rows("Sensor.csv")
    assert (row["Name"], row["Value"], row["Properties"]) == ("", None, None)


def test_files_of_several_formats_and_columns_become_one_table(write: Write) -> None:
    write("Sensor-1.csv", "Value,TimeGenerated\n2,2026-01-05T03:00:00Z\n")
    write("Sensor-2.csv", "TimeGenerated,Name\n2026-01-05T01:00:00Z,a\n")
    write("Sensor-3.ndjson", '{"TimeGenerated": "2026-01-05T02:00:00Z", "Value": 1}\n')

    (table,) = checked(".")
    assert [(r["Name"], r["Value"]) for r in rows(".")] == [("a", None), ("", 1.0), ("", 2.0)]
    assert (table.recorded.files, table.recorded.rows) == (3, 3)
    assert table.recorded.first == datetime(2026, 1, 5, 1, tzinfo=UTC)
    assert table.recorded.last == datetime(2026, 1, 5, 3, tzinfo=UTC)
    assert table.recorded.missing_columns[:2] == ("Count", "Total")


def test_gzip_is_read(write: Write) -> None:
    write("x", "")
    Path("Sensor.csv.gz").write_bytes(
        gzip.compress(b"TimeGenerated,Name\n2026-01-05T02:00:00Z,a\n")
    )

    assert rows("Sensor.csv.gz")[0]["Name"] == "a"


def test_columns_that_azure_adds_are_left_out(write: Write) -> None:
    row = {"TimeGenerated": "2026-01-05T02:00:00Z", "_ItemId": "1", "TenantId": "2", "MG": ""}
    write("Sensor.ndjson", json.dumps(row))

    assert rows("Sensor.ndjson") == [{"TimeGenerated": datetime(2026, 1, 5, 2, tzinfo=UTC)}]


def test_names_of_files_are_never_read_as_patterns(write: Write) -> None:
    for name in ("Sensor1.csv", "Sensor[1].csv", "Sensor*.csv", "Sensor?.csv"):
        write(name, f"TimeGenerated,Name\n2026-01-05T02:00:00Z,{name}\n")

        assert [row["Name"] for row in rows(name)] == [name]


def test_names_and_cells_are_never_read_as_sql(write: Write) -> None:
    name = "Sensor'; DROP TABLE x; --.csv"
    write(name, 'TimeGenerated,Name\n2026-01-05T02:00:00Z,"\'; DROP TABLE x; --"\n')

    assert [row["Name"] for row in rows(name)] == ["'; DROP TABLE x; --"]


def test_a_test_reads_pythons_values_moved_to_its_start(write: Write) -> None:
    later = CELLS | {"TimeGenerated": "2026-01-05T02:01:00Z"}
    path = write("Sensor.csv", ",".join(CELLS) + "\n" + csv_line(CELLS) + csv_line(later))
    start = datetime(2030, 1, 1, tzinfo=UTC)

    first, second = read_rows(recorded_file(path, "Sensor"), SENSOR, shift_to=start)

    assert first == {
        **ROW,
        "TimeGenerated": start,
        "Properties": {"circuit_id": "C1"},
    }
    assert second["TimeGenerated"] == start + timedelta(seconds=59, microseconds=876_544)


def test_an_engine_holds_the_rows(write: Write) -> None:
    write("Sensor.csv", ",".join(CELLS) + "\n" + csv_line(CELLS))
    with Engine(TABLES) as engine:
        (recorded,) = load_files(engine, find_files(["Sensor.csv"], TABLES), TABLES)

    assert (recorded.name, recorded.rows) == ("Sensor", 1)
