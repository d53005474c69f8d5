"""The decisions of a day follow from its folder, and from what earlier days decided."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitoring.decision_table import Action
from monitoring.decisions import Decision, decide, limit_retrainings
from monitoring.engine import content
from monitoring.engine.circuit import CircuitResult, judge_circuit
from monitoring.results.decisions import decide_day, read_decisions, read_results
from monitoring.results.folder import ResultsError
from tests.monitoring.engine.conftest import AS_OF, RunFleet, SimulatedFleet


def by_key(decisions: tuple[Decision, ...]) -> dict[str, Decision]:
    return {decision.key: decision for decision in decisions}


def write_performance(folder: Path, mae_by_key: Mapping[str, float]) -> None:
    found = [
        {
            "plant_id": key.split("/")[0],
            "circuit_id": key.split("/")[1],
            "status": "degraded" if mae > 0.25 else "ok",
            "metric": "mae",
            "metrics": {"mae": mae},
            "limits": {"mae": 0.25},
            "limit_origin": {"mae": "default"},
            "exceedance": mae / 0.25,
            "evaluated_at": "2026-11-20T00:00:00Z",
        }
        for key, mae in mae_by_key.items()
    ]
    (folder / f"performance_results_{AS_OF:%Y%m%d}.json").write_text(json.dumps(found))


def test_stored_results_decide_as_what_was_found_does(
    tmp_path: Path,
    fleet: SimulatedFleet,
    run_fleet: RunFleet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    results: list[CircuitResult] = []

    def judged(*arguments: Any) -> CircuitResult:
        results.append(judge_circuit(*arguments))
        return results[-1]

    monkeypatch.setattr(content, "judge_circuit", judged)
    summary = run_fleet(tmp_path, calibration=fleet.calibration)

    results.sort(key=lambda each: each.quality.key)
    expected = limit_retrainings([decide(r.drift.evidence, r.quality, None) for r in results])
    assert summary.decisions == expected
    assert read_decisions(tmp_path) == expected
    assert {decision.action for decision in expected} > {Action.MONITOR, Action.MAINTENANCE}


def test_a_known_error_decides_with_the_drift(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    before = by_key(run_fleet(tmp_path, calibration=fleet.calibration).decisions)
    drifted = next(key for key, kind in fleet.faults.items() if kind == "shift")
    sound = next(c.key for c in fleet.circuits if c.key not in fleet.faults)
    write_performance(tmp_path, {drifted: 0.1, sound: 0.5})

    after = by_key(decide_day(tmp_path, AS_OF)[0])

    assert before[drifted].action is Action.SCHEDULE_RETRAINING
    assert after[drifted].action is Action.INVESTIGATE_SENSOR, "inputs moved, the error did not"
    assert (before[sound].action, after[sound].row) == (Action.MONITOR, "error-without-drift")
    assert "mae 0.5 against 0.25 (default)" in after[sound].reason


def test_what_was_decided_days_ago_is_not_decided_again(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    today = tmp_path / str(AS_OF)
    first = by_key(run_fleet(today, calibration=fleet.calibration).decisions)
    due = {key for key, each in first.items() if each.action is Action.SCHEDULE_RETRAINING}
    again = {}
    for ago in (13, 14):
        earlier = tmp_path / str(AS_OF - timedelta(days=ago))
        earlier.mkdir()
        (earlier / "decisions.json").write_bytes((today / "decisions.json").read_bytes())
        again[ago] = by_key(decide_day(today, AS_OF)[0])
        (earlier / "decisions.json").unlink()

    assert due
    for key in due:
        assert (again[13][key].action, again[13][key].held_by) == (Action.MONITOR, "cooldown")
        assert "was decided 13 days ago" in again[13][key].reason
        assert again[14][key] == first[key], "the cooldown is over"
    bad = [each for each in again[13].values() if each.action is Action.MAINTENANCE]
    assert bad, "maintenance lasts until the data are good"


def test_a_decision_that_was_held_back_does_not_hold_the_next_one(
    tmp_path: Path, fleet: SimulatedFleet, run_fleet: RunFleet
) -> None:
    today = tmp_path / str(AS_OF)
    first = run_fleet(today, calibration=fleet.calibration).decisions
    earlier = tmp_path / str(AS_OF - timedelta(days=1))
    earlier.mkdir()
    held = [each.as_json() | {"held_by": "fleet_cap"} for each in first]
    (earlier / "decisions.json").write_text(json.dumps(held))

    assert decide_day(today, AS_OF) == (first, [])


@pytest.mark.parametrize("text", ["{", "{}", '[{"plant_id": "P"}]'])
def test_decisions_that_cannot_be_read_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "decisions.json").write_text(text)

    with pytest.raises(ResultsError, match=r"decisions\.json"):
        read_decisions(tmp_path)


def test_results_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"drift_results_20261120\.json cannot be read"):
        read_results(tmp_path, "drift", date(2026, 11, 20))
