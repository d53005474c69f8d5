"""The resources that a deployment could not write, with the error of each.

What the Azure CLI prints of a nested deployment names that deployment; its operations name the
resource: https://learn.microsoft.com/azure/azure-resource-manager/templates/deployment-history
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from deployment.resource_manager import ResourceManager

Json = dict[str, Any]

_API: Final = "2025-04-01"
_DEPLOYMENTS: Final = "microsoft.resources/deployments"


def failed_operations(azure: ResourceManager, deployment_id: str) -> Iterator[Json]:
    """Read the errors of a deployment and of those nested in it; `target` is the resource's id.

    Raises:
        DeploymentError: Azure refused, or could not be reached.
    """
    # The list of operations stands beside the provider, not below it.
    path = re.sub("/providers/microsoft.resources/", "/", deployment_id, flags=re.IGNORECASE)
    for operation in azure.list(f"{path}/operations", _API):
        properties = operation["properties"]
        resource = properties.get("targetResource")
        if properties["provisioningState"] != "Failed" or not resource:
            continue
        inside: list[Json] = []
        if resource["resourceType"].lower() == _DEPLOYMENTS:
            inside = list(failed_operations(azure, resource["id"]))
        message = properties.get("statusMessage") or {}
        error = message.get("error") if isinstance(message, dict) else {"message": str(message)}
        yield from inside or [{**(error or {}), "target": resource["id"]}]
