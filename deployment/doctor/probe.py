"""Sends an event the way the jobs send theirs, and finds it in the workspace."""

import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from deployment.doctor.workspace import Workspace
from deployment.errors import DeploymentError
from monitoring.telemetry.azure_monitor import azure_monitor
from monitoring.telemetry.contract import Event
from monitoring.telemetry.sink import TelemetryEvent

PROBE: Final = Event(
    "monitoring_probe",
    "Sent by `mlmon doctor` to see that telemetry arrives. Outside of the contract: no rule, "
    "query or workbook reads it.",
    properties=("probe_id",),
)

_PAUSE_S: Final = 10.0
"""Between two looks."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What became of the event."""

    took: timedelta | None
    """From sending it to finding it, up to a pause between two looks more than it took."""
    problem: str = ""
    """Why it was not found; empty if it was."""


def probe(component: dict[str, Any], workspace: Workspace, wait: timedelta) -> ProbeResult:
    """Send an event to a component, and look for it in its workspace.

    Args:
        component: the component as Azure answers it; its connection string is told to nobody.
        workspace: where its telemetry arrives.
        wait: how long it is looked for; it is looked for once at least.
    """
    properties = component["properties"]
    connection_string = properties.get("ConnectionString")
    if not connection_string:
        return ProbeResult(None, "Azure does not tell the component's connection string")
    identity = str(uuid.uuid4())
    needs_entra = properties.get("DisableLocalAuth") is True
    sink = azure_monitor(
        circuits=0,
        role="doctor",
        connection_string=connection_string,
        authentication="Authorization=AAD" if needs_entra else "",
    )
    sent = time.monotonic()
    with sink:
        sink.emit(TelemetryEvent(PROBE, {"probe_id": identity}, {}))
    delivery = sink.close()
    if delivery.problem:
        return ProbeResult(None, f"the event was not delivered because {delivery.problem}")
    try:
        _find(identity, workspace, wait)
    except RetryError:
        return ProbeResult(
            None,
            f"the event was delivered and not found within {wait.total_seconds():g} s; "
            "Azure may take longer, and a daily cap or a transformation drops rows",
        )
    except DeploymentError as error:
        return ProbeResult(None, f"the event was delivered and cannot be looked for: {error}")
    return ProbeResult(timedelta(seconds=time.monotonic() - sent))


def _find(identity: str, workspace: Workspace, wait: timedelta) -> None:
    query = (
        f'AppEvents | where Name == "{PROBE.name}" '
        f'| where tostring(Properties.probe_id) == "{identity}" | project TimeGenerated'
    )
    attempts = Retrying(
        retry=retry_if_result(lambda is_found: not is_found),
        stop=stop_after_delay(wait.total_seconds()),
        wait=wait_fixed(_PAUSE_S),
    )
    attempts(lambda: bool(workspace.query(query, timedelta(hours=1)).rows))
