"""The real Azure CLI: found, run, its answers read as JSON."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from azure.core.credentials import TokenCredential
from azure.identity import AzureCliCredential, DefaultAzureCredential

from deployment.bicep import ROOT
from deployment.errors import DeploymentError
from deployment.masking import scrub

_INSTALLED = ROOT / ".tools" / "azure-cli" / "bin" / "az"
_AZURE_ANSWER: Final = re.compile(
    r"^azure\.core\.exceptions\.\w+: (?P<told>\(\w+\) .+(?:\n[^\n]+)*)", re.MULTILINE
)
# The first start of the Azure CLI after its installation compiles it.
_TOKEN_S: Final = 60


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
    """The Azure CLI at `path`.

    `variables` are set for it beside those of this process; the values of `secrets` are too, by
    the names of their variables, and are taken out of everything it says.
    """

    path: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def run(self, *arguments: str) -> Ended:
        """Run a command and wait for its end; only errors are logged, and nothing is coloured.

        Raises:
            DeploymentError: it cannot be started.
        """
        command = [str(self.path), *arguments, "--only-show-errors"]
        environment = os.environ | {"AZURE_CORE_NO_COLOR": "true"}
        environment |= {**self.variables, **self.secrets}
        try:
            result = subprocess.run(
                command, check=False, capture_output=True, text=True, env=environment
            )
        except OSError as error:
            message = f"{self.path} cannot be started: {error.strerror}"
            raise DeploymentError(message, 2) from None
        hidden = self.secrets.values()
        errors = _without_traceback(scrub(result.stderr, hidden))
        return Ended(result.returncode, scrub(result.stdout, hidden), errors)

    def put_on_path(self) -> None:
        """Let azure-identity use this one: it looks for `az` on PATH only, from another folder."""
        folder, path = str(self.path.parent), os.environ.get("PATH", "")
        if path.split(os.pathsep)[0] != folder:
            os.environ["PATH"] = f"{folder}{os.pathsep}{path}"

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


def _without_traceback(errors: str) -> str:
    """What the Azure CLI did not expect, such as a lost connection, it prints as a traceback.

    Azure's own refusals are among it: of those its answer is kept, with all its lines.
    """
    head, found, trace = errors.partition("Traceback (most recent call last):")
    if not found:
        return errors
    if answer := _AZURE_ANSWER.search(trace):
        return f"ERROR: {answer['told']}"
    raised = re.search(r"^[A-Za-z_][\w.]*: .+$", trace, re.MULTILINE)
    return f"ERROR: the Azure CLI failed unexpectedly: {raised[0] if raised else head.strip()}"


def azure_cli_credential() -> TokenCredential:
    """Get tokens from the Azure CLI, so that what is checked is what will deploy.

    Raises:
        DeploymentError: there is no Azure CLI.
    """
    find_azure_cli().put_on_path()
    return AzureCliCredential(process_timeout=_TOKEN_S)


def default_credential() -> TokenCredential:
    """Get tokens as $AZURE_TOKEN_CREDENTIALS says; from the Azure CLI only if there is one."""
    with suppress(DeploymentError):  # an environment's secret or a managed identity does without
        find_azure_cli().put_on_path()
    return DefaultAzureCredential(process_timeout=_TOKEN_S)


def find_azure_cli() -> AzureCli:
    """Find the Azure CLI: $AZ, then PATH, then what `make azure-cli` installed.

    Its path is absolute, as $AZ may be relative to the folder of this process.

    Raises:
        DeploymentError: there is none; the message says how to get it.
    """
    configured = os.environ.get("AZ")
    for candidate in [configured] if configured else ["az", str(_INSTALLED)]:
        found = shutil.which(candidate)
        if found is not None:
            return AzureCli(Path(found).absolute())
    where = f"AZ names {configured}, which cannot be run" if configured else "it is not on PATH"
    raise DeploymentError(
        f"the Azure CLI was not found ({where}); install it with `make azure-cli`, or set AZ", 2
    )
