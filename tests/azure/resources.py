"""Single resources and lists of them."""

import re
from typing import Final

from werkzeug import Request, Response

from tests.azure import ids, readback, refusals
from tests.azure.expansion import Expander
from tests.azure.operations import Operations
from tests.azure.state import State, Stored
from tests.azure.wire import FIRST_RETRY_AFTER, ArmError, Json, answer, nothing, read_body

SCHEDULES: Final = "microsoft.machinelearningservices/workspaces/schedules"
_LISTED: Final = ("id", "name", "kind", "location", "tags")
EXTENSIONS: Final = {"microsoft.insights/diagnosticsettings"}

UNPATCHABLE: Final = {
    SCHEDULES,
    "microsoft.insights/diagnosticsettings",
    "microsoft.operationalinsights/workspaces/savedsearches",
}
"""Types whose API has no PATCH."""

PAGE: Final = {SCHEDULES: 30}
"""Entries of one page of a list, where there are pages; the number is inferred."""


class Resources:
    """Answers requests for resources by id, by type and by filter."""

    def __init__(self, state: State, expander: Expander, operations: Operations) -> None:
        self._state = state
        self._expander = expander
        self._operations = operations

    def one(self, path: str, request: Request) -> Response:
        """Answer a request for one resource."""
        wanted = ids.parse(path)
        self._state.group(wanted.group)
        verb = {"GET": "read", "DELETE": "delete"}.get(request.method, "write")
        self._state.permit(f"{wanted.type}/{verb}", path)
        match request.method:
            case "GET":
                return answer(_shown(self._state.find(path), request))
            case "PUT":
                return self._put(path, request)
            case "PATCH":
                return self._patch(path, request)
            case "DELETE":
                return self._delete(path)
        raise ArmError(405, "MethodNotAllowed", f"{request.method} is not allowed")

    def several(self, path: str, request: Request) -> Response:
        """Answer a list of one type, in pages."""
        head, _, tail = path.rpartition("/providers/")
        namespace, *parts = tail.split("/")
        kind = "/".join([namespace, *parts[::2]]).lower()
        scope = path.rpartition("/")[0] if len(parts) > 1 else head
        if ids.group_of(scope):
            self._state.group(ids.group_of(scope))
        self._state.permit(f"{kind}/read", scope)
        found = self._state.of_type(kind, scope)
        if kind in EXTENSIONS:
            found = [stored for stored in found if stored.id.scope.lower() == scope.lower()]
        if kind == SCHEDULES:
            found = _in_view(found, request.args.get("listViewType", "EnabledOnly"))
        start = int(request.args.get("$skipToken", "0"))
        end = start + PAGE.get(kind, 1000)
        content: Json = {"value": [_shown(stored, request) for stored in found[start:end]]}
        if end < len(found):
            query = "&".join(
                f"{name}={value}" for name, value in request.args.items() if name != "$skipToken"
            )
            content["nextLink"] = f"{self._operations.url}{path}?{query}&$skipToken={end}"
        return answer(content)

    def any(self, scope: str, request: Request) -> Response:
        """Answer the list of every resource with a location in a scope."""
        if ids.group_of(scope):
            self._state.group(ids.group_of(scope))
        wanted = dict(re.findall(r"(\w+) eq '([^']*)'", request.args.get("$filter", "")))
        found = []
        for key, stored in sorted(self._state.resources.items()):
            body = stored.body
            tags = body.get("tags") or {}
            if (
                key.startswith(f"{scope.lower()}/")
                and body.get("location")
                and wanted.get("resourceType", stored.id.type).lower() == stored.id.type.lower()
                and wanted.get("resourceGroup", stored.id.group).lower() == stored.id.group
                and _tagged(tags, wanted)
            ):
                entry = {
                    k: body[k] for k in ("id", "name", "kind", "location", "tags") if k in body
                }
                found.append(entry | {"type": body.get("type") or stored.id.type.lower()})
        return answer({"value": found})

    def _put(self, path: str, request: Request) -> Response:
        wanted = ids.parse(path)
        body = read_body(request.get_data(as_text=True))
        known = {k: v for k, v in body.items() if k not in {"id", "type", "etag", "systemData"}}
        sent = known | {
            "id": path,
            "type": wanted.type,
            "name": wanted.name if wanted.type.count("/") == 1 else _full_name(path),
            "apiVersion": request.args["api-version"],
        }
        refusals.before_deployment(self._state, [sent], "")
        for error in refusals.types(self._expander, [sent]).values():
            raise error
        refusals.on_write(self._state, sent)
        created = wanted.key not in self._state.resources
        stored = self._state.store(sent)
        return answer(_shown(stored, request), 201 if created else 200)

    def _patch(self, path: str, request: Request) -> Response:
        stored = self._state.find(path)
        if stored.id.type.lower() in UNPATCHABLE:
            message = f"The requested resource does not support http method '{request.method}'."
            raise ArmError(405, "MethodNotAllowed", message)
        self._state.unlocked(path, "write")
        change = read_body(request.get_data(as_text=True))
        _merge(stored.body, change)
        return answer(_shown(stored, request))

    def _delete(self, path: str) -> Response:
        wanted = ids.parse(path)
        refusals.on_delete(self._state, path)
        if wanted.key not in self._state.resources:
            return nothing(204)
        self._state.remove(path)
        if wanted.type.lower() == SCHEDULES:
            where = self._operations.start(nothing(200))
            return nothing(202, Location=where, Retry_After=FIRST_RETRY_AFTER)
        return nothing(200)


def _full_name(path: str) -> str:
    return "/".join(path.rpartition("/providers/")[2].split("/")[2::2])


def _shown(stored: Stored, request: Request) -> Json:
    return readback.shown(stored.body, stored.id.type, request.args.to_dict())


def _in_view(found: list[Stored], view: str) -> list[Stored]:
    wanted = {"All": {True, False}, "EnabledOnly": {True}, "DisabledOnly": {False}}[view]
    return [s for s in found if s.body["properties"]["isEnabled"] in wanted]


def _tagged(tags: dict[str, str], wanted: dict[str, str]) -> bool:
    name = wanted.get("tagName")
    return name is None or (name in tags and tags[name] == wanted.get("tagValue", tags[name]))


def _merge(body: Json, change: Json) -> None:
    for name, value in change.items():
        if isinstance(value, dict) and isinstance(body.get(name), dict) and name != "tags":
            _merge(body[name], value)
        else:
            body[name] = value
