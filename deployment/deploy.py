"""Runs `az deployment group` on what was rendered, entry point by entry point."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from deployment.azure_cli import find_azure_cli
from deployment.errors import DeploymentError
from generator.render import Rendered


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
    az = find_azure_cli()
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
            *(str(az.path), "deployment", "group", verb),
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
                "correct the cause and run again"
            )
