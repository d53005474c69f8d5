"""Ids of what an environment is built around, spelled as its Bicep spells them."""

from typing import Final

from generator.fleet import Fleet

RESOURCES_API: Final = "2021-04-01"
"""Of resource groups, of lists of all their resources, and of resource providers."""
MACHINE_LEARNING_API: Final = "2025-12-01"
"""Of Azure ML; what the rendered monitors are written at, but for performance monitors."""


def named_group_id(name: str, subscription: str) -> str:
    """Id of a resource group; `subscription` is `/subscriptions/GUID`."""
    return f"{subscription}/resourceGroups/{name}"


def group_id(fleet: Fleet, subscription: str) -> str:
    """Id of the resource group of an environment."""
    return named_group_id(fleet.environment.resource_group, subscription)


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
    group = named_group_id(fleet.environment.machine_learning_group, subscription)
    name = fleet.environment.machine_learning.workspace
    return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{name}"
