"""The files that Azure ML takes: what they name exists, no secret in them."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator import conventions
from generator.project import ROOT, validate
from generator.resolve import resolve
from scoring.settings import read_settings
from tests.scoring.conftest import Deployment

FOLDER = ROOT / "scoring"


def definition(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    return document


def test_the_deployment_names_what_exists() -> None:
    deployment = definition("deployment.yml")
    settings = deployment["settings"]

    assert deployment["type"] == "model"
    assert settings["output_action"] == "append_row"
    assert (FOLDER / deployment["environment"]["conda_file"]).is_file()
    assert deployment["code_configuration"]["scoring_script"] == "score.py"


def test_the_deployment_is_of_a_circuit_of_the_configuration() -> None:
    deployment = definition("deployment.yml")
    variables = deployment["settings"]["environment_variables"]
    fleet = resolve(validate(ROOT / "config", date(2026, 11, 23)), variables["MLMON_ENV"])
    [circuit] = [c for c in fleet.circuits if c.model_name == variables["MODEL_NAME"]]

    assert (
        deployment["endpoint_name"] == circuit.batch_endpoint == definition("endpoint.yml")["name"]
    )
    assert deployment["name"] == conventions.slug(circuit.batch_deployment)
    assert variables["MODEL_VERSION"] == circuit.model_version
    assert deployment["model"].endswith(
        f"/models/{circuit.model_name}/versions/{circuit.model_version}"
    )


def test_runbooks_name_the_deployment_as_it_is_deployed() -> None:
    name = definition("deployment.yml")["name"]
    pages = [path.read_text("utf-8") for path in (ROOT / "docs" / "runbooks").glob("*.md")]
    option = r"(?:--deployment-name|batch-deployment [^`]*?--name) (\S+)"
    found = [each for page in pages for each in re.findall(option, page)]

    assert len(found) > 1
    assert set(found) == {name}


def test_the_script_understands_the_variables_and_none_is_a_secret() -> None:
    variables = definition("deployment.yml")["settings"]["environment_variables"]

    settings = read_settings(variables | {"AZUREML_MODEL_DIR": "model"})

    assert set(settings.mlmon_datastores) == {"workspaceblobstore"}
    assert settings.horizon_minutes == 60
    assert not settings.connection_string
    assert "key" not in repr(
        read_settings(variables | {"AZUREML_MODEL_DIR": "m", CONNECTION: "key"})
    )


CONNECTION = "APPLICATIONINSIGHTS_CONNECTION_STRING"


_CALL = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("score", "score.py")
score = importlib.util.module_from_spec(spec)
spec.loader.exec_module(score)
score.init()
print(json.dumps(score.run(sys.argv[1:])))
import scoring.collector
print(scoring.collector.__file__)
heavy = {"numba", "scipy", "jinja2", "typer"}
print(heavy & set(sys.modules))
"""


@pytest.mark.slow
def test_the_script_runs_from_its_stage_with_the_packages_of_its_environment(
    deployment: Deployment, tmp_path: Path
) -> None:
    stage = tmp_path / "stage"
    subprocess.run([ROOT / "tools" / "stage-azureml", stage], check=True)

    called = subprocess.run(
        [sys.executable, "-c", _CALL, deployment.file("a.parquet")],
        cwd=stage,
        env=os.environ | {"PYTHONPATH": str(ROOT)},  # behind the stage: the model's class
        check=True,
        capture_output=True,
        text=True,
    )

    output, place, heavy = called.stdout.splitlines()
    assert '\\"records\\": 2' in output
    assert Path(place).is_relative_to(stage)
    assert heavy == "set()"
    assert len(deployment.stored()) == 2
