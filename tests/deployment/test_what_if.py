"""What-if with the real Azure CLI, against the local Resource Manager."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from deployment.arm_errors import explain
from tests.azure.endpoint import ArmEndpoint
from tests.azure.stacks import Stack
from tests.azure.state import SUBSCRIPTION
from tests.deployment.conftest import MLMON, ROOT, run
from tests.deployment.shipped import shipped
from tests.deployment.small_fleet import COMPONENT, OURS, register_preprocessing

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
    register_preprocessing(fleet_arm)
    # Something of ours is there, so that this is not the first deployment: rules are validated.
    fleet_arm.add(COMPONENT, "2020-02-02", location="eastus", tags=OURS)
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
    assert result.stdout.startswith("prod: 154 to create, 0 to change, 0 to delete, 0 unchanged\n")
    assert "config/circuits.yaml:5:5" in result.stdout


def test_what_was_done_by_hand_is_shown_and_nothing_else(
    deployed: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    unchanged = told(environment)
    assert [unchanged[k] for k in ("created", "changed", "deleted", "not_compared")] == [[]] * 4
    assert unchanged["unchanged"] == 154
    noise = {entry["noise"] for entry in unchanged["filtered"]}
    assert {"component-flow", "workspace-legacy", "saved-search-version"} <= noise

    rule = deployed.state.resources[RULE.lower()].body
    rule["properties"]["severity"] = 4
    rule["properties"]["criteria"]["allOf"][0]["query"] += "| where false\n"
    rule["tags"]["edited-by"] = "somebody"
    group = deployed.state.resources[ACTION_GROUP.lower()].body["properties"]
    group["webhookReceivers"][0]["serviceUri"] = "https://elsewhere.example.com/?sig=0th3r"
    group["emailReceivers"] = []
    deployed.state.remove(
        f"{GROUP}/providers/Microsoft.Insights/scheduledQueryRules/circuit-silent"
    )
    left = f"{GROUP}/providers/Microsoft.Insights/scheduledQueryRules/retired"
    tags = {"managed-by": "mlmon", "environment": "prod"}
    deployed.add(left, "2023-12-01", location="eastus", tags=tags, properties=rule["properties"])

    document = told(environment)

    assert [entry["name"] for entry in document["created"]] == ["circuit-silent"]
    assert [entry["name"] for entry in document["left_behind"]] == ["retired"]
    changes = {e["name"]: {p["path"]: p for p in e["properties"]} for e in document["changed"]}
    assert set(changes) == {"ag-mlops-critical", "high-mae-alert"}
    assert set(changes["high-mae-alert"]) == {
        "properties.severity",
        "properties.criteria.allOf[0].query",
        "tags.edited-by",
    }
    severity = changes["high-mae-alert"]["properties.severity"]
    assert (severity["before"], severity["after"]) == (4, 2)
    assert all("emailReceivers" in path for path in changes["ag-mlops-critical"])
    assert "0th3r" not in json.dumps(document)
    assert "secure-value" in {entry["noise"] for entry in document["filtered"]}


def test_a_stack_shows_what_it_would_delete(
    fleet_arm: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    left = f"{GROUP}/providers/Microsoft.Insights/scheduledQueryRules/retired"
    settings = {
        "actionOnUnmanage": {"resources": "delete", "resourceGroups": "detach"},
        "denySettings": {"mode": "none"},
    }
    fleet_arm.stacks.all["rg-mlops-prod", "mlmon-prod"] = Stack(
        "mlmon-prod", "rg-mlops-prod", {"properties": settings}, managed=[RULE.lower(), left]
    )

    with_stack = told(environment, "--stack")
    fleet_arm.stacks.all.clear()
    without = told(environment, "--stack")

    assert [entry["name"] for entry in with_stack["deleted"]] == ["retired"]
    assert without["deleted"] == []


def test_what_azure_refuses_is_explained(
    fleet_arm: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    fleet_arm.state.locks[GROUP.lower()] = ("frozen", "ReadOnly")
    locked = run(*MLMON, "what-if", "--env", "prod", environment=environment)
    del fleet_arm.state.groups["rg-mlops-prod"]
    missing = run(*MLMON, "what-if", "--env", "prod", environment=environment)

    assert (locked.returncode, missing.returncode) == (1, 1)
    assert "(ScopeLocked)" in locked.stderr
    assert "config/environments/prod.yaml:9:1" in locked.stderr
    assert "hint: a lock forbids it" in locked.stderr
    assert "has no resource group rg-mlops-prod" in missing.stderr
    assert "az group create --name rg-mlops-prod" in missing.stderr
    assert "[1/1]" not in missing.stderr  # Azure was not asked
    assert "Traceback" not in locked.stderr + missing.stderr


def test_a_missing_role_is_explained_by_resource(
    fleet_arm: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    denied = "Microsoft.Insights/workbooks/write"
    group = fleet_arm.state.groups["rg-mlops-prod"]
    group.permissions = [{"actions": ["*"], "notActions": [denied]}]

    result = run(*MLMON, "what-if", "--env", "prod", environment=environment)

    assert result.returncode == 1
    assert f"does not have authorization to perform action '{denied}'" in result.stderr
    assert "(AuthorizationFailed)" in result.stderr
    assert "InvalidTemplateDeployment" not in result.stderr
    assert "azure.core" not in result.stderr


def test_the_errors_that_az_prints_are_explained(
    fleet_arm: ArmEndpoint, environment: Mapping[str, str]
) -> None:
    fleet_arm.state.tables_with_data = set()

    ended = run(
        *(environment["AZ"], "deployment", "group", "create", "--only-show-errors"),
        *("--resource-group", "rg-mlops-prod", "--name", "mlmon-prod"),
        *("--parameters", ROOT / "rendered" / "prod" / "main.bicepparam"),
        environment=environment,
    )

    assert ended.returncode == 1
    causes = explain(ended.stderr, shipped()[0], secrets=[WEBHOOK]).causes
    assert {cause.code for cause in causes} == {"SEM0100"}
    assert all("Failed to resolve table" in cause.message for cause in causes)
    assert all("mlmon deploy --first" in cause.hint for cause in causes)
