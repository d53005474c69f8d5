"""The preprocessing component of monitors: registered once, never changed."""

import importlib.util
import warnings
from typing import Any, Final

import yaml
from azure.core.exceptions import AzureError

from deployment.bicep import ROOT
from deployment.errors import DeploymentError
from deployment.places import MACHINE_LEARNING_API
from deployment.target import Target
from generator.models.environments import PreprocessingComponent

SHIPPED: Final = ROOT / "monitoring" / "azureml" / "preprocessing" / "component.yml"
_SCHEDULES: Final = "microsoft.machinelearningservices/workspaces/schedules"


def needed_component(target: Target) -> PreprocessingComponent | None:
    """Tell the component that what is deployed names; None without monitors."""
    settings = target.environment.machine_learning.monitors
    named = any(resource.type.lower() == _SCHEDULES for resource in target.resources)
    return settings.preprocessing_component if settings and named else None


def is_registered(target: Target, component: PreprocessingComponent) -> bool:
    """Tell whether the workspace has this version of it."""
    path = f"{target.workspace}/components/{component.name}/versions/{component.version}"
    return target.azure.get(path, MACHINE_LEARNING_API) is not None


def is_shipped(component: PreprocessingComponent) -> bool:
    """Tell whether it is the one that this project ships."""
    shipped: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return (component.name, component.version) == (shipped["name"], shipped["version"])


def can_register() -> bool:
    """Tell whether the library that registers it is installed."""
    try:
        return importlib.util.find_spec("azure.ai.ml") is not None
    except ModuleNotFoundError:
        return False


def register_component(target: Target) -> None:
    """Register the shipped component in the workspace; its code is uploaded to the workspace.

    Raises:
        DeploymentError: Azure refused, or could not be reached.
    """
    environment = target.environment
    with warnings.catch_warnings():
        # The library warns of its own use of its dependencies, which nobody here can change.
        warnings.simplefilter("ignore")
        try:
            from azure.ai.ml import MLClient, load_component

            client = MLClient(
                target.azure.credential,
                target.azure.subscription_id,
                environment.machine_learning_group,
                environment.machine_learning.workspace,
                show_progress=False,
                enable_telemetry=False,
            )
            client.components.create_or_update(load_component(source=SHIPPED))
        except AzureError as error:
            first_line = str(error).strip().partition("\n")[0]
            raise DeploymentError(
                f"the preprocessing component was not registered: {first_line}; nothing was "
                "deployed, and the same command tries it again"
            ) from None
