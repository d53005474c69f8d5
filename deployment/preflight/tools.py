"""The programs that deploy: found, and new enough."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from deployment.azure_cli import AzureCli
from deployment.bicep import PINNED_VERSION, BicepCompiler, BicepError, find_bicep
from deployment.preflight.check import Check

# Deployment stacks came with it:
# https://learn.microsoft.com/azure/azure-resource-manager/bicep/deployment-stacks
MINIMUM_AZURE_CLI = (2, 61)
# From here on a module needs no name: https://github.com/Azure/bicep/releases/tag/v0.34.1
MINIMUM_BICEP = (0, 34)

_INSTALL_BICEP = f"run `az bicep install --version v{PINNED_VERSION}`"


def check_azure_cli(az: AzureCli) -> Check:
    """Check the version of the Azure CLI."""
    ended = az.run("version", "--output", "json")
    try:
        version = str(json.loads(ended.output)["azure-cli"])
    except (ValueError, KeyError, TypeError):
        return Check(
            "Azure CLI",
            "refused",
            f"{az.path} does not tell its version",
            "see what `az version` says, or install it with `make azure-cli`",
        )
    if _numbers(version) < MINIMUM_AZURE_CLI:
        needed = ".".join(map(str, MINIMUM_AZURE_CLI))
        return Check(
            "Azure CLI",
            "refused",
            f"{version} is older than {needed}",
            "run `az upgrade`, or install it with `make azure-cli`",
        )
    return Check("Azure CLI", "ok", version)


def check_bicep() -> Check:
    """Check that there is a Bicep CLI, that az can use it, and its version."""
    try:
        path = find_bicep()
    except BicepError as error:
        return Check("Bicep CLI", "refused", str(error), "")
    if path.stem != "bicep":
        return Check(
            "Bicep CLI",
            "refused",
            f"{path.name} is not called `bicep`, and the Azure CLI finds it by that name only",
            "rename it, or let BICEP name another",
        )
    try:
        with BicepCompiler(path) as compiler:
            version = compiler.version()
    except BicepError as error:
        return Check("Bicep CLI", "refused", f"{path}: {error}", _INSTALL_BICEP)
    if _numbers(version) < MINIMUM_BICEP:
        return Check(
            "Bicep CLI",
            "refused",
            f"{version} is older than {'.'.join(map(str, MINIMUM_BICEP))}",
            _INSTALL_BICEP,
        )
    if version != PINNED_VERSION:
        return Check("Bicep CLI", "warning", f"{version}; tested with {PINNED_VERSION}")
    return Check("Bicep CLI", "ok", version)


def bicep_variables(path: Path) -> Mapping[str, str]:
    """Environment variables that let the Azure CLI compile with the Bicep CLI at `path`.

    Else it would use one of its own, and download it where there is none: what is deployed would
    be compiled by another compiler than what was reviewed.
    """
    return {
        "PATH": f"{path.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "AZURE_BICEP_USE_BINARY_FROM_PATH": "true",
        "AZURE_BICEP_CHECK_VERSION": "false",
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
    }


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
