"""Runs the real Azure CLI on what was rendered, entry point by entry point.

az inherits the terminal: what it prints is what the user sees, and its exit code counts.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from deployment.bicep import ROOT
from generator.render import Rendered

_INSTALLED = ROOT / ".tools" / "azure-cli" / "bin" / "az"


class DeploymentError(Exception):
    """A deployment that could not be started, or failed; `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def _find_az() -> str:
    """Find the Azure CLI: $AZ, then PATH, then what `make azure-cli` installed."""
    configured = os.environ.get("AZ")
    for candidate in [configured] if configured else ["az", str(_INSTALLED)]:
        found = shutil.which(candidate)
        if found is not None:
            return found
    where = f"AZ names {configured}, which cannot be run" if configured else "it is not on PATH"
    raise DeploymentError(
        f"the Azure CLI was not found ({where}); install it with `make azure-cli`, or set AZ", 2
    )


def run(verb: str, rendered: Rendered, out: Path, note: Callable[[str], None]) -> None:
    """Run `az deployment group VERB` on each entry point in order.

    Args:
        verb: `what-if` or `create`.
        rendered: what stands in the folder, unchanged.
        out: the folder of all environments.
        note: told what is about to run.

    Raises:
        DeploymentError: az is missing, a secret is empty, or an entry point failed.
    """
    az = _find_az()
    empty = [s for e in rendered.entry_points for s in e.secrets if not os.environ.get(s)]
    if empty and verb == "create":
        raise DeploymentError(
            f"{', '.join(empty)} must be set: an action group with an empty URL would call nobody",
            2,
        )
    group = rendered.fleet.environment.resource_group
    for number, entry_point in enumerate(rendered.entry_points, 1):
        folder = out / rendered.fleet.name
        note(f"[{number}/{len(rendered.entry_points)}] {verb}: {folder / entry_point.template}")
        command = [
            *(az, "deployment", "group", verb),
            *("--resource-group", group),
            *("--name", entry_point.deployment_name),
            *("--parameters", str(folder / entry_point.parameters)),
        ]
        result = subprocess.run(command, check=False)
        if result.returncode != 0:
            rest = len(rendered.entry_points) - number
            untried = f"; entry points not tried: {rest}" if rest else ""
            raise DeploymentError(
                f"az ended with {result.returncode} on {entry_point.template}{untried}; "
                "correct the cause and run again",
                1,
            )
