"""The job over a simulated fleet: broken sensors show in the error, and it can be killed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitoring.engine import local
from monitoring.engine.spark import SparkEngine, running_session
from monitoring.engine.task import Engine, EngineError
from monitoring.performance import run as job
from monitoring.performance.judging import judge_performance
from monitoring.results.folder import open_results
from tests.conftest import read_tree, skip
from tests.monitoring.performance.conftest import CIRCUITS, INPUTS, RunFleet, SimulatedFleet

DEGRADING = {("shift", 3.0), ("ramp", 3.0), ("unit_change", 10.0)}
"""Faults that move a sensor far enough for the simulated forecasts to leave their limits."""


def results(path: Path) -> dict[str, dict[str, Any]]:
    content = json.loads((path / "performance_results_20261120.json").read_text())
    return {f"{each['plant_id']}/{each['circuit_id']}": each for each in content}


def test_the_error_of_circuits_with_broken_sensors_leaves_its_limits_and_no_other_does(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    summary = run_fleet(tmp_path)

    found = results(tmp_path)
    assert list(found) == [circuit.key for circuit in fleet.circuits]
    assert found == {f"{r['plant_id']}/{r['circuit_id']}": r for r in summary.results}
    degraded = {key for key, result in found.items() if result["status"] == "degraded"}
    assert degraded == {key for key, fault in fleet.faults.items() if fault in DEGRADING}
    assert len(degraded) == 3
    assert {r["status"] for key, r in found.items() if key not in degraded} == {"ok"}
    for key in found.keys() - fleet.faults.keys():
        assert found[key]["exceedance"] < 0.7, "well within, so that no seed passes its limit"
        assert found[key]["streak"] == 0


def test_a_circuit_whose_forecasts_ended_keeps_its_last_verdict(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    run_fleet(tmp_path)

    [lost] = [key for key, (kind, _) in fleet.faults.items() if kind == "lost_circuit"]
    found = results(tmp_path)[lost]
    assert (found["status"], found["evaluated_at"]) == ("ok", "2026-11-13T00:00:00Z")
    assert found["window"] == {"start": "2026-11-06T00:00:00Z", "end": "2026-11-13T00:00:00Z"}


@pytest.mark.parametrize("after", [0, 1, CIRCUITS - 1])
def test_a_run_that_was_killed_ends_like_one_that_was_not(
    after: int,
    tmp_path: Path,
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
        run_fleet(tmp_path / "killed", progress=die)
    assert not (tmp_path / "killed" / "performance_results_20261120.json").exists()
    left: list[int] = []
    run_fleet(tmp_path / "killed", progress=lambda done, _: left.append(done))
    run_fleet(tmp_path / "whole")

    assert left[0] == portions[-1] % CIRCUITS + 1
    assert read_tree(tmp_path / "killed") == read_tree(tmp_path / "whole")


def test_a_circuit_that_breaks_is_a_result_with_its_error_and_the_others_go_on(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = fleet.circuits[3].key

    def sometimes(circuit, *rest):  # type: ignore[no-untyped-def]
        if circuit.key == broken:
            raise ZeroDivisionError("by nought")
        return judge_performance(circuit, *rest)

    monkeypatch.setattr(job, "judge_performance", sometimes)
    summary = run_fleet(tmp_path)

    assert summary.failed == (broken,)
    assert summary.is_partial
    assert results(tmp_path)[broken]["status"] == "error"
    assert "ZeroDivisionError: by nought" in results(tmp_path)[broken]["reason"]
    assert len(results(tmp_path)) == CIRCUITS


def test_circuits_of_the_data_and_of_the_configuration_are_held_against_each_other(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    ghost = replace(fleet.circuits[0], circuit_id="GHOST")

    summary = run_fleet(tmp_path, circuits=(*fleet.circuits[1:], ghost))

    assert summary.unknown == (fleet.circuits[0].key,)
    assert summary.absent == (ghost.key,)
    assert results(tmp_path)[ghost.key]["status"] == "insufficient_data"


def test_a_drift_run_may_come_after_it_in_the_folder_of_the_day(
    tmp_path: Path, run_fleet: RunFleet
) -> None:
    run_fleet(tmp_path)

    with open_results(tmp_path, replace(INPUTS, job="drift")) as folder:
        assert folder.finished() == set()


@pytest.fixture(scope="session")
def spark() -> Iterator[Engine]:
    try:
        with running_session(2, "1g") as session:
            session.sparkContext.setLogLevel("OFF")
            yield SparkEngine(session)
    except EngineError as error:
        skip(str(error))


@pytest.mark.slow
def test_the_spark_engine_writes_what_the_local_one_writes(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet, spark: Engine
) -> None:
    ghost = replace(fleet.circuits[0], circuit_id="GHOST")
    circuits = (*fleet.circuits[1:], ghost)

    local_summary = run_fleet(tmp_path / "local", circuits=circuits)
    summary = run_fleet(tmp_path / "spark", circuits=circuits, engine=spark)

    assert read_tree(tmp_path / "spark") == read_tree(tmp_path / "local")
    assert summary == local_summary
