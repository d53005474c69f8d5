"""Resources that Azure makes beside ours, by itself: known, and no difference."""

from collections.abc import Mapping
from typing import Any, Final

from deployment.places import component_id
from deployment.resource_id import key, parse
from generator.fleet import Fleet

_DETECTOR: Final = "microsoft.alertsmanagement/smartdetectoralertrules"
_ACTION_GROUP: Final = "microsoft.insights/actiongroups"

# https://learn.microsoft.com/azure/azure-monitor/alerts/proactive-failure-diagnostics
_FAILURE_ANOMALIES: Final = "failureanomaliesdetector"
_SMART_DETECTION: Final = "application insights smart detection"


def companion_of(resource: Mapping[str, Any], fleet: Fleet) -> str:
    """Say what of ours Azure made a resource for; empty if it did not make it.

    Args:
        resource: as Azure answers it.
        fleet: the environment that asks.
    """
    wanted = parse(resource["id"])
    component = fleet.environment.application_insights.name
    if wanted.type == _ACTION_GROUP and wanted.name.casefold() == _SMART_DETECTION:
        return f"Azure's own action group for the Failure Anomalies rule of {component}"
    if wanted.type != _DETECTOR:
        return ""
    properties = resource.get("properties") or {}
    subscription = "/".join(resource["id"].split("/")[:3])
    watched = {key(scope) for scope in properties.get("scope") or ()}
    detector = str((properties.get("detector") or {}).get("id", "")).casefold()
    if detector == _FAILURE_ANOMALIES and key(component_id(fleet, subscription)) in watched:
        return f"Azure's own Failure Anomalies rule of {component}"
    return ""
