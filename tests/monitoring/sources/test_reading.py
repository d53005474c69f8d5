import random
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.sensors import CircuitReadings
from monitoring.sources import CircuitKey
from tests.monitoring.sources.tables import (
    C1,
    C2,
    D1,
    Row,
    delta,
    hours,
    parquet,
    read,
    sensors,
    three_days,
    values,
)

SMALL = 24 * 4
"""Memory for the rows of four of the tests' rows: many batches."""


def _stored(layout: str, folder: Path, table: pa.Table) -> str:
    if layout == "delta":
        return delta(folder / "t", table)
    if layout == "delta by plant":
        return delta(folder / "t", table, partitions=("date", "plant_id"))
    if layout == "delta of small row groups":
        return delta(folder / "t", table, rows=4)
    if layout == "delta without partitions":
        return delta(folder / "t", table, partitions=())
    return parquet(folder / "t", table, hive=layout == "parquet as hive", rows=4)


LAYOUTS = (
    "delta",
    "delta by plant",
    "delta of small row groups",
    "delta without partitions",
    "parquet as hive",
    "parquet",
)


@pytest.mark.parametrize("batch_bytes", [SMALL, 1 << 20])
@pytest.mark.parametrize("order", ["sorted", "by time", "shuffled"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_circuit_gets_its_rows_however_they_are_stored(
    layout: str, order: str, batch_bytes: int, tmp_path: Path
) -> None:
    rows = three_days()
    if order == "by time":
        rows.sort(key=lambda row: row[2])
    if order == "shuffled":
        random.Random(7).shuffle(rows)  # noqa: S311

    found, reading = read(_stored(layout, tmp_path, sensors(rows)), batch_bytes=batch_bytes)

    assert list(found) == [C1, C2, D1]
    for number, key in enumerate(found):
        pairs = dict(zip(hours(found[key]), values(found[key]), strict=True))
        assert pairs == {
            24.0 * day + 6 * part: 100.0 * number + 10 * day + part
            for day in range(3)
            for part in range(4)
        }
        assert found[key].values["flow"].tolist() == (10 * found[key].values["voltage"]).tolist()
    assert (reading.issues, reading.unknown, reading.absent) == ([], set(), set())


IDS = st.sampled_from(["P1", "P2", "P10", "a/b", "..", "é"])
ROWS = st.lists(
    st.tuples(
        IDS, IDS, st.integers(0, 71), st.none() | st.floats(allow_nan=False, allow_infinity=False)
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=25)
@given(rows=ROWS, group=st.integers(1, 8), batch=st.sampled_from([24, SMALL, 1 << 20]))
def test_within_a_file_rows_keep_their_order_and_their_duplicates(
    rows: list[Row], group: int, batch: int
) -> None:
    keys = sorted({CircuitKey(str(plant), str(circuit)) for plant, circuit, _, _ in rows})
    with tempfile.TemporaryDirectory() as folder:
        source = parquet(Path(folder) / "t", sensors(rows), hive=True, rows=group)
        found, _ = read(source, keys, batch_bytes=batch)

    for key in keys:
        own = [row for row in rows if row[:2] == key]
        own.sort(key=lambda row: row[2] // 24)  # stable: files follow each other by day
        assert hours(found[key]) == [row[2] for row in own]
        assert values(found[key]) == [row[3] for row in own]


def test_a_row_under_another_day_than_its_own_is_late(tmp_path: Path) -> None:
    rows: list[Row] = [("P1", "C1", 1, 1.0), ("P1", "C1", 25, 2.0), ("P1", "C2", 26, 3.0)]
    second = sensors(rows)["date"][1]
    table = sensors(rows, {"date": pa.array([second.as_py()] * 3, pa.date32())})

    for layout in LAYOUTS:
        found, _ = read(_stored(layout, tmp_path / layout, table), (C1, C2))

        assert (found[C1].late, found[C2].late) == (1, 0)
        assert hours(found[C1]) == [1, 25]


def test_rows_outside_the_window_are_left_out(tmp_path: Path) -> None:
    rows: list[Row] = [("P1", "C1", h, float(h)) for h in (-1, 0, 71, 72, 100)]

    for layout in LAYOUTS:
        found, _ = read(_stored(layout, tmp_path / layout, sensors(rows)), (C1,))

        assert hours(found[C1]) == [0, 71]


def test_without_a_date_the_timestamp_decides(tmp_path: Path) -> None:
    rows: list[Row] = [("P1", "C1", h, float(h)) for h in (-1, 0, 71.5, 72)]
    table = sensors(rows).drop_columns(["date"])

    found, _ = read(delta(tmp_path / "t", table, partitions=(), rows=1), (C1,))

    assert (hours(found[C1]), found[C1].late) == ([0, 71.5], 0)


def test_circuits_that_nobody_asked_for_and_those_without_rows_are_told(tmp_path: Path) -> None:
    source = delta(tmp_path / "t", sensors(three_days()), rows=4)
    ghost = CircuitKey("P0", "ghost")

    for batch_bytes in (SMALL, 1 << 20):
        found, reading = read(source, (C2, ghost), batch_bytes=batch_bytes)

        assert list(found) == [C2]
        assert (reading.unknown, reading.absent) == ({C1, D1}, {ghost})


def test_circuits_have_only_their_own_features(tmp_path: Path) -> None:
    from monitoring.sources import open_table, read_fleet
    from tests.monitoring.sources.tables import WINDOW

    table = open_table(delta(tmp_path / "t", sensors(three_days())))

    reading = read_fleet(table, {C1: ("flow",), D1: ("voltage", "flow")}, WINDOW)

    assert [sorted(c.values) for part in reading for c in part] == [["flow"], ["flow", "voltage"]]


@pytest.mark.parametrize(
    ("column", "expected", "errors"),
    [
        (pa.array([1, 2, None], pa.int32()), [1.0, 2.0, None], 0),
        (pa.array([1.5, 2.5, None], pa.float32()), [1.5, 2.5, None], 0),
        (pa.array(["1.5", "-2e3", None]), [1.5, -2000.0, None], 0),
        (pa.array([" 7 ", "1_000", "12,5"]), [7.0, None, None], 2),
        (pa.array(["off", None, "3"]).dictionary_encode(), [None, None, 3.0], 1),
        (pa.array([True, None, False]), [None, None, None], 2),
        (pa.array([[1.0], None, []], pa.list_(pa.float64())), [None, None, None], 2),
        (pa.nulls(3), [None, None, None], 0),
        (pa.array([float("nan"), float("inf"), 1.0]), [None, float("inf"), 1.0], 0),
        (pa.array([1, 2, None], pa.decimal128(5, 2)), [1.0, 2.0, None], 0),
    ],
    ids=str,
)
def test_cells_that_are_no_number_are_counted_and_nan(
    column: Any, expected: list[float | None], errors: int, tmp_path: Path
) -> None:
    rows: list[Row] = [("P1", "C1", h, 1.0) for h in range(3)]
    source = parquet(tmp_path, sensors(rows, {"voltage": column}), hive=True)

    found, _ = read(source, (C1,))

    assert values(found[C1]) == expected
    assert found[C1].type_errors == {"voltage": errors, "flow": 0}


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_timestamps_of_every_unit_are_the_same_instant(
    unit: Any, zone: str | None, tmp_path: Path
) -> None:
    rows: list[Row] = [("P1", "C1", h, 1.0) for h in (0, 3)]
    plain = sensors(rows)["timestamp"].combine_chunks()
    stored = plain.cast(pa.timestamp(unit, zone or "UTC"))
    if zone is None:
        stored = stored.cast(pa.int64()).cast(pa.timestamp(unit))
    source = parquet(tmp_path, sensors(rows, {"timestamp": stored}), hive=False)

    found, _ = read(source, (C1,))

    assert hours(found[C1]) == [0, 3]


def test_predictions_are_read_by_their_target_time(tmp_path: Path) -> None:
    from monitoring.sources import open_table, read_predictions
    from tests.monitoring.sources.tables import WINDOW

    rows = three_days()
    table = sensors(rows).rename_columns(
        ["plant_id", "circuit_id", "date", "target_time", "predicted_value", "horizon"]
    )
    source = delta(tmp_path / "t", table.drop_columns(["date"]), partitions=())

    reading = read_predictions(open_table(source), [C1], WINDOW)

    [[circuit]] = list(reading)
    assert values(circuit, "predicted_value") == [r[3] for r in rows if r[:2] == C1]
    assert reading.unknown == {C2, D1}


def test_a_column_of_times_is_read_as_microseconds_and_what_is_no_time_is_counted(
    tmp_path: Path,
) -> None:
    rows: list[Row] = [("P1", "C1", n, 1.0) for n in range(3)]
    moments = pa.array([1_700_000_000_123_456_789, None, 0], pa.timestamp("ns"))
    stored = {"voltage": moments, "flow": pa.array(["yesterday", None, "now"])}
    source = delta(tmp_path / "t", sensors(rows, stored))

    found, _ = read(source, (C1,), instants=frozenset({"voltage", "flow"}))

    assert values(found[C1]) == [1_700_000_000_123_456, None, 0]
    assert values(found[C1], "flow") == [None] * 3
    assert found[C1].type_errors == {"voltage": 0, "flow": 2}


def names(circuit: CircuitReadings, column: str = "voltage") -> list[str | None]:
    listed = circuit.texts[column]
    return [None if v is None else listed[int(v)] for v in values(circuit, column)]


@pytest.mark.parametrize("batch_bytes", [SMALL, 1 << 20])
def test_texts_are_the_same_in_every_file_and_circuit(batch_bytes: int, tmp_path: Path) -> None:
    first: list[Row] = [("P1", "C1", 0, 0), ("P1", "C2", 1, 0), ("P1", "C1", 2, 0)]
    second: list[Row] = [("P1", "C2", 3, 0), ("P1", "C1", 4, 0), ("P1", "C1", 5, 0)]
    source = str(tmp_path / "t")
    for rows, texts in ((first, ["b", "a", " c "]), (second, ["", "c", None])):
        delta(tmp_path / "t", sensors(rows, {"voltage": pa.array(texts)}), partitions=())

    found, _ = read(source, (C1, C2), ("voltage",), texts={"voltage"}, batch_bytes=batch_bytes)

    assert names(found[C1]) == ["b", "c", "c", None]
    assert names(found[C2]) == ["a", None]
    assert sorted(found[C1].texts["voltage"]) == ["b", "c"]


@pytest.mark.parametrize(
    ("stored", "expected", "wrong"),
    [
        (pa.array([3, None, 12]), ["3", None, "12"], 0),
        (pa.array([3.0, None, 2.5]), ["3", None, None], 1),
        (pa.array([True, None, False]), [None] * 3, 2),
        (pa.nulls(3), [None] * 3, 0),
        (pa.array(["3", "ü", "3"]).dictionary_encode(), ["3", "ü", "3"], 0),
    ],
)
def test_whole_numbers_are_texts_and_what_else_is_none_is_counted(
    stored: Any, expected: list[str | None], wrong: int, tmp_path: Path
) -> None:
    rows: list[Row] = [("P1", "C1", n, 1.0) for n in range(3)]
    source = parquet(tmp_path, sensors(rows, {"voltage": stored}), hive=False)

    found, _ = read(source, (C1,), texts=frozenset({"voltage"}))

    assert names(found[C1]) == expected
    assert found[C1].type_errors == {"voltage": wrong, "flow": 0}
