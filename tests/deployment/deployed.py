"""The shipped environment `prod` as if it had been deployed."""

from collections.abc import Iterable

from deployment.expected import ExpectedResource
from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION

ROOT_ID = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{ROOT_ID}/resourceGroups/rg-mlops-prod"
LOGS = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/law-mlops-monitoring"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/appi-mlops-prod"
ML_GROUP = f"{ROOT_ID}/resourceGroups/rg-mlops-ml-prod"
LEARNING = f"{ML_GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw-prod"
RULES = f"{GROUP}/providers/Microsoft.Insights/scheduledQueryRules"
GROUPS = f"{GROUP}/providers/Microsoft.Insights/actionGroups"

TAGS = {"managed-by": "mlmon", "environment": "prod"}


def deploy(arm: ArmEndpoint, expected: Iterable[ExpectedResource]) -> None:
    """Put every resource there, written as Azure writes what it was sent."""
    for resource in expected:
        arm.add(resource.id, resource.api_version, **resource.body)


def schedule(plant: str, circuit: str, **tags: str) -> dict[str, object]:
    """Make the body of a monitor."""
    own = {"plant_id": plant, "circuit_id": circuit, "resource_group": "rg-mlops-prod", **TAGS}
    return {
        "properties": {
            "displayName": f"{plant}/{circuit}",
            "isEnabled": True,
            "tags": own | tags,
            "trigger": {
                "triggerType": "Recurrence",
                "frequency": "Day",
                "interval": 1,
                "timeZone": "UTC",
                "schedule": {"hours": [4], "minutes": [0]},
            },
            "action": {
                "actionType": "CreateMonitor",
                "monitorDefinition": {
                    "computeConfiguration": {
                        "computeType": "ServerlessSpark",
                        "computeIdentity": {"computeIdentityType": "AmlToken"},
                        "instanceType": "Standard_E4s_v3",
                        "runtimeVersion": "3.4",
                    },
                    "monitoringTarget": {"taskType": "Regression"},
                    "signals": {},
                },
            },
        }
    }


def rule(*groups: str) -> dict[str, object]:
    """Make the body of an alert rule that names action groups."""
    return {
        "location": "eastus",
        "tags": TAGS,
        "properties": {
            "scopes": [LOGS],
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
            "actions": {"actionGroups": [f"{GROUPS}/{name}" for name in groups]},
        },
    }


def action_group() -> dict[str, object]:
    """Make the body of an action group."""
    return {
        "location": "Global",
        "tags": TAGS,
        "properties": {"groupShortName": "old", "enabled": True},
    }
