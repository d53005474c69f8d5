"""What stands around resources: subscriptions, groups, providers, permissions, locks, health."""

import gzip
import json
import re
from typing import Final

from werkzeug import Request, Response

from tests.azure import ids
from tests.azure.operations import Operations
from tests.azure.state import EVERYTHING, SUBSCRIPTION, TENANT, Group, State
from tests.azure.wire import FIRST_RETRY_AFTER, ArmError, Json, answer, nothing, read_body

_ROOT: Final = f"/subscriptions/{SUBSCRIPTION}"

PROVIDERS: Final = (
    "Microsoft.AlertsManagement",
    "Microsoft.Authorization",
    "Microsoft.Insights",
    "Microsoft.MachineLearningServices",
    "Microsoft.OperationalInsights",
    "Microsoft.Resources",
)


def endpoints(url: str) -> Json:
    """Answer the discovery of a cloud's addresses."""
    return {
        "name": "Local",
        "portal": url,
        "authentication": {"loginEndpoint": url, "audiences": [url], "tenant": TENANT},
        "resourceManager": url,
        "graph": url,
        "suffixes": {"storage": "localhost"},
    }


def query(state: State, workspace: str, request: Request) -> Response:
    """Answer a query of a Log Analytics workspace by its customer id.

    Raises:
        ArmError: there is no such workspace, or no test said what to answer.
    """
    with state.lock:
        known = [
            stored
            for stored in state.resources.values()
            if stored.body["properties"].get("customerId") == workspace
        ]
    if not known:
        message = f"The workspace {workspace} could not be found"
        raise ArmError(404, "WorkspaceNotFoundError", message)
    if state.query is None:
        raise ArmError(400, "BadArgumentError", "this endpoint was not told what queries answer")
    body = read_body(request.get_data(as_text=True))
    return answer(state.query(workspace, body["query"], body))


def take_in(state: State, request: Request) -> Response:
    """Take telemetry in as Application Insights does, compressed or not."""
    data = request.get_data()
    if request.headers.get("Content-Encoding") == "gzip":
        data = gzip.decompress(data)
    envelopes = json.loads(data)
    with state.lock:
        state.telemetry += envelopes
    count = len(envelopes)
    return answer({"itemsReceived": count, "itemsAccepted": count, "errors": []})


def answer_special(
    state: State, operations: Operations, path: str, request: Request
) -> Response | None:
    """Answer what is no resource of a service; None: it is one."""

    def match(pattern: str) -> re.Match[str] | None:
        return re.fullmatch(pattern, path, re.IGNORECASE)

    if path == "/subscriptions":
        return answer({"value": [_subscription()]})
    if match(_ROOT):
        return answer(_subscription())
    if match(f"{_ROOT}/resourcegroups"):
        return answer({"value": [_group(group) for _, group in sorted(state.groups.items())]})
    if found := match(f"{_ROOT}/resourcegroups/(?P<name>[^/]+)"):
        return _of_group(state, found["name"], request)
    if match(f"{_ROOT}/providers"):
        return answer({"value": [_provider(state, name) for name in PROVIDERS]})
    if found := match(f"{_ROOT}/providers/(?P<name>[^/]+)(?P<register>/register)?"):
        if found["register"]:
            state.unregistered.discard(found["name"].lower())
        return answer(_provider(state, found["name"]))
    if found := match("(?P<scope>.*)/providers/Microsoft.Authorization/permissions"):
        name = ids.group_of(found["scope"])
        return answer({"value": state.group(name).permissions if name else [EVERYTHING]})
    if found := match("(?P<scope>.*)/providers/Microsoft.Authorization/locks"):
        return answer({"value": _locks(state, found["scope"].lower())})
    if found := match("(?P<scope>.*)/providers/Microsoft.ResourceHealth/availabilityStatuses"):
        scope = found["scope"].lower()
        return answer(
            {"value": [e for e in state.availability if e["id"].lower().startswith(scope)]}
        )
    if found := match("(?P<group>.*/actionGroups/[^/]+)/createNotifications"):
        return _test_notification(state, operations, found["group"], request)
    return None


def _of_group(state: State, name: str, request: Request) -> Response:
    if request.method == "PUT":
        body = read_body(request.get_data(as_text=True))
        created = name.lower() not in state.groups
        group = Group(name, body["location"], body.get("tags") or {})
        state.groups[name.lower()] = group
        return answer(_group(group), 201 if created else 200)
    group = state.group(name)
    if request.method == "HEAD":
        return nothing(204)
    if request.method == "PATCH":
        group.tags = read_body(request.get_data(as_text=True))["tags"]
    return answer(_group(group))


def _test_notification(
    state: State, operations: Operations, group: str, request: Request
) -> Response:
    state.find(group)
    state.permit("Microsoft.Insights/actionGroups/createNotifications/action", group)
    body = read_body(request.get_data(as_text=True))
    state.test_notifications.append(body)
    receivers = [
        (name, receiver)
        for name, entries in body.items()
        if name.endswith("Receivers")
        for receiver in entries
    ]
    details = [
        {
            "MechanismType": kind.removesuffix("Receivers").capitalize(),
            "Name": receiver["name"],
            "Status": "Completed",
            "SubState": "Default",
            "SendTime": "2026-11-26T08:00:00+00:00",
        }
        | state.notification_details.get(receiver["name"], {})
        for kind, receiver in receivers
    ]
    result = {
        "context": {"notificationSource": "Microsoft.Insights/TestNotification"},
        "state": "Complete",
        "completedTime": "2026-11-26T08:00:01+00:00",
        "createdTime": "2026-11-26T08:00:00+00:00",
        "actionDetails": details,
    }
    where = operations.start(answer(result))
    return nothing(202, Location=where, Retry_After=FIRST_RETRY_AFTER)


def _locks(state: State, scope: str) -> list[Json]:
    return [
        {
            "id": f"{where}/providers/Microsoft.Authorization/locks/{name}",
            "name": name,
            "type": "Microsoft.Authorization/locks",
            "properties": {"level": level},
        }
        for where, (name, level) in sorted(state.locks.items())
        if f"{where}/".startswith(f"{scope}/") or f"{scope}/".startswith(f"{where}/")
    ]


def _provider(state: State, name: str) -> Json:
    registered = name.lower() not in state.unregistered
    return {
        "id": f"{_ROOT}/providers/{name}",
        "namespace": name,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered" if registered else "NotRegistered",
        "resourceTypes": [],
    }


def _group(group: Group) -> Json:
    return {
        "id": ids.group_id(SUBSCRIPTION, group.name),
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "tags": group.tags,
        "properties": {"provisioningState": "Succeeded"},
    }


def _subscription() -> Json:
    return {
        "id": _ROOT,
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": "local",
        "state": "Enabled",
    }
