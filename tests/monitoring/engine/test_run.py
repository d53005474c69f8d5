"""A run over a simulated fleet: its faults are found, the rest is left alone, it can be killed."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from monitoring.drift.records import RECORDS
from monitoring.engine import content, local
from monitoring.engine.circuit import judge_circuit
from monitoring.engine.run import RunSummary
from monitoring.results.folder import ResultsError
from monitoring.results.records_table import merge_records
from tests.conftest import read_tree
from tests.monitoring.challenger import with_challenger
from tests.monitoring.engine.conftest import AS_OF, CIRCUITS, RunFleet, SimulatedFleet

EXPECTED = {
    "shift": "drift",
    "ramp": "drift",
    "lost": "stale",
    "unit": "insufficient_data",
    "nulls": "insufficient_data",
}
"""Status of drift by kind of fault; hourly rows are too few to tell the others by."""


def results(path: Path) -> dict[str, dict[str, object]]:
    content = json.loads((path / "drift_results_20261120.json").read_text())
    return {f"{each['plant_id']}/{each['circuit_id']}": each for each in content}


def test_every_circuit_has_a_result_in_the_documents_shape(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    summary = run_fleet(tmp_path, calibration=fleet.calibration)

    found = results(tmp_path)
    assert list(found) == [circuit.key for circuit in fleet.circuits]
    assert sum(summary.statuses.values()) == len(found)
    for result in found.values():
        assert result["baseline_period"] == "2026-10-14 to 2026-11-12"
        assert result["current_period"] == "2026-11-13 to 2026-11-19"
        assert {"features", "summary", "rule", "status", "exceedance"} <= result.keys()
    quality = json.loads((tmp_path / "quality_results_20261120.json").read_text())
    decisions = json.loads((tmp_path / "decisions.json").read_text())
    assert len(quality) == len(decisions) == len(found)
    assert all(decision["reason"] for decision in decisions)


def test_faults_are_found_and_the_rest_is_left_alone(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    run_fleet(tmp_path, calibration=fleet.calibration)

    statuses = {key: result["status"] for key, result in results(tmp_path).items()}
    for key, kind in fleet.faults.items():
        if kind in EXPECTED:
            assert statuses[key] == EXPECTED[kind], kind
    untouched = [status for key, status in statuses.items() if key not in fleet.faults]
    assert set(untouched) <= {"ok", "warn"}, "limits of so short a past are passed at times"


def test_a_fleet_without_limits_warms_up_and_pages_nobody(
    tmp_path: Path, run_fleet: RunFleet
) -> None:
    summary = run_fleet(tmp_path)

    assert not {"ok", "warn", "drift"} & summary.statuses.keys()
    assert summary.statuses["warming_up"] > 0
    assert not any(decision.action.is_retraining for decision in summary.decisions)


def test_the_documents_rule_decides_where_it_is_chosen(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    run_fleet(tmp_path, rule="document")

    found = results(tmp_path)
    assert {result["rule"] for result in found.values()} == {"document"}
    untouched = [found[c.key]["status"] for c in fleet.circuits if c.key not in fleet.faults]
    assert set(untouched) <= {"warn", "drift"}, "the document alarms on healthy circuits"


@pytest.mark.parametrize("after", [0, 1, CIRCUITS - 1])
def test_a_run_that_was_killed_ends_like_one_that_was_not(
    after: int,
    tmp_path: Path,
    fleet: SimulatedFleet,
    run_fleet: RunFleet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        pass

    portions = []

    def die(done: int, total: int) -> None:
        portions.append(done)
        if len(portions) > after:
            raise Killed

    monkeypatch.setattr(local, "_AHEAD", 3)
    with pytest.raises(Killed):
        run_fleet(tmp_path / "killed", calibration=fleet.calibration, progress=die)
    assert not (tmp_path / "killed" / "decisions.json").exists()
    left: list[tuple[int, int]] = []
    run_fleet(
        tmp_path / "killed",
        calibration=fleet.calibration,
        progress=lambda *step: left.append(step),
    )
    run_fleet(tmp_path / "whole", calibration=fleet.calibration)

    # Killed behind the last circuit, nobody knows what was met: all of them are looked at again.
    assert left[0][0] == portions[-1] % len(fleet.circuits) + 1
    assert read_tree(tmp_path / "killed") == read_tree(tmp_path / "whole")


def test_the_number_of_threads_changes_nothing(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    run_fleet(tmp_path / "one", calibration=fleet.calibration, threads=1)
    run_fleet(tmp_path / "four", calibration=fleet.calibration, threads=4)

    assert read_tree(tmp_path / "one") == read_tree(tmp_path / "four")


def test_a_circuit_that_breaks_is_a_result_with_its_error_and_the_others_go_on(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = fleet.circuits[3].key
    judge = judge_circuit

    def sometimes(circuit, *rest):  # type: ignore[no-untyped-def]
        if circuit.key == broken:
            raise ZeroDivisionError("by nought")
        return judge(circuit, *rest)

    monkeypatch.setattr(content, "judge_circuit", sometimes)
    summary = run_fleet(tmp_path, calibration=fleet.calibration)

    assert summary.failed == (broken,)
    assert summary.is_partial
    assert results(tmp_path)[broken]["status"] == "error"
    assert "ZeroDivisionError: by nought" in str(results(tmp_path)[broken]["reason"])
    assert len(results(tmp_path)) == len(fleet.circuits)


@pytest.mark.parametrize(
    ("statuses", "is_partial"),
    [
        ({"stale": 3}, True),
        ({"stale": 2, "ok": 1}, False),
        ({"insufficient_data": 3}, False),
        ({"warming_up": 3}, False),
    ],
)
def test_a_fleet_without_recent_data_needs_a_look_and_a_new_one_does_not(
    statuses: dict[str, int], is_partial: bool
) -> None:
    summary = RunSummary(Counter(statuses), (), (), (), (), (), ())

    assert summary.is_partial is is_partial


def test_circuits_of_the_data_and_of_the_configuration_are_held_against_each_other(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    ghost = replace(fleet.circuits[0], circuit_id="GHOST")
    summary = run_fleet(tmp_path, circuits=(*fleet.circuits[1:], ghost))

    assert summary.unknown == (fleet.circuits[0].key,)
    assert ghost.key in summary.absent
    assert results(tmp_path)[ghost.key]["status"] == "insufficient_data"


def test_a_folder_takes_one_run(tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet) -> None:
    run_fleet(tmp_path, circuits=fleet.circuits[:1])

    with pytest.raises(ResultsError, match="differs in rule: calibrated there, document here"):
        run_fleet(tmp_path, circuits=fleet.circuits[:1], rule="document")


def test_records_of_a_day_are_replaced_by_a_rerun(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    summary = run_fleet(tmp_path / "run", calibration=fleet.calibration)
    uri = str(tmp_path / "records")

    merge_records(uri, RECORDS, AS_OF, summary.records)
    first = stored(uri)
    merge_records(uri, RECORDS, AS_OF, summary.records)
    again = stored(uri)
    one = fleet.circuits[0]
    of_one = [r for r in summary.records if f"{r['plant_id']}/{r['circuit_id']}" == one.key]
    merge_records(uri, RECORDS, AS_OF, of_one[:1])

    assert again == first
    assert len({tuple(r[name] for name in RECORDS.key) for r in first}) == len(first)
    assert len(stored(uri)) == len(first) - len(of_one) + 1, "other circuits' records stay"


def stored(uri: str) -> list[dict[str, object]]:
    from deltalake import DeltaTable

    rows = DeltaTable(uri).to_pyarrow_table().to_pylist()
    return sorted(rows, key=lambda r: [str(r[name]) for name in RECORDS.key])


def test_prediction_drift_is_judged_beside_that_of_the_sensors(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    run_fleet(tmp_path, predictions=fleet.predictions, calibration=fleet.calibration)

    found = results(tmp_path)
    judged = [result["prediction_drift"] for result in found.values()]
    assert all(each["features"][0]["feature"] == "predicted_value" for each in judged)  # type: ignore[index]
    assert {each["status"] for each in judged} <= {"warming_up", "insufficient_data"}  # type: ignore[index]


def test_another_models_predictions_are_no_drift(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    both = with_challenger(fleet.predictions, tmp_path / "both")
    run_fleet(tmp_path / "alone", predictions=fleet.predictions, calibration=fleet.calibration)
    run_fleet(tmp_path / "beside", predictions=both, calibration=fleet.calibration)

    assert results(tmp_path / "beside") == results(tmp_path / "alone")
