"""Keeps every command to the subscription that an environment names."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from deployment.errors import DeploymentError
from deployment.resource_manager import ResourceManager, ResourceManagerError, resource_manager
from generator.diagnostics import printable
from generator.fleet import Fleet

_SUBSCRIPTIONS_API: Final = "2022-12-01"


@contextmanager
def environment_manager(fleet: Fleet) -> Iterator[ResourceManager]:
    """Reach the subscription of an environment, which is asked its name if one is wanted.

    Raises:
        DeploymentError: the environment names another subscription, or one whose name cannot be
            read; there is none; or Azure cannot be reached.
    """
    with resource_manager() as manager:
        if not is_wanted(fleet, manager.subscription_id):
            require_subscription(fleet, manager.subscription_id, _name(fleet, manager))
        yield manager


def _name(fleet: Fleet, manager: ResourceManager) -> str:
    try:
        found = manager.get(manager.subscription, _SUBSCRIPTIONS_API)
    except ResourceManagerError as error:  # a role on a resource group may not suffice
        raise DeploymentError(
            f"whether {manager.subscription_id} is {fleet.name}'s subscription, "
            f"{fleet.environment.subscription}, cannot be told ({error}); write its id in "
            f"config/environments/{fleet.name}.yaml",
            2,
        ) from None
    return str((found or {}).get("displayName", ""))


def is_wanted(fleet: Fleet, *names: str) -> bool:
    """Tell whether a subscription, given by its id and its name, is that of the environment."""
    wanted = fleet.environment.subscription
    return wanted is None or wanted.casefold() in (name.casefold() for name in names)


def require_subscription(fleet: Fleet, subscription_id: str, name: str) -> None:
    """Refuse another subscription than the environment names.

    Raises:
        DeploymentError: it is another one.
    """
    if is_wanted(fleet, subscription_id, name):
        return
    wanted = fleet.environment.subscription
    found = f"{printable(name) or 'one without a name'} ({subscription_id})"
    raise DeploymentError(
        f"{fleet.name} is in the subscription {wanted} only, and this one is {found}; run `az "
        f"account set --subscription '{wanted}'`, or correct AZURE_SUBSCRIPTION_ID where it is set",
        2,
    )
