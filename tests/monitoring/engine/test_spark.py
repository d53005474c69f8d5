"""The Spark engine writes what the local one writes, byte for byte, whatever the data are like."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitoring.engine.run import RunSummary
from monitoring.engine.spark import SparkEngine, engine, running_session
from monitoring.engine.task import Engine, EngineError, Task
from monitoring.sources import SourceError, StoredTable, open_table
from monitoring.sources.finding import FleetFiles
from tests.conftest import read_tree, skip
from tests.monitoring.engine.conftest import RunFleet, SimulatedFleet

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def spark() -> Iterator[Engine]:
    try:
        with running_session(2, "1g") as session:
            session.sparkContext.setLogLevel("OFF")
            yield SparkEngine(session)
    except EngineError as error:
        skip(str(error))


def both(
    run_fleet: RunFleet, spark: Engine, folder: Path, **options: Any
) -> tuple[RunSummary, RunSummary]:
    """Run on both engines, and see that what is written is the same."""
    local = run_fleet(folder / "local", **options)
    other = run_fleet(folder / "spark", engine=spark, **options)
    written, expected = read_tree(folder / "spark"), read_tree(folder / "local")
    assert written.keys() == expected.keys()
    assert [name for name in expected if written[name] != expected[name]] == []
    assert replace(other, issues=()) == replace(local, issues=())
    return local, other


def test_both_engines_write_the_same_results(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet, spark: Engine
) -> None:
    local, other = both(
        run_fleet, spark, tmp_path, predictions=fleet.predictions, calibration=fleet.calibration
    )

    assert fleet.faults, "a lost circuit and others are among them"
    assert len(local.statuses) > 2
    assert other.issues == local.issues


def test_both_engines_agree_on_a_fleet_that_warms_up_and_on_the_documents_rule(
    tmp_path: Path, run_fleet: RunFleet, spark: Engine
) -> None:
    both(run_fleet, spark, tmp_path / "first")
    both(run_fleet, spark, tmp_path / "document", rule="document")


def test_circuits_that_break_are_absent_or_unknown_are_told_alike(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet, spark: Engine
) -> None:
    never = replace(fleet.circuits[3], sample_every=timedelta(0))
    ghost = replace(fleet.circuits[0], circuit_id="GHOST")
    circuits = (*fleet.circuits[1:3], never, *fleet.circuits[4:], ghost)

    _, found = both(run_fleet, spark, tmp_path, circuits=circuits)

    assert found.failed == (never.key,)
    assert ghost.key in found.absent
    assert found.unknown == (fleet.circuits[0].key,)


def test_a_run_goes_on_on_another_engine(
    tmp_path: Path,
    fleet: SimulatedFleet,
    run_fleet: RunFleet,
    spark: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "_TOGETHER", 2)

    class Killed(BaseException):
        pass

    def die(done: int, total: int) -> None:
        assert 0 < done < total
        raise Killed

    with pytest.raises(Killed):
        run_fleet(tmp_path / "both", calibration=fleet.calibration, engine=spark, progress=die)
    run_fleet(tmp_path / "both", calibration=fleet.calibration)
    run_fleet(tmp_path / "local", calibration=fleet.calibration)

    assert read_tree(tmp_path / "both") == read_tree(tmp_path / "local")


def damaged(table: StoredTable, folder: Path, days: int = 3) -> Path:
    """Copy a table's files of the last days, with what real tables have.

    Text instead of numbers, rows twice with other values, rows in another order, rows under
    another day than their own, rows without a circuit, integers, decimals, nulls and truth values
    only, and a name to escape.
    """
    files = sorted(table.files, key=lambda file: str(file.day))[-40:]
    rng = np.random.default_rng(7)
    for number, file in enumerate(files):
        source = Path(table.storage.root) / file.path
        target = folder / source.parent.name / "part [1] 50%25 ä.parquet"
        target.parent.mkdir(parents=True)
        if number < len(files) - days:
            shutil.copy(source, target)
            continue
        rows = pq.read_table(source, partitioning=None)
        again = rows.slice(0, 40)
        rows = pa.concat_tables([rows, again.set_column(3, again.column_names[3], again[4])])
        rows = rows.take(rng.permutation(rows.num_rows))
        if number == len(files) - 1:
            rows = mixed(rows)
        pq.write_table(
            rows, target, row_group_size=100, use_deprecated_int96_timestamps=number % 2 == 1
        )
    return folder


def mixed(rows: pa.Table) -> pa.Table:
    first, second, third, fourth, fifth = rows.column_names[3:8]
    texts = [None if v is None else str(v) for v in rows[first].to_pylist()]
    texts[::9] = ["n/a"] * len(texts[::9])
    texts[1::9] = [" 1e1 "] * len(texts[1::9])
    whole = [None if v is None else round(v) for v in rows[second].to_pylist()]
    cents = pa.array(whole, pa.int64()).cast(pa.decimal128(30, 4))
    rows = rows.set_column(3, first, pa.array(texts))
    rows = rows.set_column(4, second, pa.array(whole, pa.int32()))
    rows = rows.set_column(5, third, cents)
    rows = rows.set_column(6, fourth, pa.nulls(rows.num_rows))
    rows = rows.set_column(7, fifth, pa.array([True] * rows.num_rows))
    plants = rows["plant_id"].to_pylist()
    plants[::50] = [None] * len(plants[::50])
    times = rows["timestamp"].cast(pa.int64()).to_numpy().copy()
    times[::11] -= 86_400_000_000
    rows = rows.set_column(0, "plant_id", pa.array(plants))
    return rows.set_column(2, "timestamp", pa.array(times).cast(pa.timestamp("us", "UTC")))


def test_disorder_duplicates_late_rows_and_wrong_types_come_out_alike(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet, spark: Engine
) -> None:
    sensors = open_table(str(damaged(fleet.sensors, tmp_path / "sensors")))

    local, other = both(run_fleet, spark, tmp_path, sensors=sensors)

    assert len(other.issues) == 1
    assert other.issues == local.issues
    quality = (tmp_path / "spark" / "quality_results_20261120.json").read_text()
    for told in ("filed under another date", "behind a row of a later time"):
        assert told in quality


@pytest.mark.parametrize(
    "kind",
    [
        pa.timestamp("ns", "UTC"),
        pa.timestamp("ms", "UTC"),
        pa.timestamp("ns"),
        pa.timestamp("us"),
    ],
    ids=str,
)
def test_a_table_without_partitions_is_cut_alike(
    kind: Any,
    tmp_path: Path,
    fleet: SimulatedFleet,
    run_fleet: RunFleet,
    spark: Engine,
) -> None:
    files = sorted(fleet.sensors.files, key=lambda file: str(file.day))[-45:]
    root = Path(fleet.sensors.storage.root)
    rows = pa.concat_tables(pq.read_table(root / f.path, partitioning=None) for f in files)
    times = rows["timestamp"].cast(pa.timestamp("us", kind.tz)).cast(kind)
    (tmp_path / "sensors").mkdir()
    rows = rows.set_column(2, "timestamp", times)
    pq.write_table(rows, tmp_path / "sensors" / "all.parquet", row_group_size=3000)

    both(run_fleet, spark, tmp_path, sensors=open_table(str(tmp_path / "sensors")))


@pytest.mark.parametrize("dated", [True, False], ids=["garbage dates", "no date"])
def test_rows_without_time_or_day_are_told_alike(
    dated: bool, tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet, spark: Engine
) -> None:
    files = sorted(fleet.sensors.files, key=lambda file: str(file.day))[-45:]
    (tmp_path / "sensors").mkdir()
    for number, file in enumerate(files):
        path = Path(fleet.sensors.storage.root) / file.path
        rows = pq.read_table(path, partitioning=None)
        times = rows["timestamp"].to_pylist()
        times[:: 50 + number] = [None] * len(times[:: 50 + number])
        rows = rows.set_column(2, "timestamp", pa.array(times, rows["timestamp"].type))
        days = [str(file.day)] * rows.num_rows
        days[::30], days[1::30] = ["x"] * len(days[::30]), [None] * len(days[1::30])  # type: ignore[list-item]
        plants = rows["plant_id"].to_pylist()
        plants[::70] = [None] * len(plants[::70])
        rows = rows.set_column(0, "plant_id", pa.array(plants))
        if dated:
            rows = rows.append_column("date", pa.array(days))
        pq.write_table(rows, tmp_path / "sensors" / f"{number:02}.parquet", row_group_size=100)

    sensors = open_table(str(tmp_path / "sensors"))
    local, other = both(run_fleet, spark, tmp_path, sensors=sensors, circuits=fleet.circuits[1:])

    assert len(local.issues) == 2 + dated
    assert other.issues == local.issues


def test_a_broken_file_is_left_out_and_told(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet, spark: Engine
) -> None:
    folder = damaged(fleet.sensors, tmp_path / "sensors", days=0)
    broken = sorted(folder.glob("*/*.parquet"))[-2]
    content = bytearray(broken.read_bytes())
    content[200:-2000] = bytes(len(content) - 2200)
    broken.write_bytes(content)

    found = run_fleet(tmp_path / "run", sensors=open_table(str(folder)), engine=spark)

    assert len(found.issues) == 1
    assert broken.name in found.issues[0]
    assert found.is_partial
    assert sum(found.statuses.values()) == len(fleet.circuits)


def test_a_file_that_is_gone_costs_its_rows_alike(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet, spark: Engine
) -> None:
    folder = damaged(fleet.sensors, tmp_path / "sensors", days=0)
    table = open_table(str(folder))
    sorted(folder.glob("*/*.parquet"))[-2].unlink()

    local, other = both(run_fleet, spark, tmp_path, sensors=table)

    assert other.issues == local.issues
    assert "is not there" in other.issues[0]


@pytest.mark.parametrize("gone", [1, 40], ids=["one", "all"])
def test_files_that_vanish_before_spark_reads_them(
    gone: int,
    tmp_path: Path,
    fleet: SimulatedFleet,
    run_fleet: RunFleet,
    spark: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = damaged(fleet.sensors, tmp_path / "sensors", days=0)
    table = open_table(str(folder))
    find = engine._find

    def find_and_lose(task: Task) -> list[FleetFiles]:
        found = find(task)
        for path in sorted(folder.glob("*/*.parquet"))[-gone:]:
            path.unlink()
        return found

    monkeypatch.setattr(engine, "_find", find_and_lose)
    if gone == 40:
        with pytest.raises(SourceError, match="is not there"):
            run_fleet(tmp_path / "run", sensors=table, engine=spark)
        return
    found = run_fleet(tmp_path / "run", sensors=table, engine=spark)

    [issue] = found.issues
    assert "is not there" in issue
    assert sum(found.statuses.values()) == len(fleet.circuits)
