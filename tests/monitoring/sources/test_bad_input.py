import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitoring.sources import CircuitKey, SourceError, open_table
from tests.monitoring.sources.tables import (
    C1,
    C2,
    D1,
    INSTANT,
    Row,
    delta,
    hours,
    parquet,
    read,
    sensors,
    three_days,
    values,
)


def _file_of(folder: Path, day: int) -> Path:
    [path] = (folder / f"date=2026-11-0{day}").glob("*.parquet")
    return path


def _refused(source: str, *parts: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(source)
    for part in parts:
        assert part in str(caught.value)


def test_a_table_that_is_missing_is_named(tmp_path: Path) -> None:
    _refused(str(tmp_path / "nowhere"), "no Delta table and no Parquet file", "nowhere")
    (tmp_path / "notes.txt").write_text("no table")
    _refused(str(tmp_path), "no Delta table and no Parquet file", str(tmp_path))
    _refused(str(tmp_path / "notes.txt"), "the address is a file", "notes.txt")


def test_an_empty_table_is_an_error(tmp_path: Path) -> None:
    _refused(delta(tmp_path / "t", sensors([])), "empty", str(tmp_path))


@pytest.mark.parametrize("partitions", [("date",), ()])
def test_an_empty_table_that_may_be_so_leaves_every_circuit_absent(
    partitions: tuple[str, ...], tmp_path: Path
) -> None:
    source = delta(tmp_path / "t", sensors([]), partitions=partitions)

    found, reading = read(open_table(source, may_be_empty=True), (C1, C2))

    assert (found, reading.absent, reading.issues) == ({}, {C1, C2}, [])


def test_a_table_without_rows_in_the_window_leaves_every_circuit_absent(tmp_path: Path) -> None:
    source = delta(tmp_path / "t", sensors([("P1", "C1", 1000, 1.0)]))

    found, reading = read(source, (C1, C2))

    assert (found, reading.absent, reading.issues) == ({}, {C1, C2}, [])


@pytest.mark.parametrize("column", ["plant_id", "circuit_id", "timestamp"])
def test_a_column_that_tells_rows_apart_must_be_there(column: str, tmp_path: Path) -> None:
    table = sensors(three_days(), {column: None})

    _refused(delta(tmp_path / "d", table), f"the column `{column}` is missing", "voltage")
    _refused(parquet(tmp_path / "p", table, hive=True), f"the column `{column}` is missing")


@pytest.mark.parametrize(
    "stored", [pa.array(["2026-11-01"]), pa.array([0], pa.int64()), pa.array([0], pa.date32())]
)
def test_timestamps_of_another_type_are_an_error_that_names_the_column(
    stored: Any, tmp_path: Path
) -> None:
    table = sensors([("P1", "C1", 0, 1.0)], {"timestamp": stored})
    reason = "the column `timestamp` has type"

    _refused(delta(tmp_path / "d", table), reason, str(stored.type).split("[", maxsplit=1)[0])
    _refused(parquet(tmp_path / "p", table, hive=False), reason, "2026-11-01.parquet")


def test_a_feature_that_no_file_has_is_nan_and_told(tmp_path: Path) -> None:
    source = delta(tmp_path / "t", sensors(three_days()))

    found, reading = read(source, (C1,), ("voltage", "presure"))

    assert values(found[C1], "presure") == [None] * 12
    [issue] = reading.issues
    assert issue.kind == "missing-column"
    assert "`presure` is missing in 3 of 3 files" in str(issue)
    assert issue.circuits == (C1,)


def test_all_features_missing_is_an_error(tmp_path: Path) -> None:
    source = delta(tmp_path / "t", sensors(three_days()))

    with pytest.raises(SourceError, match="the columns `x`, `y` are missing"):
        read(source, (C1,), ("x", "y"))


def test_nothing_asked_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no circuit or no feature"):
        read(delta(tmp_path / "t", sensors(three_days())), ())


@pytest.mark.parametrize("damage", ["cut", "emptied", "no parquet"])
@pytest.mark.parametrize("batch_bytes", [96, 1 << 20])
def test_a_corrupt_file_costs_its_day_and_is_named(
    damage: str, batch_bytes: int, tmp_path: Path
) -> None:
    source = delta(tmp_path / "t", sensors(three_days()))
    path = _file_of(tmp_path / "t", 2)
    content = {"cut": path.read_bytes()[:-40], "emptied": b"", "no parquet": b"x" * 500}
    path.write_bytes(content[damage])

    found, reading = read(source, batch_bytes=batch_bytes)

    assert {key: len(hours(found[key])) for key in found} == {C1: 8, C2: 8, D1: 8}
    [issue] = reading.issues
    assert (issue.kind, issue.days) == ("unreadable-file", (date(2026, 11, 2),))
    assert path.name in issue.where
    assert issue.circuits == (C1, C2, D1)


@pytest.mark.parametrize("batch_bytes", [96, 1 << 20])
def test_a_corrupt_row_group_costs_only_its_circuits(batch_bytes: int, tmp_path: Path) -> None:
    source = delta(tmp_path / "t", sensors(three_days()), rows=4)
    path = _file_of(tmp_path / "t", 2)
    voltage = pq.read_metadata(path).row_group(1).column(3)
    assert voltage.path_in_schema == "voltage"
    content = bytearray(path.read_bytes())
    start = voltage.dictionary_page_offset or voltage.data_page_offset
    content[start : start + voltage.total_compressed_size] = b"\xff" * voltage.total_compressed_size
    path.write_bytes(content)

    found, reading = read(source, batch_bytes=batch_bytes)

    assert {key: len(hours(found[key])) for key in found} == {C1: 12, C2: 8, D1: 12}
    [issue] = reading.issues
    assert (issue.kind, issue.circuits) == ("unreadable-file", (C2,))


def test_the_only_file_being_corrupt_is_an_error(tmp_path: Path) -> None:
    source = parquet(tmp_path, sensors([("P1", "C1", 0, 1.0)]), hive=True)
    (tmp_path / "date=2026-11-01" / "part.parquet").write_bytes(b"PAR1")

    _refused(source, "cannot be read", "date=2026-11-01/part.parquet")


def test_what_is_appended_while_a_run_reads_is_not_seen(tmp_path: Path) -> None:
    source = delta(tmp_path / "t", sensors(three_days()))
    pinned = open_table(source)
    delta(tmp_path / "t", sensors([("P1", "C1", 1, 7.0)]))

    found, reading = read(pinned)
    again, _ = read(open_table(source, version=0))
    newest, _ = read(source)

    assert (reading.version, open_table(source).version) == (0, 1)
    assert len(hours(found[C1])) == len(hours(again[C1])) == 12
    assert len(hours(newest[C1])) == 13


def test_a_version_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    source = delta(tmp_path / "d", sensors(three_days()))

    with pytest.raises(SourceError, match="version 5 of the Delta table cannot be opened"):
        open_table(source, version=5)
    with pytest.raises(SourceError, match="this is no Delta table"):
        open_table(parquet(tmp_path / "p", sensors(three_days()), hive=True), version=5)


def test_a_log_that_is_corrupt_is_an_error(tmp_path: Path) -> None:
    source = delta(tmp_path / "t", sensors(three_days()))
    (tmp_path / "t" / "_delta_log" / "00000000000000000000.json").write_text("{ not json")

    _refused(source, "the log of the Delta table cannot be read", f"parsing object) @ {source}")


def test_mapped_columns_are_refused(tmp_path: Path) -> None:
    source = delta(tmp_path / "t", sensors(three_days()))
    log = tmp_path / "t" / "_delta_log" / "00000000000000000000.json"
    lines = log.read_text().splitlines()
    lines = [
        '{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["columnMapping"],'
        '"writerFeatures":["columnMapping"]}}'
        if '"protocol"' in line
        else line
        for line in lines
    ]
    log.write_text("\n".join(lines) + "\n")

    _refused(source, "maps column names")


def test_a_partition_that_is_no_day_is_left_out_and_told(tmp_path: Path) -> None:
    source = parquet(tmp_path, sensors(three_days()), hive=True)
    for name in ("date=__HIVE_DEFAULT_PARTITION__", "date=yesterday"):
        shutil.copytree(tmp_path / "date=2026-11-01", tmp_path / name)

    found, reading = read(source)

    assert len(hours(found[C1])) == 12
    assert [issue.kind for issue in reading.issues] == ["undated-file"] * 2
    assert "date=yesterday" in str(reading.issues[1])


HOSTILE = ("../../etc/passwd", "a/b", "..", "\x1b[31m", "C1'; --", "x" * 5000, "\U0001f600", " ")


@pytest.mark.parametrize("partitions", [("date",), ("date", "plant_id")])
@pytest.mark.parametrize("batch_bytes", [24, 1 << 20])
def test_hostile_ids_are_data(
    partitions: tuple[str, ...], batch_bytes: int, tmp_path: Path
) -> None:
    plants = [plant for plant in HOSTILE if len(plant) < 200 or len(partitions) == 1]
    rows: list[Row] = [(plant, other, 1, 1.0) for plant in plants for other in HOSTILE]
    keys = [CircuitKey(str(row[0]), str(row[1])) for row in rows]
    source = delta(tmp_path / "lake" / "t", sensors(rows), partitions=partitions)
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    found, reading = read(source, keys[1:], batch_bytes=batch_bytes, scratch_folder=scratch)

    assert sorted(found) == sorted(keys[1:])
    assert reading.unknown == {keys[0]}
    assert [path.name for path in tmp_path.iterdir()] == ["lake", "scratch"]
    assert not any(scratch.iterdir())


def test_a_circuit_pair_is_not_confused_with_another_that_prints_the_same(tmp_path: Path) -> None:
    one, other = CircuitKey("A/B", "C"), CircuitKey("A", "B/C")
    source = delta(tmp_path / "t", sensors([(*one, 1, 1.0), (*other, 1, 2.0)]))

    found, _ = read(source, (one, other))

    assert str(one) == str(other)
    assert (values(found[one]), values(found[other])) == ([1.0], [2.0])


def test_no_terminal_is_moved_by_an_error() -> None:
    error = SourceError("the file \x1b[2J is odd", "here\u202e", "remove it")

    assert str(error) == "the file \\u{1b}[2J is odd @ here\\u{202e}; remove it"


def test_files_of_unequal_columns_give_what_they_have(tmp_path: Path) -> None:
    parquet(tmp_path, sensors([("P1", "C1", 1, 1.0)]), hive=True)
    old = sensors([("P1", "C1", 25, 2.0)], {"flow": None, "voltage": pa.array(["2.5"])})
    parquet(tmp_path, old, hive=True)

    found, reading = read(str(tmp_path), (C1,))

    assert (values(found[C1]), values(found[C1], "flow")) == ([1.0, 2.5], [10.0, None])
    [issue] = reading.issues
    assert (issue.kind, issue.days) == ("missing-column", (date(2026, 11, 2),))


def test_a_file_without_timestamps_costs_its_day(tmp_path: Path) -> None:
    parquet(tmp_path, sensors([("P1", "C1", 1, 1.0)]), hive=True)
    other = sensors([("P1", "C1", 25, 2.0)], {"timestamp": None, "at": pa.array([0], INSTANT)})
    parquet(tmp_path, other, hive=True)

    found, reading = read(str(tmp_path), (C1,))

    assert values(found[C1]) == [1.0]
    assert reading.issues[0].days == (date(2026, 11, 2),)
    assert "`timestamp` is missing" in str(reading.issues[0])


def _twice(table: pa.Table, column: str) -> pa.Table:
    return pa.Table.from_arrays([*table.columns, table[column]], [*table.column_names, column])


@pytest.mark.parametrize("column", ["flow", "plant_id", "timestamp"])
def test_a_column_that_is_there_twice_costs_its_file(column: str, tmp_path: Path) -> None:
    parquet(tmp_path, sensors(three_days()), hive=False)
    pq.write_table(_twice(sensors([("P1", "C1", 1, 9.0)]), column), tmp_path / "2026-11-01.parquet")

    found, reading = read(str(tmp_path))

    assert {key: len(hours(found[key])) for key in found} == {C1: 8, C2: 8, D1: 8}
    [issue] = reading.issues
    assert str(issue).startswith(f"the column `{column}` is there 2 times @ ")
    assert "file 2026-11-01.parquet" in str(issue)


def test_a_column_that_nobody_asks_for_may_be_there_twice(tmp_path: Path) -> None:
    pq.write_table(_twice(sensors(three_days()), "flow"), tmp_path / "all.parquet")

    found, reading = read(str(tmp_path), features=("voltage",))

    assert len(hours(found[C1])) == 12
    assert reading.issues == []


def test_a_file_in_a_partition_of_its_circuit_is_about_that_circuit_only(tmp_path: Path) -> None:
    delta(tmp_path, sensors(three_days()), partitions=("plant_id", "circuit_id"))
    [path] = (tmp_path / "plant_id=P1" / "circuit_id=C2").glob("*.parquet")
    path.write_bytes(b"PAR1")

    found, reading = read(str(tmp_path))

    assert sorted(found) == [C1, D1]
    [issue] = reading.issues
    assert (issue.kind, issue.circuits) == ("unreadable-file", (C2,))


def test_a_column_that_a_plant_lacks_is_about_that_plant_only(tmp_path: Path) -> None:
    for key in (C1, D1):
        folder = tmp_path / f"plant_id={key.plant_id}"
        folder.mkdir()
        table = sensors(three_days((key,)), {"plant_id": None, "flow": None} if key == D1 else {})
        pq.write_table(table, folder / "part.parquet")

    _, reading = read(str(tmp_path))

    [issue] = reading.issues
    assert (issue.kind, issue.circuits) == ("missing-column", (D1,))
