"""The real Azure CLI: found, run, its answers read as JSON."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment.bicep import ROOT
from deployment.errors import DeploymentError

_INSTALLED = ROOT / ".tools" / "azure-cli" / "bin" / "az"


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in to the Azure CLI, and where a deployment would go."""

    subscription_id: str
    subscription: str
    """Its name."""
    tenant_id: str
    user: str


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command of the Azure CLI ended with."""

    code: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class AzureCli:
    """The Azure CLI at `path`."""

    path: Path

    def run(self, *arguments: str) -> Ended:
        """Run a command and wait for its end; only errors are logged, and nothing is coloured."""
        command = [str(self.path), *arguments, "--only-show-errors"]
        environment = os.environ | {"AZURE_CORE_NO_COLOR": "true"}
        try:
            result = subprocess.run(
                command, check=False, capture_output=True, text=True, env=environment
            )
        except OSError as error:
            message = f"{self.path} cannot be started: {error.strerror}"
            raise DeploymentError(message, 2) from None
        return Ended(result.returncode, result.stdout, result.stderr)

    def account(self) -> Account:
        """Tell who is signed in.

        Raises:
            DeploymentError: nobody is.
        """
        ended = self.run("account", "show", "--output", "json")
        if ended.code != 0:
            raise DeploymentError(
                "nobody is signed in to the Azure CLI; run `az login`, and `az account set "
                "--subscription NAME`",
                2,
            )
        account: dict[str, Any] = json.loads(ended.output)
        return Account(account["id"], account["name"], account["tenantId"], account["user"]["name"])


def find_azure_cli() -> AzureCli:
    """Find the Azure CLI: $AZ, then PATH, then what `make azure-cli` installed.

    Raises:
        DeploymentError: there is none; the message says how to get it.
    """
    configured = os.environ.get("AZ")
    for candidate in [configured] if configured else ["az", str(_INSTALLED)]:
        found = shutil.which(candidate)
        if found is not None:
            return AzureCli(Path(found))
    where = f"AZ names {configured}, which cannot be run" if configured else "it is not on PATH"
    raise DeploymentError(
        f"the Azure CLI was not found ({where}); install it with `make azure-cli`, or set AZ", 2
    )
