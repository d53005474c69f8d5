"""The Spark job: its environment has the locked versions, and it runs as Spark runs it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from generator.project import ROOT
from monitoring.azureml.drift_job import fetched
from monitoring.sources.errors import SourceError
from tests.conftest import mlmon_process, read_tree, skip
from tests.monitoring.engine.conftest import AS_OF, SimulatedFleet, fleet

__all__ = ["fleet"]

FOLDER = ROOT / "monitoring" / "azureml"


def test_the_environment_has_the_versions_of_the_lock() -> None:
    text = (ROOT / "tools" / "spark.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([\w-]+==[^\s;\\]+)", text, re.MULTILINE))
    environment = yaml.safe_load((FOLDER / "drift-environment.yml").read_text(encoding="utf-8"))
    [pinned] = [each["pip"] for each in environment["dependencies"] if isinstance(each, dict)]

    assert set(pinned) <= locked
    assert "python=3.11" in environment["dependencies"]


def test_the_definition_names_what_the_job_takes() -> None:
    job = yaml.safe_load((FOLDER / "drift-job.yml").read_text(encoding="utf-8"))
    named = set(re.findall(r"\$\{\{inputs\.(\w+)\}\}", job["args"]))

    assert (job["type"], job["resources"]["runtime_version"]) == ("spark", "3.5")
    assert named == job["inputs"].keys()
    assert (FOLDER / job["entry"]["file"]).is_file()
    assert (FOLDER / job["environment"]["conda_file"]).is_file()
    options = set(re.findall(r"--[\w-]+", job["args"]))
    known = mlmon_process("drift", "run", "--help", cwd=ROOT, environment={"COLUMNS": "200"})
    assert {"--calibration", "--records"} <= options, "else every circuit warms up for ever"
    assert options <= set(re.findall(r"--[\w-]+", known.stdout))


def test_limits_are_fetched_from_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "limits.json").write_bytes(b"{}")

    assert fetched(str(tmp_path / "limits.json")) == b"{}"
    with pytest.raises(SourceError, match=r"the limits are not there @ .*none\.json; put there"):
        fetched(str(tmp_path / "none.json"))


@pytest.mark.slow
def test_a_submitted_job_leaves_the_results_of_the_local_engine(
    tmp_path: Path, fleet: SimulatedFleet
) -> None:
    submit = Path(sys.executable).with_name("spark-submit")
    if not submit.is_file():
        skip("pyspark is not installed: `make spark` installs it")
    subprocess.run(["make", "drift-job"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    job = ROOT / ".staging" / "drift-job"
    data = Path(fleet.sensors.storage.root).parent
    arguments = ["--data", str(data / "sensors"), "--predictions", str(data / "predictions")]
    limits = tmp_path / "limits.json"
    made = ["--out", str(limits), "--as-of", str(AS_OF), "--data", str(data / "sensors")]
    calibrated = mlmon_process("drift", "calibrate", *made, cwd=ROOT)
    assert calibrated.returncode == 0, calibrated.stderr
    arguments += ["--as-of", str(AS_OF), "--env", "prod", "--calibration", str(limits)]
    command = [str(submit), "--master", "local[2]", "--conf", "spark.ui.enabled=false"]
    command += ["--py-files", str(job / "mlmon.zip"), str(job / "drift_job.py")]

    local = mlmon_process(
        "drift", "run", "--results", str(tmp_path / "local"), *arguments, cwd=ROOT
    )
    submitted = subprocess.run(
        [*command, "--results", str(tmp_path / "job"), *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYSPARK_PYTHON": sys.executable},
        check=False,
        capture_output=True,
        text=True,
    )

    assert local.returncode == 0, local.stderr
    assert submitted.returncode == 0, submitted.stderr[-3000:]
    assert read_tree(tmp_path / "job") == read_tree(tmp_path / "local")
