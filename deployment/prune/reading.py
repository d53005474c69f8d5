"""What Azure holds where an environment is deployed, read by lists."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from deployment.errors import DeploymentError
from deployment.places import (
    MACHINE_LEARNING_API,
    RESOURCES_API,
    component_id,
    group_id,
    log_analytics_id,
    machine_learning_id,
    named_group_id,
)
from deployment.prune.ownership import ownership_of
from deployment.resource_id import key, parse
from deployment.resource_manager import ResourceManager, ResourceManagerError
from deployment.stacks import Stack, read_stacks
from generator.fleet import Fleet

Json = dict[str, Any]

_FORBIDDEN: Final = 403


@dataclass(slots=True)
class Holdings:
    """What was read; whose each resource is, is not decided here, only whose a stack is."""

    resources: list[Json] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    """Those of the environment."""
    unreadable: list[str] = field(default_factory=list)
    """Why a list could not be read, one sentence each."""


def read_holdings(manager: ResourceManager, fleet: Fleet) -> Holdings:
    """Read every list in which something of the environment may stand.

    A list that cannot be read is noted, and the others are read.

    Raises:
        DeploymentError: the resource group does not exist, or cannot be read; the Azure ML
            workspace does not exist; or the stacks cannot be read, so that what is left to them
            is not known.
    """
    group = group_id(fleet, manager.subscription)
    if manager.get(group, RESOURCES_API) is None:
        raise _no_group(manager, fleet, fleet.environment.resource_group)
    _require_workspace(manager, fleet)
    holdings = Holdings()
    for path, api_version, query in _lists(manager, fleet):
        try:
            for resource in manager.list(path, api_version, **query):
                if _is_direct(resource, path):
                    holdings.resources.append(resource)
        except DeploymentError as error:
            holdings.unreadable.append(str(error))
    holdings.stacks += [s for s in read_stacks(manager, group) if s.is_of(fleet)]
    return holdings


def _require_workspace(manager: ResourceManager, fleet: Fleet) -> None:
    """Tell a workspace that is not there, whose lists would be empty, from one without monitors."""
    try:
        if manager.get(machine_learning_id(fleet, manager.subscription), MACHINE_LEARNING_API):
            return
        name = fleet.environment.machine_learning_group
        if manager.get(named_group_id(name, manager.subscription), RESOURCES_API) is None:
            raise _no_group(manager, fleet, name)
    except ResourceManagerError as error:
        if error.status != _FORBIDDEN:
            raise
        return  # its lists are forbidden too, and noted as such
    raise DeploymentError(
        f"the resource group {name} has no Azure ML workspace "
        f"{fleet.environment.machine_learning.workspace}, which "
        f"config/environments/{fleet.name}.yaml names"
    )


def _no_group(manager: ResourceManager, fleet: Fleet, name: str) -> DeploymentError:
    return DeploymentError(
        f"the subscription {manager.subscription_id} has no resource group {name}, which "
        f"config/environments/{fleet.name}.yaml names"
    )


def _lists(manager: ResourceManager, fleet: Fleet) -> Iterator[tuple[str, str, dict[str, str]]]:
    subscription = manager.subscription
    logs = log_analytics_id(fleet, subscription)
    learning = machine_learning_id(fleet, subscription)
    # Disabled schedules are left out unless asked for.
    yield from _children(learning, "schedules", {"listViewType": "All"})
    # One list has the tags of all types that have tags.
    yield f"{group_id(fleet, subscription)}/resources", RESOURCES_API, {}
    yield from _children(f"{learning}/providers/Microsoft.Insights", "diagnosticSettings", {})
    yield from _children(logs, "savedSearches", {})
    yield from _children(logs, "tables", {})
    for scope in (component_id(fleet, subscription), logs):
        provider = f"{scope}/providers/Microsoft.Authorization"
        yield from _children(provider, "roleAssignments", {"$filter": "atScope()"})


def _children(
    parent: str, collection: str, query: dict[str, str]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    path = f"{parent}/{collection}"
    row = ownership_of(f"{path}/any")
    assert row is not None  # noqa: S101 - every type that is listed has a row
    yield path, row.api_version, query


def _is_direct(resource: Json, path: str) -> bool:
    """Leave out role assignments that are inherited: a list has those of all scopes above."""
    is_assignment = parse(resource["id"]).type == "microsoft.authorization/roleassignments"
    return not is_assignment or key(resource["id"]).startswith(f"{key(path)}/")
