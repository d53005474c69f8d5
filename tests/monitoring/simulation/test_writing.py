import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from monitoring.sensors import CircuitReadings
from monitoring.simulation import (
    Fault,
    SimulatedCircuit,
    Simulation,
    default_faults,
    write_simulation,
)
from monitoring.sources import CircuitKey, open_table, read_fleet, read_predictions
from monitoring.windows import Window, Windows

AS_OF = date(2026, 11, 23)
FEATURES = ("temperature", "current")
CIRCUITS = tuple(SimulatedCircuit(f"P{n // 5}", f"C{n}", FEATURES, f"model-{n}") for n in range(10))
KEYS = {CircuitKey(c.plant_id, c.circuit_id): FEATURES for c in CIRCUITS}
DAY_US = 86_400_000_000


def _simulation(faults: tuple[Fault, ...] = (), **options: int) -> Simulation:
    days = {"history_days": 45, "minute_days": 10} | options
    return Simulation(CIRCUITS, AS_OF, 3, days["history_days"], days["minute_days"], faults)


def _read(folder: Path, days: int = 45) -> dict[CircuitKey, CircuitReadings]:
    window = Window.of_days(AS_OF - timedelta(days=days), AS_OF)
    reading = read_fleet(open_table(str(folder / "sensors")), KEYS, window)
    found = {CircuitKey.of(c): c for part in reading for c in part}
    assert reading.issues == []
    return found


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "fleet"
    write_simulation(_simulation(), folder)
    return folder


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("broken") / "fleet"
    write_simulation(_simulation(default_faults(CIRCUITS, AS_OF, 3)), folder)
    return folder


def test_history_is_hourly_and_the_last_days_are_minutes(sound: Path) -> None:
    for circuit in _read(sound).values():
        steps = np.diff(circuit.timestamps)
        assert circuit.timestamps.size == 35 * 24 + 10 * 1440
        assert set(steps.tolist()) == {60_000_000, 3_600_000_000}
        assert np.flatnonzero(steps == 60_000_000)[0] == 35 * 24
        assert circuit.late == 0
        assert np.count_nonzero(circuit.timestamps % 3_600_000_000 == 0) == 45 * 24


def test_the_same_seed_writes_the_same_rows(sound: Path, tmp_path: Path) -> None:
    write_simulation(_simulation(), tmp_path / "again")

    first = sorted(p.relative_to(sound) for p in sound.rglob("*.parquet"))
    assert first == sorted(
        p.relative_to(tmp_path / "again") for p in (tmp_path / "again").rglob("*.parquet")
    )
    for path in first:
        assert pq.read_table(sound / path).equals(pq.read_table(tmp_path / "again" / path))


def test_files_are_sorted_and_a_row_group_holds_whole_plants(sound: Path) -> None:
    [path] = (sound / "sensors" / "date=2026-11-22").glob("*.parquet")
    table = pq.read_table(path, partitioning=None)
    keys = list(zip(*(table[c].to_pylist() for c in ("plant_id", "circuit_id")), strict=True))

    assert keys == sorted(keys)
    wide = Simulation(
        tuple(SimulatedCircuit(f"P{n // 16:02}", f"C{n % 16:02}", ("x",)) for n in range(48)),
        AS_OF,
        0,
        1,
        1,
    )
    write_simulation(wide, sound.parent / "wide")
    [path] = (sound.parent / "wide" / "sensors").glob("*/*.parquet")
    metadata = pq.read_metadata(path)
    bounds: list[Any] = [metadata.row_group(n).column(0).statistics for n in range(3)]
    assert metadata.num_row_groups == 3
    assert [(b.min, b.max) for b in bounds] == [(f"P0{n}", f"P0{n}") for n in range(3)]


def _listed(folder: Path) -> dict[str, list[Mapping[str, object]]]:
    found: dict[str, list[Mapping[str, object]]] = {}
    for fault in json.loads((folder / "faults.json").read_text())["faults"]:
        found.setdefault(fault["kind"], []).append(fault)
    return found


def _moment_us(text: object) -> int:
    since = datetime.fromisoformat(str(text)) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1)


def test_only_what_is_listed_differs_and_it_does_so_as_listed(sound: Path, broken: Path) -> None:
    before, after = _read(sound), _read(broken)
    faults = _listed(broken)
    assert sum(map(len, faults.values())) == 9
    touched = set()

    for kind, listed in faults.items():
        for fault in listed:
            key = CircuitKey(str(fault["plant_id"]), str(fault["circuit_id"]))
            touched.add(key)
            start, end = _moment_us(fault["start"]), _moment_us(fault["end"])
            times = before[key].timestamps
            rows = (times >= start) & (times < end)
            if kind == "lost_circuit":
                assert after[key].timestamps.tolist() == times[~rows].tolist()
                continue
            assert after[key].timestamps.tolist() == times.tolist()
            if kind == "late_day":
                assert after[key].late == 1440
                continue
            feature = str(fault["feature"])
            was, now = before[key].values[feature], after[key].values[feature]
            assert np.array_equal(was[~rows], now[~rows])
            _assert_broken(kind, fault, was[rows], now[rows])
    for key in KEYS.keys() - touched:
        for feature in FEATURES:
            assert np.array_equal(before[key].values[feature], after[key].values[feature])


def _assert_broken(
    kind: str,
    fault: Mapping[str, object],
    was: np.ndarray[tuple[int], np.dtype[np.float64]],
    now: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    size, sigma = float(str(fault["size"])), float(str(fault["sigma_before"]))
    match kind:
        case "shift":
            assert np.allclose(now - was, size * sigma)
        case "ramp":
            assert 0 <= now[0] - was[0] < 0.01 * sigma
            assert now[-1] - was[-1] == pytest.approx(size * sigma, rel=0.01)
        case "scale":
            assert now.std() == pytest.approx(size * was.std())
        case "unit_change":
            assert np.allclose(now, size * was)
        case "nulls":
            assert np.isnan(now).mean() == pytest.approx(size, abs=0.03)
            assert np.array_equal(now[~np.isnan(now)], was[~np.isnan(now)])
        case "stuck":
            assert (now.size, np.unique(now).size) == (360, 1)
        case _:
            raise AssertionError(kind)


def test_forecasts_are_good_until_a_sensor_is_wrong(broken: Path) -> None:
    windows = Windows.of(AS_OF)
    reading = read_predictions(open_table(str(broken / "predictions")), KEYS, windows.current)
    actual = read_fleet(
        open_table(str(broken / "actuals")),
        dict.fromkeys(KEYS, ("actual_value",)),
        windows.current,
        timestamp="target_time",
    )
    truth = {c.key: c for part in actual for c in part}
    errors = {}
    for part in reading:
        for circuit in part:
            expected = truth[circuit.key].values["actual_value"]
            errors[circuit.key] = np.abs(circuit.values["predicted_value"] - expected).mean()
    faults = _listed(broken)
    shifted = {f"{f['plant_id']}/{f['circuit_id']}": float(str(f["size"])) for f in faults["shift"]}
    [lost] = faults["lost_circuit"]
    concerned = {f"{f['plant_id']}/{f['circuit_id']}" for group in faults.values() for f in group}

    assert {str(key) for key in reading.absent} == {f"{lost['plant_id']}/{lost['circuit_id']}"}
    assert max(error for key, error in errors.items() if key not in concerned) < 0.16
    for key, size in shifted.items():
        assert errors[key] > 0.2 * size


def test_a_stuck_sensor_keeps_its_last_value_over_midnight(tmp_path: Path) -> None:
    when = Window(datetime(2026, 11, 20, 22, tzinfo=UTC), datetime(2026, 11, 22, 2, tzinfo=UTC))
    fault = Fault("P0", "C0", "stuck", "current", when, 0.0)
    write_simulation(_simulation((fault,), history_days=12), tmp_path / "t")

    circuit = _read(tmp_path / "t", 12)[CircuitKey("P0", "C0")]
    held = circuit.within(when)["current"]
    before = circuit.values["current"][circuit.timestamps < when.start_us]
    assert np.unique(held).tolist() == [before[-1]]
    assert held.size == 28 * 60


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")

    with pytest.raises(FileExistsError):
        write_simulation(_simulation(), folder)
    assert [p.name for p in tmp_path.rglob("*")] == ["t", "mine.txt"]


def test_a_simulation_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_simulation(_simulation(), tmp_path / "t", stop)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_simulation_left_is_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    names = (f".t.{gone.pid}.partial", f".t.{os.getppid()}.partial", f".u.{gone.pid}.partial")
    for name in names:
        (tmp_path / name / "sensors").mkdir(parents=True)

    write_simulation(_simulation(history_days=1, minute_days=0), tmp_path / "t")

    assert {path.name for path in tmp_path.iterdir()} == {"t", *names[1:]}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault("P9", "C0", "shift", "current", Windows.of(AS_OF).current, 1), "no such circuit"),
        (Fault("P0", "C0", "shift", "flow", Windows.of(AS_OF).current, 1), "no sensor flow"),
        (Fault("P0", "C0", "shift", None, Windows.of(AS_OF).current, 1), "no such circuit"),
        (Fault("P0", "C0", "late_day", "flow", Windows.of(AS_OF).current, 1), "no such circuit"),
    ],
)
def test_a_fault_of_nothing_is_refused(fault: Fault, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=reason):
        write_simulation(_simulation((fault,)), tmp_path / "t")


def test_days_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="11 days of minutes do not fit into 10 days"):
        Simulation(CIRCUITS, AS_OF, 0, 10, 11)
    with pytest.raises(ValueError, match="no circuit"):
        Simulation((), AS_OF)
