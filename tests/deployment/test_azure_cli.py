"""The real Azure CLI builds and deploys what was rendered."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from deployment.azure_cli import find_azure_cli
from deployment.resource_manager import resource_manager
from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION
from tests.deployment.conftest import MLMON, ROOT, run
from tests.deployment.small_fleet import register_preprocessing

MAIN = ROOT / "rendered" / "prod" / "main.bicep"
WEBHOOK = "https://hooks.example.com/secret-8fe1"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mlops-prod"

# What `az account get-access-token` answers, without the second that az takes to start.
TOKENS = """#!/bin/sh
echo '{"accessToken": "from-az", "expires_on": 4102444800, "tokenType": "Bearer"}'
"""


@pytest.fixture
def az_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that answers as az does, at `bin/az` of the current folder, and not on PATH."""
    program = tmp_path / "bin" / "az"
    program.parent.mkdir()
    program.write_text(TOKENS, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.defpath)
    assert shutil.which("az") is None
    return program


def test_a_relative_path_of_az_is_made_absolute(
    az_of_a_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZ", "bin/az")

    assert find_azure_cli().path == az_of_a_folder


@pytest.mark.parametrize("is_configured", [True, False])
def test_tokens_come_from_the_azure_cli_that_is_not_on_path(
    az_of_a_folder: Path, monkeypatch: pytest.MonkeyPatch, is_configured: bool
) -> None:
    if is_configured:
        monkeypatch.setenv("AZ", "bin/az")
    else:
        monkeypatch.delenv("AZ", raising=False)
        monkeypatch.setattr("deployment.azure_cli._INSTALLED", az_of_a_folder)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    monkeypatch.setenv("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)

    with resource_manager() as manager:
        token = manager.credential.get_token(manager.scope)

    assert token.token == "from-az"  # noqa: S105 - that of the program above


def test_without_an_azure_cli_other_credentials_work(
    az_of_a_folder: Path, sdk_in_process: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setenv("AZ", "no-such-program")

    with resource_manager() as manager:
        assert manager.credential.get_token(manager.scope).token


@pytest.fixture(scope="module")
def environment(az_environment: Mapping[str, str]) -> Mapping[str, str]:
    """An Azure CLI that is logged in, and the secrets that a deployment takes."""
    return {**az_environment, "MLMON_SECRET_TEAMS_WEBHOOK": WEBHOOK}


@pytest.mark.slow
def test_az_builds_the_entry_point_and_its_parameters(environment: Mapping[str, str]) -> None:
    az = environment["AZ"]
    built = run(az, "bicep", "build", "--file", MAIN, "--stdout", environment=environment)
    parameters = run(
        *(az, "bicep", "build-params", "--file", MAIN.with_suffix(".bicepparam"), "--stdout"),
        environment=environment,
    )

    assert (built.returncode, parameters.returncode) == (0, 0), built.stderr + parameters.stderr
    assert "rules" in json.loads(built.stdout)["resources"]
    values = json.loads(json.loads(parameters.stdout)["parametersJson"])["parameters"]
    assert values["location"] == {"value": "eastus"}
    assert "Warning" not in built.stderr


@pytest.mark.slow
def test_the_shipped_configuration_is_deployed(
    fleet_arm: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    register_preprocessing(fleet_arm)

    result = run(*MLMON, "deploy", "--env", "prod", "--first", environment=environment)

    assert result.returncode == 0, result.stderr
    rules = fleet_arm.state.of_type("Microsoft.Insights/scheduledQueryRules", GROUP)
    assert "batch-job-failure" in [rule.id.name for rule in rules]
    teams = fleet_arm.read(f"{GROUP}/providers/Microsoft.Insights/actionGroups/ag-mlops-critical")
    uris = [webhook["serviceUri"] for webhook in teams["properties"]["webhookReceivers"]]
    assert uris == [WEBHOOK]
    assert WEBHOOK not in result.stdout + result.stderr


@pytest.mark.slow
def test_reading_uses_the_azure_cli_that_az_names_relative_to_the_folder(
    fleet_arm: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    az = Path(os.path.relpath(environment["AZ"], ROOT))
    variables = {
        **{k: v for k, v in environment.items() if k != "AZURE_SUBSCRIPTION_ID"},
        "AZ": str(az),
        "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential",
    }

    result = run(*MLMON, "prune", "--env", "prod", environment=variables)

    assert "all 0 resources of ours are rendered" in result.stdout, result.stderr


@pytest.mark.slow
def test_what_if_changes_nothing(fleet_arm: ArmEndpoint, environment: Mapping[str, str]) -> None:
    before = dict(fleet_arm.state.resources)

    result = run(*MLMON, "what-if", "--env", "test", environment=environment)

    assert result.returncode == 0, result.stderr
    assert list(fleet_arm.deployments.what_ifs) == ["mlmon-test"]
    assert fleet_arm.state.resources == before
