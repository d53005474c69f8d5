"""The local Resource Manager, driven by the real Azure CLI."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import EVERYTHING
from tests.azure.wire import Json
from tests.deployment.conftest import run
from tests.deployment.small import (
    ACTION_GROUP_RESOURCE,
    RULE,
    RULE_RESOURCE,
    WORKSPACE_RESOURCE,
    template,
)

pytestmark = pytest.mark.slow

Az = Callable[..., subprocess.CompletedProcess[str]]
WHERE = ("--resource-group", "rg-x", "--name", "d1")


@pytest.fixture
def az(arm: ArmEndpoint, az_environment: Mapping[str, str], tmp_path: Path) -> Az:
    """Run az on a resource group, and on a template where resources are named."""
    arm.add_group("rg-x")

    def call(*arguments: str, resources: tuple[Json, ...] = ()) -> subprocess.CompletedProcess[str]:
        files: tuple[str, ...] = ()
        if resources:
            path = tmp_path / "main.json"
            path.write_text(json.dumps(template(*resources)["properties"]["template"]))
            files = ("--template-file", str(path), "--parameters", "url=https://example.com/s")
        return run(az_environment["AZ"], *arguments, *files, environment=az_environment)

    return call


EVERY = (WORKSPACE_RESOURCE, ACTION_GROUP_RESOURCE, RULE_RESOURCE)


def test_az_deploys_and_reads_what_it_deployed(az: Az) -> None:
    created = az("deployment", "group", "create", *WHERE, resources=EVERY)
    listed = az("deployment", "operation", "group", "list", *WHERE)
    shown = az("resource", "show", "--ids", RULE, "--api-version", "2023-12-01")
    resources = az("resource", "list", "--resource-group", "rg-x")

    assert created.returncode == 0, created.stderr
    assert json.loads(created.stdout)["properties"]["provisioningState"] == "Succeeded"
    assert len(json.loads(listed.stdout)) == 3
    assert json.loads(shown.stdout)["properties"]["createdWithApiVersion"] == "2023-12-01"
    assert [entry["name"] for entry in json.loads(resources.stdout)] == ["ag", "Silent", "law-x"]


def test_az_shows_the_innermost_error_of_a_deployment(az: Az) -> None:
    result = az("deployment", "group", "create", *WHERE, resources=(RULE_RESOURCE,))

    assert result.returncode == 1
    assert "DeploymentFailed" in result.stderr
    assert "law-x' was not found" in result.stderr


def test_az_reads_a_what_if(arm: ArmEndpoint, az: Az) -> None:
    az("deployment", "group", "create", *WHERE, resources=EVERY)
    arm.edit(RULE, lambda body: body["properties"].update(severity=3))

    result = az(*("deployment", "group", "what-if", *WHERE, "--no-pretty-print"), resources=EVERY)

    assert result.returncode == 0, result.stderr
    changes = {c["resourceId"].rpartition("/")[2]: c for c in json.loads(result.stdout)["changes"]}
    assert changes["ag"]["changeType"] == "NoChange"
    assert changes["Silent"]["delta"] == [
        {
            "after": 1,
            "before": 3,
            "children": None,
            "path": "properties.severity",
            "propertyChangeType": "Modify",
        }
    ]


def test_az_makes_a_stack_and_takes_out_of_it(arm: ArmEndpoint, az: Az) -> None:
    stack = (
        *("stack", "group", "create", "--resource-group", "rg-x", "--name", "s1", "--yes"),
        *("--action-on-unmanage", "deleteResources", "--deny-settings-mode", "none"),
    )

    first = az(*stack, resources=EVERY)
    second = az(*stack, resources=EVERY[:2])

    assert first.returncode == 0, first.stderr
    assert second.returncode == 0, second.stderr
    assert [entry["id"] for entry in json.loads(second.stdout)["deletedResources"]] == [RULE]
    assert RULE.lower() not in arm.state.resources
    gone = az(
        *("stack", "group", "delete", "--resource-group", "rg-x", "--name", "s1", "--yes"),
        *("--action-on-unmanage", "deleteResources"),
    )
    assert gone.returncode == 0, gone.stderr
    assert arm.state.resources == {}


def test_az_says_what_is_missing(arm: ArmEndpoint, az: Az) -> None:
    group = az("group", "show", "--name", "rg-y")
    provider = az("provider", "show", "--namespace", "Microsoft.Insights")
    arm.state.group("rg-x").permissions = [EVERYTHING | {"actions": ["*/read"]}]
    denied = az("deployment", "group", "create", *WHERE, resources=EVERY)

    assert group.returncode == 3
    assert "ResourceGroupNotFound" in group.stderr
    assert json.loads(provider.stdout)["registrationState"] == "Registered"
    assert denied.returncode != 0
    assert "AuthorizationFailed" in denied.stderr


def test_az_waits_out_throttling(arm: ArmEndpoint, az: Az) -> None:
    arm.faults.throttle(2, "deployments")
    arm.faults.unavailable(1, "deployments")

    result = az("deployment", "group", "create", *WHERE, resources=EVERY)

    assert result.returncode == 0, result.stderr
