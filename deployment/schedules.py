"""Disables Azure ML schedules: that only a disabled one can be deleted is inferred."""

from typing import Final

from deployment.places import MACHINE_LEARNING_API
from deployment.resource_id import parse
from deployment.resource_manager import ResourceManager
from generator import conventions

PERFORMANCE_API: Final = "2024-04-01-preview"
"""Of performance monitors, whose signal no later version has."""
_READ_ONLY: Final = frozenset(("provisioningState",))


def schedule_api(schedule_id: str) -> str:
    """Tell at which API version a schedule is read, written and deleted."""
    is_performance = conventions.is_performance_monitor(parse(schedule_id).name)
    return PERFORMANCE_API if is_performance else MACHINE_LEARNING_API


def disable_schedule(azure: ResourceManager, schedule_id: str) -> bool:
    """Disable a schedule; False if there is none, or it is disabled already.

    Raises:
        DeploymentError: Azure refused, or could not be reached.
    """
    api_version = schedule_api(schedule_id)
    found = azure.get(schedule_id, api_version)
    if found is None or not found["properties"].get("isEnabled", True):
        return False
    properties = {k: v for k, v in found["properties"].items() if k not in _READ_ONLY}
    azure.put(schedule_id, api_version, {"properties": {**properties, "isEnabled": False}})
    return True
