"""The local Resource Manager, asked by the pipeline of the Azure SDKs."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient

from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-x"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/law"
ACTION_GROUP = f"{GROUP}/providers/Microsoft.Insights/actionGroups/ag"
RULE = f"{GROUP}/providers/Microsoft.Insights/scheduledQueryRules/Silent"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/d1"
VERSION = {"api-version": "2023-12-01"}


def ask(client: ARMPipelineClient[Any, Any], method: str, path: str, **options: Any) -> Any:
    """Send one request and return the JSON of its answer.

    Raises:
        HttpResponseError: the answer is an error.
    """
    options.setdefault("params", VERSION)
    response = client.send_request(HttpRequest(method, client._base_url + path, **options))
    response.raise_for_status()
    return response.json() if response.content else None


def test_a_rule_comes_back_as_azure_writes_it(
    arm: ArmEndpoint, arm_client: ARMPipelineClient[Any, Any]
) -> None:
    arm.add_group("rg-x")
    arm.add(WORKSPACE, "2025-07-01", location="eastus", properties={"sku": {"name": "PerGB2018"}})
    rule = {
        "location": "eastus",
        "properties": {
            "scopes": [WORKSPACE],
            "severity": 1,
            "evaluationFrequency": "PT5M",
            "windowSize": "PT5M",
            "criteria": {
                "allOf": [
                    {
                        "query": "AppMetrics",
                        "timeAggregation": "Count",
                        "operator": "GreaterThan",
                        "threshold": 0,
                    }
                ]
            },
            "actions": {"actionGroups": [], "customProperties": {}},
        },
    }

    ask(arm_client, "PUT", RULE, json=rule)
    found = ask(arm_client, "GET", RULE)

    assert found["id"] == f"{GROUP}/providers/microsoft.insights/scheduledqueryrules/Silent"
    assert found["type"] == "Microsoft.Insights/scheduledQueryRules"
    assert found["properties"]["createdWithApiVersion"] == "2023-12-01"
    assert "actions" not in found["properties"]
    assert found["systemData"]["createdByType"] == "Application"
    with pytest.raises(HttpResponseError, match="ResourceNotFound"):
        ask(arm_client, "GET", f"{RULE}2")
