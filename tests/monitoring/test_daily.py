"""A night from one command: each stage, what is left out when one fails, and who notices."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from deltalake import DeltaTable, write_deltalake
from typer.testing import Result

from monitoring.results.folder import RunInputs, as_json, locked
from tests.conftest import Mlmon, read_tree

NIGHTS = ("2026-11-18", "2026-11-19", "2026-11-20")


@pytest.fixture(autouse=True)
def _no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APPLICATIONINSIGHTS_CONNECTION_STRING", raising=False)


def daily(
    mlmon: Mlmon,
    data: Path,
    day: str,
    *more: str,
    sensors: str = "sensors",
    predictions: str = "predictions",
) -> Result:
    tables = data / "data"
    return mlmon(
        "daily",
        *("--sensors", str(tables / sensors)),
        *("--predictions", str(tables / predictions)),
        *("--actuals", str(tables / "actuals")),
        *("--as-of", day, "--results", "nights", "--config", str(data / "config"), "--no-notify"),
        *more,
    )


def recorded(mlmon: Mlmon, data: Path, day: str, *more: str, **options: Any) -> Result:
    return daily(mlmon, data, day, "--record-telemetry", "telemetry", *more, **options)


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


def test_records_that_cannot_be_kept_cost_nothing_else(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    for name in ("drift", "performance"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.docx").touch()  # no place for a table
    keep = ("--records", "drift", "--performance-records", "performance")

    result = recorded(mlmon, data, NIGHTS[-1], *keep, "--format", "json")

    assert result.exit_code == 3
    assert stages(result) == {
        "drift": "partial",
        "performance": "partial",
        "telemetry": "ok",
        "report": "ok",
        "notify": "ok",
    }
    assert result.stderr.count("the records are not kept, run it again to keep them") == 2
    assert names(tmp_path, "AppEvents", NIGHTS[-1]) >= {"monitoring_run_completed"}
    assert names(tmp_path, "AppMetrics", NIGHTS[-1]) >= {"model_accuracy_mae", "data_drift_score"}


def test_data_that_were_corrected_are_told_and_judged_anew_on_request(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    shutil.copytree(data / "data", tmp_path / "data")
    shutil.copytree(data / "config", tmp_path / "config")
    recorded(mlmon, tmp_path, NIGHTS[-1])
    folder = tmp_path / "nights" / NIGHTS[-1]
    (folder / "notifications").mkdir()
    before = read_tree(folder)
    for table in ("sensors", "predictions", "actuals"):
        DeltaTable(tmp_path / "data" / table).delete("plant_id = 'PLANT001'")

    again = recorded(mlmon, tmp_path, NIGHTS[-1])
    assert again.exit_code == 0
    for table in ("sensors", "predictions", "actuals"):
        place = tmp_path / "data" / table
        told = f"goes on with version 0 of {place}, which is at version 1 by now; --anew judges"
        assert told in again.stderr
    assert read_tree(folder) == before

    anew = recorded(mlmon, tmp_path, NIGHTS[-1], "--anew")
    assert "goes on with" not in anew.stderr
    for name in ("drift", "performance"):
        file = f"{name}_results_20261120.json"
        old, new = json.loads(before[file]), json.loads((folder / file).read_text())
        assert new[0]["circuit_id"] == "CIRCUIT01"
        assert (new[0]["plant_id"], new[0]["status"]) == ("PLANT001", "insufficient_data")
        assert [each["status"] for each in new[1:]] == [each["status"] for each in old[1:]]
        assert old[0] != new[0]
    assert (folder / "notifications").is_dir()


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
    assert "PLANT006/CIRCUIT01</b> Its newest forecast is for 12 Nov 23:00" in page
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
    result = daily(mlmon, data, str(datetime.now(UTC).date()))

    assert result.exit_code == 3
    assert "Telemetry was not delivered because" in result.stdout
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING" in result.stdout


@pytest.mark.parametrize(("days_ago", "is_sent"), [(2, True), (3, False)])
def test_a_night_of_long_ago_is_not_sent_as_todays(
    mlmon: Mlmon, data: Path, days_ago: int, is_sent: bool
) -> None:
    day = datetime.now(UTC).date() - timedelta(days=days_ago)

    result = daily(mlmon, data, str(day))

    told = f"not sent: {day} is more than 2 days ago"
    assert (told in " ".join(result.stdout.split())) is not is_sent
    assert ("Telemetry was not delivered because" in result.stdout) is is_sent


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


def errors(folder: Path, day: str) -> list[tuple[str, str, str, float]]:
    """Return what a night sent about the errors of models."""
    return sorted(
        (
            row["Name"],
            f"{row['Properties']['plant_id']}/{row['Properties']['circuit_id']}",
            row["Properties"]["evaluated_at"],
            row["Sum"],
        )
        for row in rows(folder, "AppMetrics", day)
        if row["Name"].startswith("model_")
    )


def decided(folder: Path, day: str) -> dict[str, dict[str, Any]]:
    found = json.loads((folder / "nights" / day / "decisions.json").read_text())
    return {f"{each['plant_id']}/{each['circuit_id']}": each for each in found}


def test_models_do_not_recover_when_every_forecast_is_gone(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    recorded(mlmon, data, NIGHTS[1])
    [file, *_] = (data / "data" / "predictions").rglob("*.parquet")
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    pq.write_table(pq.ParquetFile(file).schema_arrow.empty_table(), nothing / "none.parquet")

    result = recorded(mlmon, data, NIGHTS[2], predictions=str(nothing))

    assert result.exit_code == 3
    told = " ".join(result.stdout.split())
    assert "None of 9 circuits has a verdict on its model's error" in told
    assert "9 of 9 circuits had a verdict on the model's error and have none now" in told
    assert errors(tmp_path, NIGHTS[2]) == errors(tmp_path, NIGHTS[1]) != []
    status = [
        row["Sum"]
        for row in rows(tmp_path, "AppMetrics", NIGHTS[2])
        if row["Name"] == "monitoring_status"
    ]
    assert len(status) == 9
    assert min(status) >= 2, "nobody's error was judged"
    degraded = {
        (row["Properties"]["circuit_id"], row["Properties"]["evaluated_at"])
        for day in NIGHTS[1:]
        for row in rows(tmp_path, "AppEvents", day)
        if row["Name"] == "model_degraded"
    }
    assert degraded
    assert {when[:10] for _, when in degraded} == {NIGHTS[1]}
    now, before = decided(tmp_path, NIGHTS[2]), decided(tmp_path, NIGHTS[1])
    bad = [key for key, each in before.items() if each["row"] == "error-and-no-drift-verdict"]
    assert bad
    for key in bad:
        assert now[key]["proposed"] == before[key]["proposed"] == "schedule_retraining"
        assert f"is the last known, of {NIGHTS[1]}" in now[key]["reason"]
    page = (tmp_path / "nights" / NIGHTS[2] / "daily_monitoring_report.html").read_text()
    assert "No model&#39;s error could be judged. 9 models have no verdict" in page


def test_a_circuit_that_never_had_a_label_fails_no_night(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    shutil.copytree(data / "config", config)
    new = "  - {plant_id: PLANT009, circuit_id: NEW, model_name: new, sample_every: PT1H}\n"
    with (config / "circuits.yaml").open("a") as file:
        file.write(new)

    for night in NIGHTS[1:]:
        result = recorded(mlmon, data, night, "--config", str(config), "--format", "json")

    assert stages(result)["performance"] == "ok", result.output


@pytest.mark.parametrize("kind", ["missing", "no-column", "no-column-in-delta"])
def test_predictions_that_cannot_be_read_keep_no_sensor_from_being_judged(
    mlmon: Mlmon, data: Path, tmp_path: Path, kind: str
) -> None:
    recorded(mlmon, data, NIGHTS[1])
    found = tmp_path / "broken"
    if kind != "missing":
        [file, *_] = (data / "data" / "predictions").rglob("*.parquet")
        table = pq.ParquetFile(file).read().drop_columns("predicted_value")
        found.mkdir()
        if kind == "no-column":
            pq.write_table(table, found / "some.parquet")
        else:
            write_deltalake(found, table)

    result = recorded(mlmon, data, NIGHTS[2], "--format", "json", predictions=str(found))

    assert result.exit_code == 3
    assert (stages(result)["drift"], stages(result)["performance"]) == ("partial", "failed")
    assert "the drift of predictions was not judged: " in result.stderr
    folder = tmp_path / "nights" / NIGHTS[2]
    drift = json.loads((folder / "drift_results_20261120.json").read_text())
    assert {each["prediction_drift"] for each in drift} == {None}
    assert len(decided(tmp_path, NIGHTS[2])) == 9
    assert errors(tmp_path, NIGHTS[2]) == errors(tmp_path, NIGHTS[1]) != []
    page = (folder / "daily_monitoring_report.html").read_text()
    assert "The predictions could not be read, so that their drift was not judged." in page

    again = recorded(mlmon, data, NIGHTS[2])

    assert again.exit_code == 0, again.output
    drift = json.loads((folder / "drift_results_20261120.json").read_text())
    assert None not in [each["prediction_drift"] for each in drift]


def test_one_night_at_a_time_is_run_in_a_folder(mlmon: Mlmon, data: Path, tmp_path: Path) -> None:
    (tmp_path / "nights").mkdir()
    with locked(tmp_path / "nights", OSError()):
        result = recorded(mlmon, data, NIGHTS[-1])

    assert result.exit_code == 2
    assert "another night runs in nights; wait for its end" in result.stderr


@pytest.mark.parametrize("name", ["manifest.json", "performance_results_20261120.json"])
def test_a_file_that_is_cut_off_is_told_as_what_it_is(
    mlmon: Mlmon, data: Path, tmp_path: Path, name: str
) -> None:
    recorded(mlmon, data, NIGHTS[-1])
    file = tmp_path / "nights" / NIGHTS[-1] / name
    file.write_text("")

    result = recorded(mlmon, data, NIGHTS[-1])

    told = " ".join(result.output.split())
    assert result.exit_code == 3
    assert f"{name} cannot be read" in told
    fix = "remove nights/2026-11-20 and" if name == "manifest.json" else "remove it and"
    assert f"; {fix} run again" in told
    assert ("drift failed, and its results in the folder may be another run's" in told) is (
        name == "manifest.json"
    )


def test_errors_that_cannot_be_read_keep_nothing_from_being_decided(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    recorded(mlmon, data, NIGHTS[-1])
    before = read_tree(tmp_path / "nights")
    folder = tmp_path / "nights" / NIGHTS[-1]

    for text in ("", "[{}]"):
        (folder / "performance_results_20261120.json").write_text(text)
        result = recorded(mlmon, data, NIGHTS[-1], "--format", "json")

        found = stages(result)
        assert found.pop("drift") == "partial"
        assert set(found.values()) == {"ok"}
        assert "it was decided without the day's errors of models: " in result.stderr
        assert read_tree(tmp_path / "nights") == before, "the performance job decided anew"


def test_a_night_without_notifications_says_that_nobody_is_told(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    shutil.copytree(data / "config", config)
    environment = config / "environments" / "prod.yaml"
    content = yaml.safe_load(environment.read_text())
    del content["notifications"]
    environment.write_text(yaml.safe_dump(content))
    chosen = ("--config", str(config), "--format", "json")

    result = recorded(mlmon, data, NIGHTS[-1], *chosen, sensors="nowhere")

    told = json.loads(result.stdout)["stages"][-1]["told"]
    assert told == "no message; the environment prod has no `notifications`, so nobody is told"


def test_a_night_goes_on_with_what_the_drift_run_began(
    mlmon: Mlmon, data: Path, tmp_path: Path
) -> None:
    config = ("--config", str(data / "config"))
    tables = {name: str(data / "data" / name) for name in ("sensors", "predictions")}
    calibrate = ("drift", "calibrate", *config, "--as-of", NIGHTS[-1], "--days", "60")
    limits = ("--out", "limits.json", "--predictions", "--data", tables["predictions"])
    assert mlmon(*calibrate, *limits).exit_code == 0
    baselines = ("baseline", "create", *config, "--as-of", NIGHTS[-1], "--days", "30")
    mlmon(*baselines, "--data", tables["sensors"], "--out", "baselines")
    options = ("--prediction-calibration", "limits.json", "--baselines", "baselines")
    data_options = ("--data", tables["sensors"], "--predictions", tables["predictions"])
    day = ("--as-of", NIGHTS[-1], "--results", f"nights/{NIGHTS[-1]}")
    assert mlmon("drift", "run", *data_options, *day, *config, *options).exit_code == 0
    manifest = (tmp_path / "nights" / NIGHTS[-1] / "manifest.json").read_text()

    result = recorded(mlmon, data, NIGHTS[-1], *options)

    assert result.exit_code == 0, result.output
    assert (tmp_path / "nights" / NIGHTS[-1] / "manifest.json").read_text() == manifest
    assert json.loads(manifest)["calibration"] is not None
    assert json.loads(manifest)["baselines"] is not None
