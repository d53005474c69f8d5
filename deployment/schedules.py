"""Disables Azure ML schedules: that only a disabled one can be deleted is inferred."""

from typing import Final

from deployment.resource_manager import ResourceManager

_API: Final = "2025-12-01"
# The only version that knows the signal of a performance monitor.
_PERFORMANCE_API: Final = "2024-04-01-preview"
_READ_ONLY: Final = frozenset(("provisioningState",))


def disable_schedule(azure: ResourceManager, schedule_id: str) -> bool:
    """Disable a schedule; False if there is none, or it is disabled already.

    Raises:
        DeploymentError: Azure refused, or could not be reached.
    """
    api_version = _PERFORMANCE_API if schedule_id.lower().endswith("-performance") else _API
    found = azure.get(schedule_id, api_version)
    if found is None or not found["properties"].get("isEnabled", True):
        return False
    properties = {k: v for k, v in found["properties"].items() if k not in _READ_ONLY}
    azure.put(schedule_id, api_version, {"properties": {**properties, "isEnabled": False}})
    return True
