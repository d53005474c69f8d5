"""Looks, before Azure is asked, at what would let every what-if fail."""

from deployment.azure_cli import AzureCli, azure_cli_credential
from deployment.errors import DeploymentError
from deployment.preflight import Check, check_here, is_refused
from deployment.preflight.groups import check_groups
from deployment.resource_manager import resource_manager
from deployment.target import Target, Wanted
from generator.diagnostics import printable


def require_ready(wanted: Wanted, az: AzureCli) -> None:
    """Check tools, login, subscription, resource groups and the Azure ML workspace; only read.

    Args:
        wanted: what would be deployed; a resource group that holds nothing of it is allowed.
        az: the Azure CLI that asks.

    Raises:
        DeploymentError: something is not as it must be, with all that is known of it; or Azure
            cannot be reached.
    """
    # A what-if does without secrets, so none is missing.
    checks, account = check_here(wanted.rendered, az, "")
    if account is None:
        raise DeploymentError(_told(checks), 2)
    with resource_manager(azure_cli_credential(), account.subscription_id) as azure:
        # Resource groups and whose they are is looked at without what would be deployed.
        checks = list(check_groups(Target(wanted, account, azure, (), {})))
    if is_refused(checks):
        raise DeploymentError(_told(checks))


def _told(checks: list[Check]) -> str:
    refused = [check for check in checks if check.state == "refused"]
    told = (f"{c.found}; {c.advice}" if c.advice else c.found for c in refused)
    return "\n".join(map(printable, told))
