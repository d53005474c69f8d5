"""A circuit measured against its training snapshot as well, and what is said where it cannot be."""

import pickle
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator.fleet import Circuit
from monitoring.baselines import PinnedBaselines, Places, accept, pin
from monitoring.drift.calibration import Calibration, calibrate
from monitoring.drift.fleet_history import history_of, hourly, past_of
from monitoring.drift.history import DailySeries, replay
from monitoring.drift.limits import LimitSettings
from monitoring.drift.records import RECORDS, RunKey, plain, records
from monitoring.drift.training import SnapshotStatus, TrainingSnapshot
from monitoring.engine.circuit import CircuitResult, RunContext, judge_circuit
from monitoring.results.circuit_json import drift_json
from monitoring.results.training import training_records
from monitoring.sensors import CircuitReadings
from monitoring.sources import CircuitKey, read_fleet
from monitoring.windows import Window, Windows
from tests.monitoring.baselines.conftest import (
    DAYS,
    END,
    LATER,
    Data,
    acceptance,
    created,
    folder_of,
)

RUN = date(2026, 10, 31)
"""Before the third circuit's fault."""
SETTINGS = LimitSettings(quantile=0.95, runs=90, minimum_runs=20)


@pytest.fixture(scope="module")
def readings(data: Data) -> Mapping[str, CircuitReadings]:
    window = Window.of_days(date.fromordinal(END.toordinal() - DAYS), RUN)
    wanted = {CircuitKey.of(c): c.features for c in data.circuits}
    return {r.key: r for batch in read_fleet(data.sensors, wanted, window) for r in batch}


@pytest.fixture
def pinned(data: Data, tmp_path: Path) -> PinnedBaselines:
    created(data, tmp_path)
    return pin(data.circuits, Places.under(str(tmp_path)), ("inputs",))


def calibrated(
    circuits: tuple[Circuit, ...],
    readings: Mapping[str, CircuitReadings],
    pinned: PinnedBaselines | None,
) -> Calibration:
    histories = [
        history_of(
            past_of(readings[c.key], c, None if pinned is None else pinned.snapshot(c, "inputs"))
        )
        for c in circuits
    ]
    day = (RUN - date(1970, 1, 1)).days
    return calibrate(histories, day, configured_immediate=1.5, settings=SETTINGS)


def judged(
    circuit: Circuit,
    readings: Mapping[str, CircuitReadings],
    pinned: PinnedBaselines | None,
    limits: Calibration | None = None,
) -> CircuitResult:
    context = RunContext(Windows.of(RUN), "calibrated", limits, None, pinned)
    return judge_circuit(circuit, readings[circuit.key], context)


def test_a_circuit_is_measured_against_both_references(
    data: Data, readings: Mapping[str, CircuitReadings], pinned: PinnedBaselines
) -> None:
    circuit = data.circuits[0]
    limits = calibrated(data.circuits, readings, pinned)

    drift = judged(circuit, readings, pinned, limits).drift

    assert drift.verdict is not None
    assert drift.training is not None
    assert [v.reference for v in drift.verdict.training] == ["training"] * len(circuit.features)
    assert {v.status for v in drift.verdict.training} <= {"ok", "warn", "drift"}
    assert np.isfinite(drift.verdict.training_exceedance)
    shown: Any = drift_json(drift)["training"]
    assert (shown["status"], shown["start"], shown["end"]) == (
        "compared",
        "2026-09-01",
        "2026-10-01",
    )
    assert list(shown["features"]) == list(circuit.features)
    assert shown["exceedance"] == drift.verdict.training_exceedance


def test_the_training_snapshot_does_not_decide(
    data: Data, readings: Mapping[str, CircuitReadings], pinned: PinnedBaselines
) -> None:
    circuit = data.circuits[0]
    limits = calibrated(data.circuits, readings, pinned)

    with_it = judged(circuit, readings, pinned, limits).drift
    without = judged(circuit, readings, None, limits).drift

    assert with_it.evidence == without.evidence
    assert without.snapshot is None
    assert drift_json(without)["training"] is None


def test_a_calibration_without_baselines_has_no_limits_against_them(
    data: Data, readings: Mapping[str, CircuitReadings], pinned: PinnedBaselines
) -> None:
    limits = calibrated(data.circuits, readings, None)

    drift = judged(data.circuits[0], readings, pinned, limits).drift

    assert drift.verdict is not None
    assert {v.status for v in drift.verdict.training} == {"warming_up"}
    assert drift.evidence.status.has_verdict


def test_weeks_of_the_snapshot_itself_are_not_in_its_limits(
    data: Data, readings: Mapping[str, CircuitReadings], pinned: PinnedBaselines
) -> None:
    circuit = data.circuits[0]
    history = history_of(
        past_of(readings[circuit.key], circuit, pinned.snapshot(circuit, "inputs"))
    )

    assert history.training is not None
    excluded = history.training.days[history.training.excluded]
    first, last = ((d - date(1970, 1, 1)).days for d in (date(2026, 9, 1), date(2026, 9, 30)))
    assert (excluded.min(), excluded.max()) == (first + 1, last + 7)
    assert not history.rolling.excluded.any()


def test_days_before_the_model_began_are_not_in_its_limits(
    data: Data, readings: Mapping[str, CircuitReadings]
) -> None:
    circuit = data.circuits[0]

    history = history_of(past_of(readings[circuit.key], circuit, None, date(2026, 9, 1)))

    usable = history.rolling.days[~history.rolling.excluded]
    assert usable.min() == (date(2026, 9, 1) - date(1970, 1, 1)).days + 7


def test_a_thinned_snapshot_scores_like_the_whole_one(
    data: Data, readings: Mapping[str, CircuitReadings], pinned: PinnedBaselines
) -> None:
    circuit = data.circuits[0]
    snapshot = pinned.snapshot(circuit, "inputs")
    assert snapshot.values is not None
    minutes = {name: np.repeat(each, 60) for name, each in snapshot.values.items()}
    repeated = replace(snapshot, values=minutes)
    found = readings[circuit.key]
    series = hourly(DailySeries.of(found.timestamps, found.values))
    days = [(RUN - date(1970, 1, 1)).days]

    whole = replay(series, days, training=snapshot.rows(series.features)).scores
    thinned = replay(series, days, training=repeated.thinned(series.features)).scores

    np.testing.assert_array_equal(whole, thinned)


def test_records_of_both_references_have_keys_of_their_own(
    data: Data, readings: Mapping[str, CircuitReadings], pinned: PinnedBaselines
) -> None:
    circuit = data.circuits[0]
    drift = judged(circuit, readings, pinned).drift
    key = RunKey("run", circuit.plant_id, circuit.circuit_id, "m", "1", Windows.of(RUN))

    found = [*records(key, "sensors", drift.evidence, drift.measurement, drift.verdict)]
    found += training_records(key, drift)

    assert len({tuple(r[name] for name in RECORDS.key) for r in found}) == len(found)
    stored = RECORDS.table([plain(record) for record in found]).to_pylist()
    training = [r for r in stored if r["reference"] == "training"]
    assert len(training) == 2 * len(circuit.features)
    assert {r["reference_start"].date() for r in training} == {date(2026, 9, 1)}
    assert {r["n_reference"] for r in training} == {720}


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("data.parquet", "was changed after it was written"),
        ("baseline.json", "was changed after it was written"),
        ("MLTable", "names no baseline of mlmon"),
    ],
)
def test_a_tampered_baseline_is_told_and_not_compared_with(
    file: str,
    told: str,
    data: Data,
    readings: Mapping[str, CircuitReadings],
    tmp_path: Path,
) -> None:
    created(data, tmp_path)
    (path,) = folder_of(tmp_path, data.circuits[0]).rglob(file)
    changed = {
        "data.parquet": path.read_bytes()[:-1] + b"2",
        "baseline.json": path.read_bytes().replace(b'"rows": 720', b'"rows": 721'),
        "MLTable": path.read_bytes().replace(b"./v-", b"./../v-"),
    }
    path.write_bytes(changed[file])
    pinned = pin(data.circuits, Places.under(str(tmp_path)), ("inputs",))

    first, second = (judged(c, readings, pinned).drift for c in data.circuits[:2])

    assert first.snapshot is not None
    assert first.snapshot.status is SnapshotStatus.UNUSABLE
    assert told in first.snapshot.problem
    assert file in first.snapshot.problem
    assert first.training is None
    assert first.measurement is not None, "the rolling reference is judged all the same"
    assert second.training is not None, "and the other circuits are untouched"
    circuit = data.circuits[0]
    key = RunKey("run", circuit.plant_id, circuit.circuit_id, "m", "1", Windows.of(RUN))
    stored = RECORDS.table([plain(record) for record in training_records(key, first)]).to_pylist()
    assert [r["feature"] for r in stored] == sorted(circuit.features)
    assert all(r["status"] == "error" and told in r["reason"] for r in stored)
    assert {r["reference_start"] for r in stored} == {None}


def test_a_missing_baseline_is_told(data: Data, tmp_path: Path) -> None:
    created(data, tmp_path, data.circuits[:1])

    pinned = pin(data.circuits, Places.under(str(tmp_path)), ("inputs",))

    found = [pinned.snapshot(circuit, "inputs").status for circuit in data.circuits]
    assert found == ["usable", "missing", "missing"]
    assert "mlmon baseline create" in pinned.snapshot(data.circuits[1], "inputs").problem


def test_a_baseline_of_another_circuit_is_not_compared_with(data: Data, tmp_path: Path) -> None:
    created(data, tmp_path)
    mine, theirs = (folder_of(tmp_path, circuit) for circuit in data.circuits[:2])
    (tmp_path / "aside").mkdir()
    mine.rename(tmp_path / "aside/mine")
    theirs.rename(mine)

    found = pin(data.circuits, Places.under(str(tmp_path)), ("inputs",))

    snapshot = found.snapshot(data.circuits[0], "inputs")
    assert snapshot.status is SnapshotStatus.UNUSABLE
    assert "is of PLANT001/CIRCUIT02" in snapshot.problem


def test_an_accepted_baseline_makes_its_circuit_warm_up_whatever_the_configuration_says(
    data: Data, readings: Mapping[str, CircuitReadings], pinned: PinnedBaselines, tmp_path: Path
) -> None:
    limits = calibrated(data.circuits, readings, pinned)
    places = Places.under(str(tmp_path))
    accept(data.circuits[0], {"inputs": data.sensors}, places, LATER, acceptance("2"))
    again = pin(data.circuits, places, ("inputs",))

    for version in ("1", "2", None):
        circuit = replace(data.circuits[0], model_version=version)
        drift = judged(circuit, readings, again, limits).drift
        assert drift.evidence.status == "warming_up", version
        assert (drift.training is None) == (version == "1"), "it is of another model then"
    other = judged(data.circuits[1], readings, again, limits).drift
    assert other.evidence.status != "warming_up"
    assert again.streak_starts(data.circuits[0], "inputs") == date(2026, 11, 1)
    assert again.streak_starts(data.circuits[1], "inputs") is None


def test_what_is_pinned_stays_what_it_was(data: Data, tmp_path: Path) -> None:
    created(data, tmp_path)
    places = Places.under(str(tmp_path))
    before = pin(data.circuits, places, ("inputs",))
    accept(data.circuits[0], {"inputs": data.sensors}, places, LATER, acceptance("2"))
    after = pin(data.circuits, places, ("inputs",))

    assert before.digest != after.digest
    assert before.digest == pickle.loads(pickle.dumps(before)).digest  # noqa: S301
    assert before.snapshot(data.circuits[0], "inputs").model_version == "1"


def test_a_feature_that_the_snapshot_lacks_is_not_judged_against_it(
    data: Data, readings: Mapping[str, CircuitReadings], tmp_path: Path
) -> None:
    circuit = data.circuits[0]
    fewer = replace(circuit, features=circuit.features[1:])
    created(data, tmp_path, [fewer])
    pinned = pin([circuit], Places.under(str(tmp_path)), ("inputs",))

    drift = judged(circuit, readings, pinned).drift

    assert drift.verdict is not None
    first, *others = drift.verdict.training
    assert (first.status, first.reason) == (
        "insufficient_data",
        "0 readings in the reference window, 48 are needed",
    )
    assert "insufficient_data" not in {v.status for v in others}


def test_rows_of_a_snapshot_that_cannot_be_used_are_refused() -> None:
    absent = TrainingSnapshot.absent(SnapshotStatus.MISSING, "there is none")

    with pytest.raises(ValueError, match="there is none"):
        absent.rows(("voltage",))
