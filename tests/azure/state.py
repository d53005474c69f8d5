"""What the endpoint holds: the subscription as Azure would know it."""

import copy
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tests.azure import companions, ids, readback
from tests.azure.ids import ResourceId
from tests.azure.wire import ArmError, Json

SUBSCRIPTION = "11111111-2222-4333-8444-555555555555"
TENANT = "66666666-7777-4888-8999-aaaaaaaaaaaa"
PRINCIPAL = "99999999-8888-4777-8666-555555555555"

EVERYTHING: Json = {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}


@dataclass
class Group:
    """A resource group; `permissions` is what the caller may do in it."""

    name: str
    location: str
    tags: dict[str, str] = field(default_factory=dict)
    permissions: list[Json] = field(default_factory=lambda: [EVERYTHING])


@dataclass
class Stored:
    """A resource: its id as Azure writes it, its body as Azure answers it."""

    id: ResourceId
    api_version: str
    body: Json


@dataclass
class State:
    """Everything the endpoint remembers. Hold `lock` while reading or changing it."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    groups: dict[str, Group] = field(default_factory=dict)
    resources: dict[str, Stored] = field(default_factory=dict)
    locks: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Lock of a scope, by the scope's lower-cased id: its name, and CanNotDelete or ReadOnly."""
    unregistered: set[str] = field(default_factory=set)
    """Lower-cased namespaces of resource providers that are not registered."""
    tables_with_data: set[str] | None = None
    """Tables that receive data; None: every table does."""
    failing: list[tuple[str, Json]] = field(default_factory=list)
    """Patterns of ids (`*`, `?`) whose writing fails, each with the error."""
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    """Secrets of key vaults, by lower-cased id of the vault and name."""
    availability: list[Json] = field(default_factory=list)
    """Answer of Microsoft.ResourceHealth/availabilityStatuses."""
    test_notifications: list[Json] = field(default_factory=list)
    """Bodies of test notifications that were asked for, receivers' addresses included."""
    notification_details: dict[str, Json] = field(default_factory=dict)
    """What is said of receivers in the result of a test notification, by their names."""
    query: Callable[[str, str, Json], Json] | None = None
    """Answers a query of a workspace: its customer id, the query, the whole body."""
    telemetry: list[Json] = field(default_factory=list)
    """Envelopes that were sent to Application Insights."""
    url: str = ""
    """Address of the endpoint, which also takes telemetry in."""
    writes: int = 0

    def group(self, name: str) -> Group:
        """Find a resource group.

        Raises:
            ArmError: there is none.
        """
        found = self.groups.get(name.lower())
        if found is None:
            raise ArmError(
                404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found."
            )
        return found

    def permit(self, action: str, scope: str) -> None:
        """Refuse what the caller may not do.

        Raises:
            ArmError: nothing that the caller holds allows the action.
        """
        name = ids.group_of(scope)
        permissions = self.groups[name].permissions if name in self.groups else [EVERYTHING]
        if not any(_allows(permission, action.lower()) for permission in permissions):
            message = (
                f"The client '{PRINCIPAL}' with object id '{PRINCIPAL}' does not have "
                f"authorization to perform action '{action}' over scope '{scope}' or the scope is "
                "invalid. If access was recently granted, please refresh your credentials."
            )
            raise ArmError(403, "AuthorizationFailed", message)

    def unlocked(self, scope: str, operation: str) -> None:
        """Refuse to change what is locked.

        Args:
            scope: id of the resource.
            operation: `write` or `delete`.

        Raises:
            ArmError: a lock on the resource, or above it, forbids the operation.
        """
        levels = {"delete": {"CanNotDelete", "ReadOnly"}, "write": {"ReadOnly"}}[operation]
        locked = [
            where
            for where, (_, level) in self.locks.items()
            if level in levels and f"{scope.lower()}/".startswith(f"{where}/")
        ]
        if locked:
            message = (
                f"The scope '{scope}' cannot perform {operation} operation because following "
                f"scope(s) are locked: '{','.join(locked)}'. Please remove the lock and try again."
            )
            raise ArmError(409, "ScopeLocked", message)

    def find(self, resource_id: str) -> Stored:
        """Find a resource.

        Raises:
            ArmError: there is none, or its resource group is not there.
        """
        wanted = ids.parse(resource_id)
        self.group(wanted.group)
        found = self.resources.get(wanted.key)
        if found is None:
            message = (
                f"The Resource '{wanted.text.rpartition('/providers/')[2]}' under resource group "
                f"'{self.group(wanted.group).name}' was not found. For more details please go to "
                "https://aka.ms/ARMResourceNotFoundFix"
            )
            raise ArmError(404, "ResourceNotFound", message)
        return found

    def store(self, sent: Mapping[str, object]) -> Stored:
        """Keep a resource as Azure would answer it; `sent` has id, apiVersion and the body."""
        wanted = ids.parse(str(sent["id"]))
        before = self.resources.get(wanted.key)
        body = readback.as_azure_answers(
            copy.deepcopy(dict(sent)), wanted, before.body if before else None, self.write()
        )
        stored = Stored(wanted, str(sent["apiVersion"]), body)
        self.resources[wanted.key] = stored
        for companion in companions.of(stored.body, wanted):
            if ids.parse(companion["id"]).key not in self.resources:
                self.store(companion)
        return stored

    def write(self) -> readback.Write:
        """Count one more writing."""
        self.writes += 1
        return readback.Write(self.writes, self.url)

    def remove(self, resource_id: str) -> None:
        """Remove a resource, and what hangs below it."""
        key = resource_id.lower()
        for other in [k for k in self.resources if k == key or k.startswith(f"{key}/")]:
            del self.resources[other]

    def of_type(self, kind: str, scope: str) -> list[Stored]:
        """Resources of a type in or below a scope, in the order of their ids."""
        below = f"{scope.lower()}/"
        return [
            self.resources[key]
            for key in sorted(self.resources)
            if key.startswith(below) and self.resources[key].id.type.lower() == kind.lower()
        ]


def _allows(permission: Json, action: str) -> bool:
    def named(patterns: list[str]) -> bool:
        return any(fnmatchcase(action, pattern.lower()) for pattern in patterns)

    return named(permission["actions"]) and not named(permission.get("notActions", []))
