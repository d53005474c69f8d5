"""Which files are read, and of which table each is."""

from pathlib import Path

import pytest

from evaluator.recorded.files import find_files
from evaluator.recorded.problems import RecordedDataError
from tests.evaluator.recorded.conftest import TABLES, Write


def found(*arguments: str) -> dict[str, str]:
    return {str(file.path): file.table for file in find_files(arguments, TABLES)}


def refused(*arguments: str) -> list[str]:
    with pytest.raises(RecordedDataError) as caught:
        find_files(arguments, TABLES)
    return [f"{p.id}: {p.message} => {p.fix}" for p in caught.value.problems]


def test_the_longest_table_that_begins_a_name_is_the_files(write: Write) -> None:
    for name in ("Sensor.csv", "Sensor_2026.ndjson", "SensorEvents-1.json", "sensor2026.jsonl.gz"):
        write(name, "x")

    assert found(".") == {
        "Sensor.csv": "Sensor",
        "SensorEvents-1.json": "SensorEvents",
        "Sensor_2026.ndjson": "Sensor",
        "sensor2026.jsonl.gz": "Sensor",
    }


def test_a_folder_names_the_table_of_files_that_do_not(write: Write) -> None:
    exported = "am-sensor/WorkspaceResourceId=/y=2026/m=01/d=05/h=02/m=00/PT05M.json"
    write(exported, "x")
    write("SensorEvents/part-0.parquet", "x")

    assert found(".") == {exported: "Sensor", "SensorEvents/part-0.parquet": "SensorEvents"}
    assert found("am-sensor") == {exported: "Sensor"}


def test_a_table_can_be_stated(write: Write) -> None:
    write("export.csv", "x")
    write("y=2026/export.csv", "x")

    assert found("Sensor=export.csv") == {"export.csv": "Sensor"}
    assert found("Sensor=y=2026") == {"y=2026/export.csv": "Sensor"}


def test_other_files_of_a_folder_are_left_out(write: Write) -> None:
    for name in ("Sensor.csv", "README.md", ".Sensor.csv", "Sensor.parquet.gz", "Sensor.txt"):
        write(name, "x")

    assert list(found(".")) == ["Sensor.csv"]


def test_a_file_named_twice_is_read_once(write: Write) -> None:
    path = write("Sensor.csv", "x")

    assert list(found(str(path), ".")) == ["Sensor.csv"]


def test_every_path_that_cannot_be_used_is_told_at_once(write: Write) -> None:
    write("other.csv", "x")
    write("Sensor.xlsx", "x")
    Path("empty").mkdir()

    assert refused("missing", "other.csv", "Sensr=other.csv", "Sensor.xlsx", "empty") == [
        "data/not-found: there is no file or folder missing => name an export of a table",
        "data/unknown-table: other.csv: its name is that of no table => "
        "write TABLE=other.csv; tables are Sensor, SensorEvents",
        "data/unknown-table: other.csv: there is no table `Sensr` => did you mean `Sensor`?",
        "data/unreadable: Sensor.xlsx is in no format that is read => files end in .parquet, "
        ".ndjson, .jsonl, .json or .csv, the last four also .gz",
        "data/empty: empty has no recorded file => files end in .parquet, .ndjson, .jsonl, .json "
        "or .csv, the last four also .gz",
    ]
