"""Deployments, what-ifs and stacks of the local Resource Manager, by the pipeline of the SDKs."""

import copy
import json
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.polling import LROPoller
from azure.core.rest import HttpRequest
from azure.mgmt.core.polling.arm_polling import ARMPolling

from tests.azure.endpoint import ArmEndpoint
from tests.azure.wire import Json
from tests.deployment.small import (
    ACTION_GROUP,
    ACTION_GROUP_RESOURCE,
    DEPLOYMENT,
    GROUP,
    RULE,
    RULE_RESOURCE,
    WORKSPACE,
    WORKSPACE_RESOURCE,
    ArmClient,
    ask,
    deploy,
    template,
)

STACK = f"{GROUP}/providers/Microsoft.Resources/deploymentStacks/s1"


def _changed(resource: Json, **properties: Any) -> Json:
    changed = copy.deepcopy(resource)
    changed["properties"].update(properties)
    return changed


def _innermost(error: Json) -> Json:
    while error.get("details"):
        error = error["details"][0]
    inner: Json = json.loads(error["message"])["error"]
    return inner


def _what_if(client: ArmClient, body: Json) -> dict[str, Json]:
    """Changes that a deployment would make, by the last name of the resource."""
    where = f"{client._base_url}{DEPLOYMENT}/whatIf?api-version=2025-04-01"
    request = HttpRequest("POST", where, json=body)
    started = client._pipeline.run(request)
    poller = LROPoller(client, started, lambda r: r.http_response.json(), ARMPolling())
    changes = poller.result()["properties"]["changes"]
    return {change["resourceId"].rpartition("/")[2]: change for change in changes}


def test_a_deployment_stores_what_the_template_means(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    arm.add_group("rg-x", "westeurope")

    said = deploy(arm, arm_client, template())

    assert said["provisioningState"] == "Succeeded"
    assert len(said["outputResources"]) == 3
    assert said["parameters"]["url"] == {"type": "securestring"}
    assert arm.read(RULE)["location"] == "westeurope"
    assert arm.read(RULE)["properties"]["actions"]["actionGroups"] == [ACTION_GROUP]
    webhook = arm.read(ACTION_GROUP)["properties"]["webhookReceivers"][0]
    assert webhook["serviceUri"] == "https://example.com/secret"


def test_what_fails_leaves_what_came_before_and_a_rerun_goes_on(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    arm.add_group("rg-x")
    wrong = _changed(RULE_RESOURCE, autoMitigat=True)

    said = deploy(arm, arm_client, template(WORKSPACE_RESOURCE, ACTION_GROUP_RESOURCE, wrong))

    assert said["provisioningState"] == "Failed"
    assert said["error"]["code"] == "DeploymentFailed"
    assert '"autoMitigat" is not allowed' in _innermost(said["error"])["message"]
    assert set(arm.state.resources) == {ACTION_GROUP.lower(), WORKSPACE.lower()}
    operations = ask(arm_client, "GET", f"{GROUP}/deployments/d1/operations")["value"]
    states = {
        entry["properties"]["targetResource"]["resourceName"]: entry["properties"][
            "provisioningState"
        ]
        for entry in operations
    }
    assert states == {"law-x": "Succeeded", "ag": "Succeeded", "Silent": "Failed"}

    assert deploy(arm, arm_client, template())["provisioningState"] == "Succeeded"


def test_a_rule_needs_its_action_group(arm: ArmEndpoint, arm_client: ArmClient) -> None:
    arm.add_group("rg-x")

    said = deploy(arm, arm_client, template(WORKSPACE_RESOURCE, RULE_RESOURCE))

    assert f"Action group '{ACTION_GROUP}' was not found" in _innermost(said["error"])["message"]


def test_a_template_that_cannot_be_evaluated_is_refused(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    arm.add_group("rg-x")
    broken = WORKSPACE_RESOURCE | {"location": "[noSuchFunction()]"}
    unknown = WORKSPACE_RESOURCE | {"location": "[reference('x').location]"}

    for resource in (broken, unknown):
        with pytest.raises(HttpResponseError, match="InvalidTemplate"):
            ask(arm_client, "PUT", DEPLOYMENT, json=template(resource))
    without = template()
    without["properties"]["parameters"] = {}
    with pytest.raises(HttpResponseError, match="parameter 'url'"):
        ask(arm_client, "PUT", DEPLOYMENT, json=without)

    assert arm.state.resources == {}


def test_what_resource_manager_refuses_before_it_starts(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    with pytest.raises(HttpResponseError, match="Resource group 'rg-x' could not be found"):
        ask(arm_client, "PUT", DEPLOYMENT, json=template())

    group = arm.add_group("rg-x")
    arm.state.unregistered.add("microsoft.insights")
    with pytest.raises(HttpResponseError, match="MissingSubscriptionRegistration"):
        ask(arm_client, "PUT", DEPLOYMENT, json=template())

    arm.state.unregistered.clear()
    allowed = ["Microsoft.Resources/*", "Microsoft.OperationalInsights/*"]
    group.permissions = [{"actions": allowed, "notActions": []}]
    with pytest.raises(HttpResponseError, match="scheduledQueryRules/write"):
        ask(arm_client, "PUT", DEPLOYMENT, json=template())

    group.permissions = [{"actions": ["*"], "notActions": []}]
    arm.lock(GROUP, "ReadOnly")
    with pytest.raises(HttpResponseError, match="ScopeLocked"):
        ask(arm_client, "PUT", DEPLOYMENT, json=template())
    assert arm.deployments.all == {}


def test_two_deployments_of_one_name_do_not_run_at_once(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    arm.add_group("rg-x")
    arm.deployments.hold()
    ask(arm_client, "PUT", DEPLOYMENT, json=template())

    with pytest.raises(HttpResponseError, match="DeploymentActive"):
        ask(arm_client, "PUT", DEPLOYMENT, json=template())
    ask(arm_client, "POST", f"{DEPLOYMENT}/cancel")
    arm.deployments.release()
    assert arm.deployments.all["rg-x", "d1"].finished.wait(60)

    assert ask(arm_client, "GET", DEPLOYMENT)["properties"]["provisioningState"] == "Canceled"
    assert arm.state.resources == {}


def test_what_if_tells_created_changed_and_left_alone(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    arm.add_group("rg-x")
    before = _what_if(arm_client, template())
    deploy(arm, arm_client, template())
    arm.add(f"{ACTION_GROUP}-theirs", "2023-01-01", location="Global")
    arm.edit(RULE, lambda body: body["properties"].update(severity=3, muteActionsDuration="PT1H"))

    after = _what_if(arm_client, template())

    assert {name: change["changeType"] for name, change in before.items()} == {
        "law-x": "Create",
        "ag": "Create",
        "Silent": "Create",
    }
    kinds = {name: change["changeType"] for name, change in after.items()}
    assert kinds == {"law-x": "Modify", "ag": "NoChange", "Silent": "Modify", "ag-theirs": "Ignore"}
    noise = [(change["path"], change["propertyChangeType"]) for change in after["law-x"]["delta"]]
    assert noise == [
        ("properties.features.legacy", "Delete"),
        ("properties.features.searchVersion", "Delete"),
    ]
    assert after["Silent"]["delta"] == [
        {
            "path": "properties.severity",
            "propertyChangeType": "Modify",
            "before": 3,
            "after": 1,
        },
        {
            "path": "properties.muteActionsDuration",
            "propertyChangeType": "Delete",
            "before": "PT1H",
            "after": None,
        },
    ]


def test_a_stack_deletes_what_left_its_template(arm: ArmEndpoint, arm_client: ArmClient) -> None:
    arm.add_group("rg-x")
    settings = {
        "actionOnUnmanage": {"resources": "delete", "resourceGroups": "detach"},
        "denySettings": {"mode": "none"},
    }

    def put(*resources: Json) -> Json:
        body = template(*resources)
        body["properties"].update(settings)
        ask(arm_client, "PUT", STACK, json=body)
        assert arm.deployments.all["rg-x", "s1-stack"].finished.wait(60)
        said: Json = ask(arm_client, "GET", STACK)["properties"]
        return said

    first = put()
    second = put(WORKSPACE_RESOURCE, ACTION_GROUP_RESOURCE)

    assert [entry["status"] for entry in first["resources"]] == ["managed"] * 3
    assert second["deletedResources"] == [{"id": RULE}]
    assert RULE.lower() not in arm.state.resources
    ask(
        arm_client,
        "DELETE",
        STACK,
        params={"api-version": "2025-07-01", "unmanageAction.Resources": "delete"},
    )
    assert arm.state.resources == {}
    with pytest.raises(HttpResponseError, match="DeploymentStackResourceNotFound"):
        ask(arm_client, "GET", STACK)


def test_a_secret_may_stand_in_a_key_vault(arm: ArmEndpoint, arm_client: ArmClient) -> None:
    arm.add_group("rg-x")
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
    body = template()
    reference = {"keyVault": {"id": vault}, "secretName": "teams"}
    body["properties"]["parameters"] = {"url": {"reference": reference}}

    with pytest.raises(HttpResponseError, match="KeyVaultParameterReferenceNotFound"):
        ask(arm_client, "PUT", DEPLOYMENT, json=body)
    arm.state.secrets[vault.lower(), "teams"] = "https://example.com/kept"
    deploy(arm, arm_client, body)

    webhook = arm.read(ACTION_GROUP)["properties"]["webhookReceivers"][0]
    assert webhook["serviceUri"] == "https://example.com/kept"


def test_an_error_in_a_module_is_reported_within_it(
    arm: ArmEndpoint, arm_client: ArmClient
) -> None:
    arm.add_group("rg-x")
    inner = template(WORKSPACE_RESOURCE | {"location": "eastus"})["properties"]["template"]
    inner["parameters"] = {}
    module = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2025-04-01",
        "name": "[format('logs-{0}', uniqueString(deployment().name))]",
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "template": inner,
        },
    }
    body = template(WORKSPACE_RESOURCE)
    body["properties"]["template"] |= {"languageVersion": "2.0", "resources": {"logs": module}}
    arm.fail("*/workspaces/*", "Conflict", "the name is taken")

    error = deploy(arm, arm_client, body)["error"]

    assert [error["code"], error["details"][0]["code"]] == [
        "DeploymentFailed",
        "ResourceDeploymentFailure",
    ]
    assert error["details"][0]["target"].endswith("/deployments/logs")
    assert _innermost(error) == {"code": "Conflict", "message": "the name is taken"}
