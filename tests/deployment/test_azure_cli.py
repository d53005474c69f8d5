"""The real Azure CLI builds and deploys what was rendered."""

import json
from collections.abc import Mapping

import pytest

from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION
from tests.deployment.conftest import MLMON, ROOT, run

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


def test_deploy_stores_what_was_rendered(
    fleet_arm: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    result = run(*MLMON, "deploy", "--env", "prod", environment=environment)

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


def test_an_empty_secret_is_refused(fleet_arm: ArmEndpoint, environment: Mapping[str, str]) -> None:
    without = {**environment, "MLMON_SECRET_TEAMS_WEBHOOK": ""}

    result = run(*MLMON, "deploy", "--env", "prod", environment=without)

    assert result.returncode == 2
    assert "MLMON_SECRET_TEAMS_WEBHOOK must be set" in result.stderr
    assert fleet_arm.deployments.all == {}


def test_a_refused_deployment_fails_the_command(
    fleet_arm: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    fleet_arm.fail("*/scheduledqueryrules/*", "BadRequest", "a rule is not valid")

    result = run(*MLMON, "deploy", "--env", "test", environment=environment)

    assert result.returncode == 1
    assert "a rule is not valid" in result.stderr
    assert "az ended with" in result.stderr
    assert "Traceback" not in result.stderr
