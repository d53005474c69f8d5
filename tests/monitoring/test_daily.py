"""A night from one command: each stage, what is left out when one fails, and who notices."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from typer.testing import Result

from monitoring.results.folder import RunInputs, as_json, locked
from tests.conftest import Mlmon, read_tree

NIGHTS = ("2026-11-18", "2026-11-19", "2026-11-20")


@pytest.fixture(autouse=True)
def _no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APPLICATIONINSIGHTS_CONNECTION_STRING", raising=False)


def daily(mlmon: Mlmon, data: Path, day: str, *more: str, sensors: str = "sensors") -> Result:
    tables = data / "data"
    return mlmon(
        "daily",
        *("--sensors", str(tables / sensors)),
        *("--predictions", str(tables / "predictions")),
        *("--actuals", str(tables / "actuals")),
        *("--as-of", day, "--results", "nights", "--config", str(data / "config"), "--no-notify"),
        *more,
    )


def recorded(mlmon: Mlmon, data: Path, day: str, **options: Any) -> Result:
    return daily(mlmon, data, day, "--record-telemetry", "telemetry", **options)


def stages(result: Result) -> dict[str, str]:
    return {each["name"]: each["state"] for each in json.loads(result.stdout)["stages"]}


def rows(folder: Path, table: str, day: str) -> Iterator[dict[str, Any]]:
    for line in (folder / "telemetry" / f"{table}_{day}.ndjson").read_text().splitlines():
        yield json.loads(line)


def names(folder: Path, table: str, day: str) -> set[str]:
    return {row["Name"] for row in rows(folder, table, day)}


def test_a_night_leaves_results_decisions_telemetry_and_a_report(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    result = recorded(mlmon, data, NIGHTS[-1])

    assert result.exit_code == 0, result.output
    folder = tmp_path / "nights" / NIGHTS[-1]
    for name in ("drift", "quality", "performance"):
        assert len(json.loads((folder / f"{name}_results_20261120.json").read_text())) == 9
    assert "PLANT009/CIRCUIT01" in (folder / "daily_monitoring_report.html").read_text()
    assert "decisions.json: " in result.stdout
    assert names(tmp_path, "AppEvents", NIGHTS[-1]) >= {"monitoring_run_completed"}
    assert names(tmp_path, "AppMetrics", NIGHTS[-1]) >= {"model_accuracy_mae", "monitoring_status"}


def test_a_night_keeps_the_records_of_each_job_in_its_own_table(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    keep = ("--records", "drift", "--performance-records", "performance")

    for _ in range(2):
        assert daily(mlmon, data, NIGHTS[-1], "--record-telemetry", "t", *keep).exit_code == 0

    found = {name: DeltaTable(tmp_path / name).to_pyarrow_table() for name in keep[1::2]}
    assert found["performance"].num_rows == 9
    assert set(found["performance"]["model_version"].to_pylist()) == {"1"}
    assert "feature" in found["drift"].column_names


def test_the_error_of_a_model_counts_in_the_decision(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    recorded(mlmon, data, NIGHTS[-1])

    decisions = json.loads((tmp_path / "nights" / NIGHTS[-1] / "decisions.json").read_text())
    compared = {each["what"] for decision in decisions for each in decision["compared"]}
    assert compared & {"mae", "rmse", "r2"}


def test_the_same_night_again_changes_no_result(mlmon: Mlmon, data: Path, tmp_path: Path) -> None:
    recorded(mlmon, data, NIGHTS[-1])
    before = read_tree(tmp_path / "nights")

    again = recorded(mlmon, data, NIGHTS[-1])

    assert again.exit_code == 0
    assert read_tree(tmp_path / "nights") == before


def test_a_stage_that_fails_keeps_no_other_from_its_work(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    result = daily(
        mlmon,
        data,
        NIGHTS[-1],
        "--record-telemetry",
        "telemetry",
        "--format",
        "json",
        sensors="nowhere",
    )

    assert result.exit_code == 3
    found = stages(result)
    assert (found["drift"], found["performance"], found["telemetry"]) == ("failed", "ok", "ok")
    page = (tmp_path / "nights" / NIGHTS[-1] / "daily_monitoring_report.html").read_text()
    assert "No circuit&#39;s drift was judged this night" in page
    assert "PLANT006/CIRCUIT01</b> its newest forecast is for 12 Nov 23:00" in page
    assert "Errors by week" in page
    assert "there is no Delta table and no Parquet file" in page
    assert found["report"] == "partial"
    (told,) = [s["told"] for s in json.loads(result.stdout)["stages"] if s["name"] == "drift"]
    assert "nowhere" in told
    assert "Traceback" not in result.output
    status = [
        r for r in rows(tmp_path, "AppMetrics", NIGHTS[-1]) if r["Name"] == "monitoring_status"
    ]
    assert {row["Sum"] for row in status} == {4.0}, "no circuit was judged"
    assert "monitoring_run_completed" not in names(tmp_path, "AppEvents", NIGHTS[-1])
    assert recorded(mlmon, data, NIGHTS[-1]).exit_code == 0, "the night can be run again"


def test_nights_without_a_verdict_and_circuits_that_do_not_score_are_noticed(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    recorded(mlmon, data, NIGHTS[0])
    for night in NIGHTS[1:]:
        recorded(mlmon, data, night, sensors="nowhere")

    result = mlmon(
        "backtest",
        *("--data", "telemetry", "--from", NIGHTS[0], "--to", NIGHTS[-1] + "T12:00"),
        *("--config", str(data / "config"), "--format", "json"),
    )

    fired = {
        rule["rule"]: [alert["fired_at"] for alert in rule["outcome"]["alerts"]]
        for rule in json.loads(result.stdout)["rules"]
    }
    assert any(at > f"{NIGHTS[1]}T05" for at in fired["monitoring-silent"]), fired
    assert len(fired["circuit-silent"]) >= 9


def test_telemetry_that_has_nowhere_to_go_is_told(mlmon: Mlmon, data: Path) -> None:
    result = daily(mlmon, data, NIGHTS[-1])

    assert result.exit_code == 3
    assert "Telemetry was not delivered because" in result.stdout
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING" in result.stdout


def test_an_older_night_is_not_sent_after_a_newer_one(mlmon: Mlmon, data: Path) -> None:
    recorded(mlmon, data, NIGHTS[-1])

    result = daily(mlmon, data, NIGHTS[0])

    assert result.exit_code == 0
    assert f"not sent: {NIGHTS[-1]} was judged" in result.stdout


def test_what_another_run_left_in_the_folder_is_not_told_as_this_nights(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    recorded(mlmon, data, NIGHTS[-1])
    manifest = tmp_path / "nights" / NIGHTS[-1] / "manifest.json"
    text = manifest.read_text()
    content = json.loads(text) | {"environment": "test"}
    content.pop("run_id")
    content.pop("format")
    inputs = RunInputs(**content)
    manifest.write_text(as_json({"format": 1, "run_id": inputs.run_id, **content}))

    result = recorded(mlmon, data, NIGHTS[-1])

    assert result.exit_code == 3
    assert "which differs in environment" in result.stdout
    assert "nothing was decided" in result.stdout
    metrics = rows(tmp_path, "AppMetrics", NIGHTS[-1])
    status = {row["Sum"] for row in metrics if row["Name"] == "monitoring_status"}
    assert status == {4.0}
    assert "monitoring_run_completed" not in names(tmp_path, "AppEvents", NIGHTS[-1])


def test_one_night_at_a_time_is_run_in_a_folder(mlmon: Mlmon, data: Path, tmp_path: Path) -> None:
    (tmp_path / "nights").mkdir()
    with locked(tmp_path / "nights", OSError()):
        result = recorded(mlmon, data, NIGHTS[-1])

    assert result.exit_code == 2
    assert "another night runs in nights; wait for its end" in result.stderr
