"""Azure's test notification: every receiver of an action group is told once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from azure.core.exceptions import AzureError
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.monitor.models import (
    ActionDetail,
    ActionGroupResource,
    NotificationRequestBody,
    TestNotificationDetailsResponse,
)

from deployment.errors import DeploymentError
from deployment.masking import scrub
from deployment.resource_manager import ResourceManager, ResourceManagerError, translated
from generator.fleet import Fleet

_ALERT: Final = "logalertv2"
"""The sample that is sent: an alert of a log search rule, as all of ours are."""
_RECEIVERS: Final = (
    "email_receivers",
    "sms_receivers",
    "webhook_receivers",
    "itsm_receivers",
    "azure_app_push_receivers",
    "automation_runbook_receivers",
    "voice_receivers",
    "logic_app_receivers",
    "azure_function_receivers",
    "arm_role_receivers",
    "event_hub_receivers",
)
_SECRETS: Final = ("service_uri", "callback_url", "http_trigger_url")
"""Properties of receivers whose value lets whoever knows it post."""
# The reference says only that it is text; the examples of the API and of PowerShell have these.
_DONE: Final = frozenset(("completed", "succeeded"))
_POLLING_S: Final = 5
_WAIT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Notified:
    """What became of one receiver."""

    receiver: str
    mechanism: str
    """Such as Email or Webhook."""
    is_told: bool
    """Whether Azure handed the message on: not that somebody read it."""
    detail: str


def notify_test(manager: ResourceManager, fleet: Fleet, name: str) -> list[Notified]:
    """Send the test notification of an action group to its own receivers, and wait for the result.

    Raises:
        DeploymentError: the group is unknown, not deployed, or without receivers; Azure refused;
            or there is no result within ten minutes.
    """
    known = [group.name for group in fleet.action_groups]
    if name not in known:
        raise DeploymentError(
            f"there is no action group {name!r} in {fleet.name}; known are {', '.join(known)}", 2
        )
    with MonitorManagementClient(
        manager.credential,
        manager.subscription_id,
        base_url=manager.url,
        credential_scopes=[manager.scope],
        polling_interval=_POLLING_S,
    ) as client:
        group = _group(client, fleet, name)
        secrets = tuple(_secrets(group))
        try:
            answer = _send(client, fleet, group)
        except AzureError as error:
            raise _refused(error, name, secrets) from None
    return list(_results(group, answer.action_details or (), secrets))


def _group(client: MonitorManagementClient, fleet: Fleet, name: str) -> ActionGroupResource:
    try:
        group = client.action_groups.get(fleet.environment.resource_group, name)
    except AzureError as error:
        found = translated(error, f"reading the action group {name}")
        if isinstance(found, ResourceManagerError) and found.status == 404:
            found = DeploymentError(
                f"the action group {name} is not in {fleet.environment.resource_group}; "
                "was the environment deployed?"
            )
        raise found from None
    if not group.enabled:
        raise DeploymentError(f"the action group {name} is disabled in Azure: it tells nobody")
    if not any(getattr(group, kind) for kind in _RECEIVERS):
        raise DeploymentError(f"the action group {name} has no receivers in Azure")
    return group


def _send(
    client: MonitorManagementClient, fleet: Fleet, group: ActionGroupResource
) -> TestNotificationDetailsResponse:
    receivers = {kind: getattr(group, kind) for kind in _RECEIVERS}
    poller = client.action_groups.begin_create_notifications_at_action_group_resource_level(
        fleet.environment.resource_group,
        str(group.name),
        NotificationRequestBody(alert_type=_ALERT, **receivers),
    )
    poller.wait(_WAIT_S)
    if not poller.done():
        raise DeploymentError(f"Azure gave no result of the test within {_WAIT_S:g} s")
    return poller.result()


def _results(
    group: ActionGroupResource, details: Sequence[ActionDetail], secrets: Sequence[str]
) -> Iterator[Notified]:
    told = {str(detail.name): detail for detail in details}
    for kind in _RECEIVERS:
        for receiver in getattr(group, kind) or ():
            detail = told.get(receiver.name)
            mechanism = kind.removesuffix("_receivers").replace("_", " ")
            if detail is None:
                yield Notified(receiver.name, mechanism, False, "Azure says nothing of it")
                continue
            is_told = str(detail.status).casefold() in _DONE
            said = [detail.status, detail.sub_state, detail.detail]
            text = ", ".join(str(s) for s in said if s and s != "Default")
            yield Notified(receiver.name, mechanism, is_told, scrub(text, secrets))


def _refused(error: AzureError, name: str, secrets: Sequence[str]) -> DeploymentError:
    found = translated(error, f"testing the action group {name}")
    hint = ""
    if isinstance(found, ResourceManagerError) and found.status == 403:
        hint = "; it takes the role Monitoring Contributor on the resource group"
    return DeploymentError(scrub(str(found), secrets) + hint)


def _secrets(group: ActionGroupResource) -> Iterator[str]:
    for kind in _RECEIVERS:
        for receiver in getattr(group, kind) or ():
            values: list[Any] = [getattr(receiver, name, None) for name in _SECRETS]
            yield from (str(value) for value in values if value)
