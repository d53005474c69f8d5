"""Deployment stacks: which there are, what each manages, what leaves them.

A stack deletes what left its template, so a resource must never change stacks: the one it leaves
would delete it. There is one stack for each entry point, named like its deployment: a circuit is
in its plant's as long as the layout stays.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from deployment.prune.ownership import has_our_tags
from deployment.resource_id import key
from deployment.resource_manager import ResourceManager
from deployment.target import Target
from generator.fleet import Fleet

STACKS_API: Final = "2025-07-01"
"""What the Azure CLI 2.91 asks at. A list has what each stack manages, as a recording shows:
https://github.com/Azure/azure-cli/blob/dev/src/azure-cli/azure/cli/command_modules/resource/tests/latest/recordings/test_list_deployment_stack_resource_group.yaml
"""

_ENDED: Final = frozenset(("succeeded", "failed", "canceled"))


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployment stack of a resource group."""

    id: str
    name: str
    state: str
    """Such as `succeeded` or `deploying`, in lower case."""
    tags: Mapping[str, str]
    resources: tuple[str, ...]
    """Ids of what it manages, in lower case."""

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """Read what Resource Manager answers."""
        properties = answer["properties"]
        managed = properties.get("resources") or ()
        return cls(
            id=answer["id"],
            name=answer["name"],
            state=str(properties.get("provisioningState", "")).lower(),
            tags=answer.get("tags") or {},
            resources=tuple(key(r["id"]) for r in managed),
        )

    @property
    def is_running(self) -> bool:
        """Whether Azure is still at work on it."""
        return self.state not in _ENDED

    def is_of(self, fleet: Fleet) -> bool:
        """Tell by its tags whether an environment deployed it: others may choose its name."""
        return has_our_tags(self.tags, fleet)


def read_stacks(azure: ResourceManager, group: str) -> list[Stack]:
    """List the stacks of a resource group, given by its id, other environments' too.

    Raises:
        DeploymentError: Azure refused, or could not be reached.
    """
    path = f"{group}/providers/Microsoft.Resources/deploymentStacks"
    return [Stack.read(answer) for answer in azure.list(path, STACKS_API)]


def stacks(target: Target) -> list[Stack]:
    """List the stacks of the environment's resource group, other environments' too.

    Raises:
        DeploymentError: Azure refused, or could not be reached.
    """
    return read_stacks(target.azure, target.group)


def own_stacks(target: Target, found: Sequence[Stack]) -> list[Stack]:
    """Those of this environment."""
    return [s for s in found if s.is_of(target.rendered.fleet)]


def left_stacks(target: Target, found: Sequence[Stack]) -> list[Stack]:
    """Those of this environment whose entry point is no longer rendered."""
    names = {entry_point.deployment_name for entry_point in target.entry_points}
    return [s for s in own_stacks(target, found) if s.name not in names]


def moving(target: Target, found: Sequence[Stack]) -> Iterator[tuple[Stack, str]]:
    """Tell the resources that one stack manages and the entry point of another deploys, by id."""
    for stack in found:
        for resource_id in stack.resources:
            expected = target.by_id.get(resource_id)
            if expected is not None and expected.entry_point.deployment_name != stack.name:
                yield stack, expected.id


def leaving(target: Target, found: Sequence[Stack]) -> list[str]:
    """Ids, in lower case, of what the next deployment of a stack deletes."""
    names = {entry_point.deployment_name for entry_point in target.entry_points}
    return [
        resource_id
        for stack in own_stacks(target, found)
        if stack.name in names
        for resource_id in stack.resources
        if resource_id not in target.by_id
    ]


def schedules_among(ids: Sequence[str]) -> list[str]:
    """Those that are schedules of Azure ML."""
    return [i for i in ids if re.search(r"/workspaces/[^/]+/schedules/[^/]+$", i)]


def data_among(ids: Sequence[str]) -> list[str]:
    """Those that hold telemetry, which goes with them."""
    holds_data = (
        r"/operationalinsights/workspaces/[^/]+(/tables/[^/]+)?$|/insights/components/[^/]+$"
    )
    return [i for i in ids if re.search(holds_data, i.replace("microsoft.", ""))]
