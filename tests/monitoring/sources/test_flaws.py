"""Rows that lack a circuit, a timestamp or a day are counted and told, and the others are read."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitoring.sources.columns import NO_DAY, days
from tests.monitoring.sources.tables import (
    C1,
    C2,
    D1,
    INSTANT,
    delta,
    hours,
    moment,
    parquet,
    read,
    sensors,
    three_days,
)

BATCHES = pytest.mark.parametrize("batch_bytes", [96, 1 << 20])


def _without_time(every: int, columns: dict[str, Any] | None = None) -> pa.Table:
    """Make three days in which each so many-th row has no timestamp."""
    times: list[Any] = sensors(three_days())["timestamp"].to_pylist()
    times[::every] = [None] * len(times[::every])
    return sensors(three_days(), {"timestamp": pa.array(times, INSTANT), **(columns or {})})


@BATCHES
@pytest.mark.parametrize("rows", [1, 1000])
def test_rows_without_ids_are_counted_and_left_out(
    rows: int, batch_bytes: int, tmp_path: Path
) -> None:
    table = [*three_days((C1,)), (None, "C1", 1, 1.0), ("P1", None, 2, 1.0)]
    source = delta(tmp_path / "t", sensors(table), rows=rows)

    found, reading = read(source, (C1,), batch_bytes=batch_bytes)

    assert len(hours(found[C1])) == 12
    [issue] = reading.issues
    assert (issue.kind, reading.unknown) == ("rows-without-circuit", set())
    assert str(issue).startswith("2 rows without `plant_id` or `circuit_id` are left out")


@BATCHES
@pytest.mark.parametrize("stored", ["delta", "hive", "flat", "no date"])
def test_rows_without_timestamp_are_counted_and_left_out(
    stored: str, batch_bytes: int, tmp_path: Path
) -> None:
    table = _without_time(6)
    if stored == "delta":
        source = delta(tmp_path / "t", table)
    elif stored == "no date":
        source = str(tmp_path)
        pq.write_table(table.drop_columns(["date"]), tmp_path / "all.parquet", row_group_size=5)
    else:
        source = parquet(tmp_path, table, hive=stored == "hive")

    found, reading = read(source, (C1, D1), batch_bytes=batch_bytes)

    assert {key: (len(hours(found[key])), found[key].late) for key in found} == {
        C1: (9, 0),
        D1: (12, 0),
    }
    [issue] = reading.issues
    assert (issue.kind, issue.circuits) == ("rows-without-time", (C1,))
    assert str(issue).startswith("3 rows without `timestamp` are left out @ ")
    assert ".parquet" in issue.where


def test_rows_without_timestamp_of_other_days_are_not_told(tmp_path: Path) -> None:
    days_off = [moment(24 * 40).date()] * 36
    table = _without_time(1, {"date": pa.array(days_off, pa.date32())})

    _, reading = read(parquet(tmp_path, table, hive=False), (C1,))

    assert (reading.absent, reading.issues) == ({C1}, [])


def test_old_row_groups_are_read_for_rows_without_timestamp(tmp_path: Path) -> None:
    table = sensors([("P1", "C1", hour, 1.0) for hour in (-90, -80, 1, 2)], {"date": None})
    times = table["timestamp"].to_pylist()
    times[1] = None
    table = table.set_column(2, "timestamp", pa.array(times, INSTANT))
    pq.write_table(table, tmp_path / "all.parquet", row_group_size=2)

    found, reading = read(str(tmp_path), (C1,))

    assert hours(found[C1]) == [1.0, 2.0]
    assert [issue.kind for issue in reading.issues] == ["rows-without-time"]


@BATCHES
@pytest.mark.parametrize("kind", [pa.date32(), pa.string(), pa.timestamp("us"), pa.null()], ids=str)
def test_rows_without_a_day_are_placed_by_their_timestamp(
    kind: Any, batch_bytes: int, tmp_path: Path
) -> None:
    rows = [*three_days(), ("P1", "C1", 24 * 40, 1.0), ("P1", "C1", -1, 1.0)]
    table = sensors(rows, {"date": pa.nulls(len(rows), kind)})
    pq.write_table(table, tmp_path / "all.parquet", row_group_size=10)

    found, reading = read(str(tmp_path), batch_bytes=batch_bytes)

    assert {key: (len(hours(found[key])), found[key].late) for key in found} == {
        C1: (12, 0),
        C2: (12, 0),
        D1: (12, 0),
    }
    assert reading.issues == []


@BATCHES
@pytest.mark.parametrize("odd", ["yesterday", "2026-13-01", "20261101", "2026-11-01T00:00"])
def test_rows_of_a_day_that_is_none_are_told_and_the_others_may_be_late(
    odd: str, batch_bytes: int, tmp_path: Path
) -> None:
    texts = [str(day) for day in sensors(three_days())["date"].to_pylist()]
    texts[0] = odd
    texts[1], texts[4] = "2026-11-02", "2026-11-03"
    table = sensors(three_days(), {"date": pa.array(texts)})
    pq.write_table(table, tmp_path / "all.parquet")

    found, reading = read(str(tmp_path), batch_bytes=batch_bytes)

    assert {key: (len(hours(found[key])), found[key].late) for key in found} == {
        C1: (12, 1),
        C2: (12, 1),
        D1: (12, 0),
    }
    [issue] = reading.issues
    assert (issue.kind, issue.circuits) == ("rows-without-day", (C1,))
    assert str(issue).startswith("1 rows have a `date` that is no day; they are placed by `time")
    assert "file all.parquet" in str(issue)


def test_a_date_of_another_type_is_told(tmp_path: Path) -> None:
    table = sensors(three_days(), {"date": pa.array([20261101] * 36)})
    pq.write_table(table, tmp_path / "all.parquet")

    found, reading = read(str(tmp_path))

    assert {len(hours(circuit)) for circuit in found.values()} == {12}
    [issue] = reading.issues
    assert (issue.kind, issue.circuits) == ("rows-without-day", (C1, C2, D1))
    assert str(issue).startswith("36 rows ")


def test_days_are_read_from_every_way_to_write_them() -> None:
    texts = pa.array(["1970-01-03", None, "x", "1969-12-31", "1970-01-03", "1970-02-30", " "])
    for column in (texts, texts.cast(pa.large_string()), texts.dictionary_encode()):
        read_days, wrong = days(column)

        assert read_days.tolist() == [2, NO_DAY, NO_DAY, -1, 2, NO_DAY, NO_DAY]
        assert wrong is not None
        assert wrong.tolist() == [False, False, True, False, False, True, True]
    assert days(pa.array(["1970-01-02", None]))[1] is None


def test_a_row_without_day_and_timestamp_is_told(tmp_path: Path) -> None:
    table = _without_time(36, {"date": pa.nulls(36, pa.date32())})
    pq.write_table(table, tmp_path / "all.parquet")

    found, reading = read(str(tmp_path))

    assert {key: len(hours(found[key])) for key in found} == {C1: 11, C2: 12, D1: 12}
    assert [(i.kind, i.circuits) for i in reading.issues] == [("rows-without-time", (C1,))]


def test_old_row_groups_are_read_for_rows_without_a_day(tmp_path: Path) -> None:
    table = sensors([("P1", "C1", hour, 1.0) for hour in (-90, 1, 2, 3)])
    days_stored = [moment(-90).date(), None, moment(0).date(), moment(0).date()]
    table = table.set_column(2, "date", pa.array(days_stored, pa.date32()))
    pq.write_table(table, tmp_path / "all.parquet", row_group_size=2)

    found, _ = read(str(tmp_path), (C1,))

    assert hours(found[C1]) == [1.0, 2.0, 3.0]
