"""Ids of resources: taken apart, and compared as Azure compares them."""

import re
from dataclasses import dataclass
from typing import Final

_WORDS: Final = {
    "microsoft.alertsmanagement/actionrules": "processing rule",
    "microsoft.alertsmanagement/smartdetectoralertrules": "smart detector",
    "microsoft.authorization/roleassignments": "role assignment",
    "microsoft.insights/actiongroups": "action group",
    "microsoft.insights/components": "component",
    "microsoft.insights/diagnosticsettings": "diagnostic setting",
    "microsoft.insights/scheduledqueryrules": "alert rule",
    "microsoft.insights/workbooks": "workbook",
    "microsoft.machinelearningservices/workspaces": "ML workspace",
    "microsoft.machinelearningservices/workspaces/schedules": "monitor",
    "microsoft.operationalinsights/workspaces": "workspace",
    "microsoft.operationalinsights/workspaces/savedsearches": "saved query",
    "microsoft.operationalinsights/workspaces/tables": "table",
    "microsoft.resources/deployments": "deployment",
}

_PROVIDERS = re.compile("/providers/", re.IGNORECASE)
_ID = re.compile("/(subscriptions|providers)/", re.IGNORECASE)
_GROUP = re.compile(r"/resourceGroups/([^/]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResourceId:
    """The parts of an id that tell what it is."""

    scope: str
    """What the resource stands in: a resource group, or for an extension another resource."""
    type: str
    """Lower case, as Azure ignores case: `microsoft.insights/actiongroups`."""
    names: tuple[str, ...]
    """One name for each segment of the type, as written."""

    @property
    def name(self) -> str:
        """The resource's own name, without those of its parents."""
        return self.names[-1] if self.names else ""

    @property
    def resource_group(self) -> str:
        """The resource group's name, as written; empty for a resource outside of any."""
        found = _GROUP.search(self.scope)
        return found[1] if found else ""


def parse(resource_id: str) -> ResourceId:
    """Take an id apart.

    What is no id of a resource gives empty parts: ids come from Azure, and one that is not
    understood is shown as it is.
    """
    scopes = _PROVIDERS.split(resource_id)
    if len(scopes) < 2:
        return ResourceId(resource_id, "", ())
    namespace, *segments = scopes[-1].strip("/").split("/")
    kind = "/".join([namespace, *segments[0::2]]).lower()
    scope = resource_id[: -len(scopes[-1]) - len("/providers/")]
    return ResourceId(scope, kind, tuple(segments[1::2]))


def key(resource_id: str) -> str:
    """Give the form in which two ids of the same resource are equal: Azure ignores their case."""
    return resource_id.rstrip("/").lower()


def is_id(value: object) -> bool:
    """Tell whether a value is the id of something in Azure."""
    return isinstance(value, str) and _ID.match(value) is not None


def words(resource_type: str) -> str:
    """Call a type by a word for people; a type that is not rendered by its own name."""
    return _WORDS.get(resource_type.lower(), resource_type)
