"""Ids of what an environment is built around, spelled as its Bicep spells them."""

from generator.fleet import Fleet


def group_id(fleet: Fleet, subscription: str) -> str:
    """Id of the resource group of an environment; `subscription` is `/subscriptions/GUID`."""
    return f"{subscription}/resourceGroups/{fleet.environment.resource_group}"


def component_id(fleet: Fleet, subscription: str) -> str:
    """Id of the Application Insights component."""
    name = fleet.environment.application_insights.name
    return f"{group_id(fleet, subscription)}/providers/Microsoft.Insights/components/{name}"


def log_analytics_id(fleet: Fleet, subscription: str) -> str:
    """Id of the Log Analytics workspace."""
    name = fleet.environment.log_analytics.name
    provider = "Microsoft.OperationalInsights"
    return f"{group_id(fleet, subscription)}/providers/{provider}/workspaces/{name}"


def machine_learning_id(fleet: Fleet, subscription: str) -> str:
    """Id of the Azure ML workspace."""
    group = fleet.environment.machine_learning_group
    provider = "Microsoft.MachineLearningServices"
    workspace = f"{provider}/workspaces/{fleet.environment.machine_learning.workspace}"
    return f"{subscription}/resourceGroups/{group}/providers/{workspace}"
