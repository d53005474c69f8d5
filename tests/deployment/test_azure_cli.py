"""The real Azure CLI builds and deploys what was rendered."""

import json
from collections.abc import Mapping

import pytest

from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION
from tests.deployment.conftest import MLMON, ROOT, run
from tests.deployment.small_fleet import register_preprocessing

MAIN = ROOT / "rendered" / "prod" / "main.bicep"
WEBHOOK = "https://hooks.example.com/secret-8fe1"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mlops-prod"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment(az_environment: Mapping[str, str]) -> Mapping[str, str]:
    """An Azure CLI that is logged in, and the secrets that a deployment takes."""
    return {**az_environment, "MLMON_SECRET_TEAMS_WEBHOOK": WEBHOOK}


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


def test_what_if_changes_nothing(fleet_arm: ArmEndpoint, environment: Mapping[str, str]) -> None:
    before = dict(fleet_arm.state.resources)

    result = run(*MLMON, "what-if", "--env", "test", environment=environment)

    assert result.returncode == 0, result.stderr
    assert list(fleet_arm.deployments.what_ifs) == ["mlmon-test"]
    assert fleet_arm.state.resources == before
