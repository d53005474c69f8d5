"""What the subscription and the caller allow: providers, permissions, locks."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from deployment.places import RESOURCES_API
from deployment.preflight.check import Check
from deployment.target import Target

_PERMISSIONS_API = "2022-04-01"
_LOCKS_API = "2020-05-01"
# Resource Manager itself, which every subscription has.
_ALWAYS_REGISTERED = frozenset(("microsoft.authorization", "microsoft.resources"))


def check_providers(target: Target) -> Iterator[Check]:
    """Check that the resource providers of what is deployed are registered."""
    namespaces = {
        r.type.partition("/")[0].lower(): r.type.partition("/")[0] for r in target.resources
    }
    missing = []
    for key in sorted(namespaces.keys() - _ALWAYS_REGISTERED):
        path = f"{target.azure.subscription}/providers/{namespaces[key]}"
        found = target.azure.get(path, RESOURCES_API)
        if found is None or found["registrationState"] != "Registered":
            missing.append(namespaces[key])
    if missing:
        yield Check(
            "resource providers",
            "refused",
            f"{', '.join(missing)}: not registered in the subscription",
            "run "
            + " and ".join(f"`az provider register --wait --namespace {name}`" for name in missing),
        )
    else:
        yield Check("resource providers", "ok", "registered")


def check_permissions(target: Target) -> Iterator[Check]:
    """Check that whoever is signed in may write what is deployed."""
    denied = []
    for scope, actions in needed_actions(target).items():
        path = f"{scope}/providers/Microsoft.Authorization/permissions"
        granted = list(target.azure.list(path, _PERMISSIONS_API))
        denied += [(scope, a) for a in sorted(actions) if not is_allowed(a, granted)]
    if not denied:
        yield Check("permissions", "ok", f"{target.account.user} may write every resource")
    for scope in dict.fromkeys(scope for scope, _ in denied):
        actions_denied = ", ".join(action for where, action in denied if where == scope)
        yield Check(
            "permissions",
            "refused",
            f"{target.account.user} lacks {actions_denied} on {scope.rpartition('/')[2]}",
            "docs/deployment.md lists the roles; a new assignment takes some minutes to apply",
        )


def needed_actions(target: Target) -> Mapping[str, set[str]]:
    """Tell what a deployment has to be allowed, by the id of the scope.

    What lies in the Azure ML workspace is asked there: a role on it is enough.
    """
    needed: dict[str, set[str]] = {}
    for name in target.groups:
        deployments = "Microsoft.Resources/deployments"
        needed[target.group_id(name)] = {
            f"{deployments}/read",
            f"{deployments}/validate/action",
            f"{deployments}/write",
        }
    if target.wanted.as_stack:
        stacks = "Microsoft.Resources/deploymentStacks"
        needed[target.group] |= {f"{stacks}/read", f"{stacks}/write"}
    for resource in target.resources:
        in_workspace = resource.id.lower().startswith(f"{target.workspace.lower()}/")
        scope = target.workspace if in_workspace else target.group
        needed.setdefault(scope, set()).add(f"{resource.type}/write")
    return needed


def is_allowed(action: str, permissions: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether any of the permissions grants an action; case and `*` are as Azure takes them.

    What one role excludes (`notActions`) another may still grant:
    https://learn.microsoft.com/azure/role-based-access-control/role-definitions#notactions
    """

    def named(patterns: Sequence[str]) -> bool:
        return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)

    return any(
        named(p.get("actions") or ()) and not named(p.get("notActions") or ()) for p in permissions
    )


def check_locks(target: Target) -> Iterator[Check]:
    """Check for locks: read-only ones stop a deployment, the others what a stack deletes."""
    found = [
        *(lock for name in target.groups for lock in _locks(target, target.group_id(name))),
        *_locks(target, target.azure.subscription, **{"$filter": "atScope()"}),
    ]
    written = [*target.by_id, *(target.group_id(name).lower() for name in target.groups)]
    read_only: list[str] = []
    undeletable: list[str] = []
    for lock in {str(lock["id"]).lower(): lock for lock in found}.values():
        scope = str(lock["id"]).lower().partition("/providers/microsoft.authorization/locks/")[0]
        if any(f"{resource}/".startswith(f"{scope}/") for resource in written):
            is_read_only = lock["properties"]["level"] == "ReadOnly"
            (read_only if is_read_only else undeletable).append(f"{lock['name']} on {_last(scope)}")
    if read_only:
        yield Check(
            "locks",
            "refused",
            f"{', '.join(read_only)}: read-only, so nothing can be deployed",
            "remove the lock for the deployment (`az lock delete`), and set it again afterwards",
        )
    if undeletable and target.wanted.as_stack:
        yield Check(
            "locks",
            "warning",
            f"{', '.join(undeletable)}: a stack cannot delete what leaves it there",
            "if something leaves, remove the lock for the deployment",
        )
    elif not read_only:
        yield Check("locks", "ok", "none that matters")


def _locks(target: Target, scope: str, **query: str) -> Iterator[dict[str, Any]]:
    path = f"{scope}/providers/Microsoft.Authorization/locks"
    yield from target.azure.list(path, _LOCKS_API, **query)


def _last(scope: str) -> str:
    return scope.rpartition("/")[2]
