"""A small template for tests of the endpoint itself, and a way to ask the endpoint."""

import copy
from typing import Any

from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient

from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION
from tests.azure.wire import Json

ArmClient = ARMPipelineClient[Any, Any]

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-x"
INSIGHTS = f"{GROUP}/providers/Microsoft.Insights"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/law-x"
ACTION_GROUP = f"{INSIGHTS}/actionGroups/ag"
RULE = f"{INSIGHTS}/scheduledQueryRules/Silent"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/d1"

WORKSPACE_RESOURCE: Json = {
    "type": "Microsoft.OperationalInsights/workspaces",
    "apiVersion": "2025-07-01",
    "name": "law-x",
    "location": "eastus",
    "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 90},
}
ACTION_GROUP_RESOURCE: Json = {
    "type": "Microsoft.Insights/actionGroups",
    "apiVersion": "2023-01-01",
    "name": "ag",
    "location": "Global",
    "properties": {
        "groupShortName": "ag",
        "enabled": True,
        "webhookReceivers": [{"name": "w", "serviceUri": "[parameters('url')]"}],
    },
}
RULE_RESOURCE: Json = {
    "type": "Microsoft.Insights/scheduledQueryRules",
    "apiVersion": "2023-12-01",
    "name": "Silent",
    "location": "[resourceGroup().location]",
    "properties": {
        "scopes": ["[resourceId('Microsoft.OperationalInsights/workspaces', 'law-x')]"],
        "severity": 1,
        "evaluationFrequency": "PT5M",
        "windowSize": "PT5M",
        "criteria": {
            "allOf": [
                {
                    "query": "// not AppTraces\nAppMetrics | take 1",
                    "timeAggregation": "Count",
                    "operator": "GreaterThan",
                    "threshold": 0,
                }
            ]
        },
        "actions": {"actionGroups": ["[resourceId('Microsoft.Insights/actionGroups', 'ag')]"]},
    },
}


def template(*resources: Json) -> Json:
    """A deployment of the resources; the workspace, the action group and the rule if none."""
    chosen = resources or (WORKSPACE_RESOURCE, ACTION_GROUP_RESOURCE, RULE_RESOURCE)
    return {
        "properties": {
            "mode": "Incremental",
            "template": {
                "$schema": "https://schema.management.azure.com/schemas/2019-04-01/"
                "deploymentTemplate.json#",
                "contentVersion": "1.0.0.0",
                "parameters": {"url": {"type": "securestring"}},
                "resources": copy.deepcopy(list(chosen)),
            },
            "parameters": {"url": {"value": "https://example.com/secret"}},
        }
    }


def ask(client: ArmClient, method: str, path: str, **options: Any) -> Any:
    """Send one request and return the JSON of its answer.

    Raises:
        HttpResponseError: the answer is an error.
    """
    options.setdefault("params", {"api-version": "2023-12-01"})
    response = client.send_request(HttpRequest(method, client._base_url + path, **options))
    response.raise_for_status()
    return response.json() if response.content else None


def deploy(arm: ArmEndpoint, client: ArmClient, body: Json) -> Json:
    """Deploy, wait for the end and return what the deployment says then."""
    ask(client, "PUT", DEPLOYMENT, json=body)
    assert arm.deployments.all["rg-x", "d1"].finished.wait(60)
    said: Json = ask(client, "GET", DEPLOYMENT)["properties"]
    return said
