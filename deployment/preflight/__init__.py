"""Looks at everything that can be known before a deployment, and finds all problems at once."""

import os
from collections.abc import Callable, Iterator

from deployment.azure_cli import Account, AzureCli
from deployment.errors import DeploymentError
from deployment.preflight.access import check_locks, check_permissions, check_providers
from deployment.preflight.check import Check, is_refused
from deployment.preflight.component import check_component
from deployment.preflight.groups import check_groups
from deployment.preflight.limits import check_subscription_limits, check_templates
from deployment.preflight.monitors import check_monitors
from deployment.preflight.running import check_running
from deployment.preflight.tools import check_azure_cli, check_bicep
from deployment.resource_manager import ResourceManagerError
from deployment.subscription import is_wanted
from deployment.target import Target
from generator.render import Rendered

__all__ = ["Check", "check_azure", "check_here", "is_refused"]

_FORBIDDEN = 403


def check_here(
    rendered: Rendered, az: AzureCli, missing_secrets: str
) -> tuple[list[Check], Account | None]:
    """Check the tools, the secrets and the login.

    Args:
        rendered: what shall be deployed.
        az: the Azure CLI that deploys.
        missing_secrets: what is wrong with the secrets; empty if nothing is.

    Returns:
        What was found, and who is signed in; None where Azure cannot be looked at.
    """
    tools = [check_azure_cli(az), check_bicep()]
    checks = [*tools, _secrets(rendered, missing_secrets)]
    if tools[0].state == "refused":
        return [*checks, _NOT_ASKED], None
    try:
        account = az.account()
    except DeploymentError as error:
        return [*checks, Check("login", "refused", str(error)), _NOT_ASKED], None
    checks.append(_subscription(rendered, account))
    if is_refused((tools[1], checks[-1])):
        return [*checks, _NOT_ASKED], None
    return checks, account


def check_azure(target: Target, note: Callable[[str], None]) -> list[Check]:
    """Check what the subscription holds and allows; nothing is changed.

    Args:
        target: what shall be deployed, and where.
        note: told what is being looked at.

    Raises:
        DeploymentError: Azure could not be reached.
    """
    checks = [*check_templates(target), *check_groups(target)]
    if any(c.state == "refused" and c.name == "resource group" for c in checks):
        return [*checks, _NOT_ASKED]
    for name, checker in _IN_GROUPS:
        note(name)
        checks += _careful(name, checker, target)
    return checks


_NOT_ASKED = Check("the rest", "skipped", "not looked at")
_IN_GROUPS: tuple[tuple[str, Callable[[Target], Iterator[Check]]], ...] = (
    ("preprocessing component", check_component),
    ("monitors", check_monitors),
    ("resource providers", check_providers),
    ("permissions", check_permissions),
    ("locks", check_locks),
    ("limits", check_subscription_limits),
    ("running deployments", check_running),
)


def _careful(
    name: str, checker: Callable[[Target], Iterator[Check]], target: Target
) -> list[Check]:
    """Run a check; what the caller may not read cannot be checked, and is no reason to stop."""
    try:
        return list(checker(target))
    except ResourceManagerError as error:
        if error.status != _FORBIDDEN:
            raise
        return [Check(name, "skipped", f"{target.account.user} may not read it ({error.error})")]


def _secrets(rendered: Rendered, missing: str) -> Check:
    if missing:
        return Check(
            "secrets",
            "refused",
            missing,
            "set it for this command; an action group with an empty URL would call nobody",
        )
    needed = {name for entry_point in rendered.entry_points for name in entry_point.secrets}
    return Check("secrets", "ok", f"{len(needed)} set" if needed else "none needed")


def _subscription(rendered: Rendered, account: Account) -> Check:
    wanted = rendered.fleet.environment.subscription
    found = f"{account.subscription} ({account.subscription_id}), as {account.user}"
    if not is_wanted(rendered.fleet, account.subscription_id, account.subscription):
        return Check(
            "subscription",
            "refused",
            f"{rendered.fleet.name} is deployed to {wanted} only, and signed in is {found}",
            f"run `az account set --subscription '{wanted}'`",
        )
    variable = os.environ.get("AZURE_SUBSCRIPTION_ID", account.subscription_id)
    if variable.lower() != account.subscription_id.lower():
        return Check(
            "subscription",
            "refused",
            f"signed in is {found}, and AZURE_SUBSCRIPTION_ID, where other commands look, is "
            f"{variable}",
            "run `az account set`, or correct the variable",
        )
    return Check("subscription", "ok", found)
