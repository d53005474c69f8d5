"""What-if with the real Azure CLI, against the local Resource Manager."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION
from tests.deployment.conftest import MLMON, run

WEBHOOK = "https://hooks.example.com/workflows/1?sig=secret-8fe1"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mlops-prod"
RULE = f"{GROUP}/providers/Microsoft.Insights/scheduledQueryRules/high-mae-alert"
ACTION_GROUP = f"{GROUP}/providers/Microsoft.Insights/actionGroups/ag-mlops-critical"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment(az_environment: Mapping[str, str]) -> Mapping[str, str]:
    return {**az_environment, "MLMON_SECRET_TEAMS_WEBHOOK": WEBHOOK}


@pytest.fixture
def deployed(fleet_arm: ArmEndpoint, environment: Mapping[str, str]) -> ArmEndpoint:
    """The production environment, deployed."""
    result = run(*MLMON, "deploy", "--env", "prod", environment=environment)
    assert result.returncode == 0, result.stderr
    return fleet_arm


def told(environment: Mapping[str, str], *options: str) -> Any:
    result = run(
        *MLMON, "what-if", "--env", "prod", "--format", "json", *options, environment=environment
    )
    assert result.returncode == 0, result.stderr
    assert WEBHOOK not in result.stdout + result.stderr
    return json.loads(result.stdout)


def test_an_empty_subscription_gets_everything(
    fleet_arm: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    result = run(*MLMON, "what-if", "--env", "prod", environment=environment)

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("prod: 155 to create, 0 to change, 0 to delete, 0 unchanged\n")
    assert "config/circuits.yaml:5:5" in result.stdout


def test_a_deployment_that_was_not_changed_shows_nothing(
    deployed: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    document = told(environment)

    assert [document[k] for k in ("created", "changed", "deleted", "not_compared")] == [[]] * 4
    assert document["unchanged"] == 155
    assert document["filtered"] != []
