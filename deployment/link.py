"""The link of the Azure ML workspace to Application Insights: one property, by PATCH.

A PUT, which is what a deployment sends, would reset whatever it does not mention.
"""

from dataclasses import dataclass
from typing import Literal

from deployment.places import MACHINE_LEARNING_API
from deployment.resource_manager import ResourceManagerError
from deployment.target import Target


@dataclass(frozen=True, slots=True)
class Link:
    """What became of the link."""

    state: Literal["there", "made", "another", "failed"]
    why: str = ""
    """Id of the other component, or why Azure refused."""


def link_workspace(target: Target) -> Link:
    """Link the workspace to the component, unless it is linked already.

    A link to another component stays, unless the environment says
    `replace_application_insights: true`.

    Raises:
        DeploymentError: Azure could not be reached.
    """
    try:
        workspace = target.azure.get(target.workspace, MACHINE_LEARNING_API)
        properties = workspace["properties"] if workspace else {}
        linked = properties.get("applicationInsights") or ""
        if linked.lower() == target.component.lower():
            return Link("there")
        if linked and not target.environment.machine_learning.replace_application_insights:
            return Link("another", linked)
        body = {"properties": {"applicationInsights": target.component}}
        target.azure.patch(target.workspace, MACHINE_LEARNING_API, body)
    except ResourceManagerError as error:
        return Link("failed", str(error))
    return Link("made")
