"""Writes recorded files of one small table, and reads them back as an engine would."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import duckdb
import pytest

from evaluator.recorded.files import find_files
from evaluator.recorded.loading import CheckedTable, check_files
from evaluator.recorded.problems import RecordedDataError
from evaluator.tables import Table

SENSOR = Table(
    "Sensor",
    {
        "TimeGenerated": "datetime",
        "Name": "string",
        "Value": "real",
        "Count": "int",
        "Total": "long",
        "Price": "decimal",
        "IsOn": "bool",
        "Id": "guid",
        "Lasted": "timespan",
        "Properties": "dynamic",
    },
)
TABLES = {"Sensor": SENSOR, "SensorEvents": Table("SensorEvents", {"TimeGenerated": "datetime"})}

Write = Callable[[str, str], Path]
Read = Callable[..., list[dict[str, object]]]
Told = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a text file and stand in its folder."""
    monkeypatch.chdir(tmp_path)

    def write_text(name: str, text: str) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write_text


@pytest.fixture
def parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write what a SELECT yields as Parquet and stand in its folder."""
    monkeypatch.chdir(tmp_path)

    def write_parquet(name: str, select: str) -> Path:
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"COPY ({select}) TO '{name}' (FORMAT parquet)")
        return Path(name)

    return write_parquet


def checked(*arguments: str, assume_utc: bool = False) -> list[CheckedTable]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        files = find_files(arguments, TABLES)
        return check_files(connection, files, TABLES, assume_utc=assume_utc)


def rows(*arguments: str, assume_utc: bool = False) -> list[dict[str, object]]:
    """Read rows of `Sensor`."""
    (table,) = checked(*arguments, assume_utc=assume_utc)
    select, names = table.select()
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(select).fetchall()
    cells = [dict(zip(names, row, strict=True)) for row in found]
    return [row | {"TimeGenerated": row["TimeGenerated"].replace(tzinfo=UTC)} for row in cells]


def told(*arguments: str, assume_utc: bool = False) -> list[str]:
    """Read what is wrong: id, place, message and fix of each problem."""
    with pytest.raises(RecordedDataError) as caught:
        checked(*arguments, assume_utc=assume_utc)
    return [
        f"{p.id} {p.location.file}:{p.location.span.line}: {p.message} => {p.fix}"
        for p in caught.value.problems
    ]
