"""What a deployment would change: the template's resources against what Azure answers."""

import copy
from typing import Any, Final

from tests.azure import ids, readback
from tests.azure.state import State
from tests.azure.wire import Json

READ_ONLY: Final = {
    "etag",
    "systemData",
    "createdWithApiVersion",
    "provisioningState",
    "customerId",
    "createdDate",
    "modifiedDate",
    "lastSkuUpdate",
    "quotaNextResetTime",
    "dataIngestionStatus",
    "status",
    "revision",
    "timeModified",
    "createdBy",
    "createdOn",
    "updatedBy",
    "updatedOn",
}
"""What the swagger marks as read only; what-if leaves it out."""

DEFAULTS: Final[dict[str, dict[str, object]]] = {
    "microsoft.insights/components": {"Flow_Type": "Bluefield", "Request_Source": "rest"},
}
"""Defaults that what-if shows as created though they are there.

https://github.com/Azure/arm-template-whatif/issues/305
"""

ADDED: Final[dict[str, list[str]]] = {
    "microsoft.operationalinsights/workspaces": ["features.legacy", "features.searchVersion"],
    "microsoft.operationalinsights/workspaces/savedsearches": ["version"],
}
"""Properties that Azure added and what-if shows as deleted.

Reported for workspaces (https://github.com/Azure/arm-template-whatif/issues/101, since then partly
corrected), inferred for saved searches. Entries of diagnostic settings lose their
`retentionPolicy.days` (https://github.com/Azure/arm-template-whatif/issues/310).
"""


def changes(state: State, resources: list[Json]) -> list[Json]:
    """Compute the changes of a deployment, and what it leaves alone in its resource groups."""
    found = [_change(state, resource) for resource in resources]
    known = {resource["id"].lower() for resource in resources}
    groups = {ids.group_of(resource["id"]) for resource in resources}
    for key, stored in sorted(state.resources.items()):
        if key not in known and stored.id.group in groups and stored.body.get("location"):
            found.append(
                {"resourceId": stored.id.text, "changeType": "Ignore", "before": stored.body}
            )
    return found


def _change(state: State, resource: Json) -> Json:
    stored = state.resources.get(resource["id"].lower())
    change: Json = {"resourceId": resource["id"], "after": resource}
    if stored is None:
        return change | {"changeType": "Create"}
    kind = stored.id.type.lower()
    before = readback.shown(stored.body, kind, {"canFetchContent": "true"})
    before.update(id=resource["id"], type=resource["type"], name=resource["name"])
    # Azure would answer both alike: only what the template would really change is left.
    expected = readback.as_azure_answers(
        copy.deepcopy(resource), stored.id, stored.body, state.write()
    )
    expected.update(id=resource["id"], type=resource["type"], name=resource["name"])
    delta = _noise(kind, before) + _members("", before, expected)
    change["before"] = _writable(before) | {"apiVersion": resource["apiVersion"]}
    if not delta:
        return change | {"changeType": "NoChange"}
    return change | {"changeType": "Modify", "delta": delta}


def _writable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _writable(item) for name, item in value.items() if name not in READ_ONLY}
    return [_writable(item) for item in value] if isinstance(value, list) else value


def _noise(kind: str, before: Json) -> list[Json]:
    noise: list[Json] = [
        {
            "path": f"properties.{name}",
            "propertyChangeType": "Create",
            "before": None,
            "after": value,
        }
        for name, value in DEFAULTS.get(kind, {}).items()
    ]
    for path in ADDED.get(kind, []):
        value: Any = before["properties"]
        for name in path.split("."):
            value = value.get(name)
        noise.append(
            {
                "path": f"properties.{path}",
                "propertyChangeType": "Delete",
                "before": value,
                "after": None,
            }
        )
    if kind == "microsoft.insights/diagnosticsettings":
        noise += _without_retention(before["properties"]["logs"])
    return noise


def _without_retention(logs: list[Json]) -> list[Json]:
    lost = {"path": "retentionPolicy.days", "propertyChangeType": "Delete", "after": None}
    children = [
        {"path": str(index), "propertyChangeType": "Modify", "children": [lost | {"before": 0}]}
        for index, _ in enumerate(logs)
    ]
    return [{"path": "properties.logs", "propertyChangeType": "Array", "children": children}]


def _delta(path: str, before: Any, after: Any) -> list[Json]:
    if isinstance(before, dict) and isinstance(after, dict):
        return _members(f"{path}.", before, after)
    if isinstance(before, list) and isinstance(after, list):
        children = _children(before, after)
        if not children:
            return []
        return [{"path": path, "propertyChangeType": "Array", "children": children}]
    if _same(before, after):
        return []
    kind = "Create" if before is None else "Delete" if after is None else "Modify"
    return [{"path": path, "propertyChangeType": kind, "before": before, "after": after}]


def _members(prefix: str, before: Json, after: Json) -> list[Json]:
    return [
        change
        for name in dict.fromkeys([*after, *before])
        if name not in READ_ONLY
        for change in _delta(f"{prefix}{name}", before.get(name), after.get(name))
    ]


def _children(before: list[Any], after: list[Any]) -> list[Json]:
    children = []
    for index in range(max(len(before), len(after))):
        if index >= len(before):
            entry = {"propertyChangeType": "Create", "before": None, "after": after[index]}
            children.append({"path": str(index)} | entry)
        elif index >= len(after):
            entry = {"propertyChangeType": "Delete", "before": before[index], "after": None}
            children.append({"path": str(index)} | entry)
        elif isinstance(before[index], dict) and isinstance(after[index], dict):
            inner = _members("", before[index], after[index])
            if inner:
                children.append(
                    {"path": str(index), "propertyChangeType": "Modify", "children": inner}
                )
        else:
            children += _delta(str(index), before[index], after[index])
    return children


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, str) and isinstance(after, str) and before.startswith("/subscriptions/"):
        return before.lower() == after.lower()
    return bool(before == after)
