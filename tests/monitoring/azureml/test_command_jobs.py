"""The command jobs: what their definitions say exists, and the job itself runs from its stage."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import trustme
import yaml
from deltalake import write_deltalake

from generator.project import ROOT
from tests.conftest import mlmon_process, read_tree, skip, write_tree
from tests.monitoring.notify.conftest import server_tls
from tests.monitoring.notify.mail_server import MailServer
from tests.vault.azure import TOKEN, key_vault

FOLDER = ROOT / "monitoring" / "azureml"
START = datetime(2026, 11, 19, tzinfo=UTC)
SECRETS = ("APPLICATIONINSIGHTS_CONNECTION_STRING",)


def definition(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    return document


def daily_step() -> dict[str, Any]:
    pipeline = definition("daily-job.yml")
    [step] = pipeline["jobs"].values()
    assert step["inputs"] == {name: f"${{{{parent.inputs.{name}}}}}" for name in pipeline["inputs"]}
    found: dict[str, Any] = step
    return found


STEPS = {"performance run": definition("performance-job.yml"), "daily": daily_step()}


@pytest.mark.parametrize("command", STEPS)
def test_a_definition_names_what_it_takes(command: str) -> None:
    step = STEPS[command]

    assert step["type"] == "command"
    assert (FOLDER / step["environment"]["conda_file"]).is_file()
    assert set(re.findall(r"\$\{\{inputs\.(\w+)\}\}", step["command"])) == step["inputs"].keys()
    assert f" {command} -- " in step["command"]
    assert not any(step.get("environment_variables", {}).get(n) for n in SECRETS), "in no file"


@pytest.mark.parametrize("command", STEPS)
def test_a_definition_gives_options_that_the_command_has(command: str) -> None:
    given = STEPS[command]["command"].split(" -- ")[1]
    known = mlmon_process(*command.split(), "--help", cwd=ROOT, environment={"COLUMNS": "200"})

    assert known.returncode == 0
    options = set(re.findall(r"--[\w-]+", known.stdout))
    assert {*re.findall(r"--[\w-]+", given), "--results", "--as-of"} <= options


def test_the_daily_job_judges_by_limits_and_keeps_records() -> None:
    given = STEPS["daily"]["command"].split(" -- ")[1]

    limits = {"--calibration", "--prediction-calibration"}
    assert {*limits, "--records", "--performance-records"} <= set(re.findall(r"--[\w-]+", given))
    for name in ("calibration", "prediction_calibration"):
        assert definition("daily-job.yml")["inputs"][name]["type"] == "uri_file"


def test_the_schedule_runs_the_daily_job_every_day_at_five() -> None:
    schedule = definition("daily-schedule.yml")

    assert schedule["trigger"] == {"type": "cron", "expression": "0 5 * * *", "time_zone": "UTC"}
    assert (FOLDER / schedule["create_job"]).is_file()


@pytest.mark.parametrize(
    ("environment", "elsewhere"),
    [
        (FOLDER / "environment.yml", set()),
        (ROOT / "scoring" / "environment.yml", {"azureml-core"}),
    ],
)
def test_environments_have_the_versions_of_the_lock(environment: Path, elsewhere: set[str]) -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    locked = set(re.findall(r"^([\w-]+==[^\s;\\]+)", text, re.MULTILINE))
    packages = yaml.safe_load(environment.read_text("utf-8"))["dependencies"]
    [pinned] = [each["pip"] for each in packages if isinstance(each, dict)]

    assert {each.split("==")[0] for each in set(pinned) - locked} == elsewhere
    assert "python=3.11" in packages


def in_place(command: str, values: Mapping[str, str]) -> str:
    """Write a step's command with its inputs."""
    return re.sub(r"\$\{\{([\w.]+)\}\}", lambda found: values[found[1]], command)


def run_job(
    command: str, stage: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    python = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", "-c", command],
        cwd=stage,
        env={**os.environ, **python, **environment},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "script", ["mlmon_job.py", pytest.param("drift_job.py", marks=pytest.mark.slow)]
)
def test_a_job_whose_results_have_no_place_says_so(script: str) -> None:
    if script == "drift_job.py" and find_spec("pyspark") is None:
        skip("pyspark is not installed: `make spark` installs it")
    job = subprocess.run(
        [sys.executable, FOLDER / script, "--results", "https://elsewhere/", "daily"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )

    assert job.returncode == 2
    assert (
        "mlmon: the address is neither a local folder nor one of Azure Data Lake Storage @ "
    ) in job.stderr
    assert "Traceback" not in job.stderr


@pytest.mark.slow
def test_the_daily_job_tells_people_with_secrets_that_only_the_vault_has(tmp_path: Path) -> None:
    """Of a night that could judge nothing; a job that is submitted again tells nobody twice."""
    stage, store = tmp_path / "stage", tmp_path / "results"
    subprocess.run([ROOT / "tools" / "stage-azureml", stage], check=True)
    authority = trustme.CA()
    login = ("mlmon", "a-W0RD-that-nobody-may-see")
    folders = ("sensors", "predictions", "actuals", "records", "performance_records")
    values = {f"inputs.{name}": str(tmp_path / name) for name in folders}
    values |= {"inputs.results": str(store), "inputs.environment": "prod"}
    for name in ("calibration", "prediction_calibration"):
        values |= {f"inputs.{name}": str(tmp_path / f"{name}.json")}
    command = in_place(STEPS["daily"]["command"], values).replace(
        "daily --", "--as-of 2026-11-20 daily --"
    )
    secrets = {"smtp-user": login[0], "smtp-password": login[1]}

    with (
        MailServer(server_tls(authority), login=login) as server,
        key_vault("kv-mlops-prod", authority, tmp_path, secrets) as environment,
    ):
        shipped = stage / "config" / "environments" / "prod.yaml"
        text = shipped.read_text("utf-8")
        text = text.replace("host: smtp.company.com", f"host: localhost\n    port: {server.port}")
        text = re.sub(r"\n.*type: teams.*", "", text)
        shipped.write_text(text, "utf-8")
        first = run_job(command, stage, environment)
        again = run_job(command, stage, environment)

    assert first.returncode == again.returncode == 3, first.stderr
    assert [mail["To"] for mail in server.received] == ["mlops-team@company.com"]
    assert "1 message: 1 sent\n" in first.stdout
    assert "1 message: 1 sent before\n" in again.stdout
    found = {name: content.decode() for name, content in read_tree(store).items()}
    assert [name for name in found if "/sent/" in name]
    for text in (*found.values(), first.stdout, first.stderr, again.stdout, again.stderr):
        assert login[1] not in text
        assert TOKEN not in text


@pytest.mark.slow
def test_a_job_runs_from_its_stage_and_leaves_its_results_in_storage(tmp_path: Path) -> None:
    """As `az ml` uploads it, without the rest of the project; earlier days stay as they are."""
    stage, store = tmp_path / "stage", tmp_path / "results"
    subprocess.run([ROOT / "tools" / "stage-azureml", stage], check=True)
    earlier = {
        "2026-11-19/decisions.json": "[]",
        "2026-11-19/circuits/PLANT001/CIRCUIT01.json": "not read",
    }
    write_tree(store, earlier)
    times = pa.array([START + timedelta(minutes=m) for m in range(1000)], pa.timestamp("us", "UTC"))
    ids = {"plant_id": ["PLANT001"] * 1000, "circuit_id": ["CIRCUIT01"] * 1000}
    write_deltalake(
        tmp_path / "predictions",
        pa.table(
            ids
            | {"issued_at": times, "target_time": times, "horizon": [60] * 1000}
            | {"model_version": ["1"] * 1000, "predicted_value": [1.0] * 1000}
        ),
    )
    actuals = ids | {"target_time": times, "actual_value": [1.5] * 1000}
    write_deltalake(tmp_path / "actuals", pa.table(actuals))
    values = {
        "inputs.results": str(store),
        "inputs.as_of": "2026-11-20",
        "inputs.predictions": str(tmp_path / "predictions"),
        "inputs.actuals": str(tmp_path / "actuals"),
        "inputs.records": str(tmp_path / "records"),
        "inputs.environment": "prod",
    }
    job = run_job(in_place(STEPS["performance run"]["command"], values), stage, {})

    assert job.returncode == 0, job.stderr
    found = read_tree(store)
    assert {name: found[name].decode() for name in earlier} == earlier
    results = json.loads(found["2026-11-20/performance_results_20261120.json"])
    assert results[0]["metrics"]["mae"] == 0.5
