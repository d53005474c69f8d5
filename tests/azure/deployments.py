"""Deployments of a resource group: validated, carried out in the background, asked about."""

import itertools
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from werkzeug import Request, Response

from tests.azure import ids, refusals, whatif
from tests.azure.expansion import Expander
from tests.azure.operations import Operations
from tests.azure.readback import NOW
from tests.azure.state import SUBSCRIPTION, State
from tests.azure.wire import RETRY_AFTER, ArmError, Json, answer, nothing, read_body


@dataclass
class Deployment:
    """A deployment and how far it got."""

    name: str
    group: str
    body: Json
    """What was sent; its parameters may hold secrets."""
    resources: list[Json]
    state: str = "Running"
    error: Json | None = None
    operations: list[Json] = field(default_factory=list)
    """Entries of the operations list, each with the name of its module."""
    polls: int = 0
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def id(self) -> str:
        """Id of the deployment."""
        group = ids.group_id(SUBSCRIPTION, self.group)
        return f"{group}/providers/Microsoft.Resources/deployments/{self.name}"


class Deployments:
    """All deployments, by resource group and name."""

    def __init__(self, state: State, expander: Expander, operations: Operations) -> None:
        self._state = state
        self._expander = expander
        self._operations = operations
        self._gate = threading.Event()
        self._gate.set()
        self.all: dict[tuple[str, str], Deployment] = {}
        self.what_ifs: dict[str, Json] = {}
        """Bodies of what-ifs, by name of the deployment."""

    def hold(self) -> None:
        """Keep deployments that start now running until they are released."""
        self._gate.clear()

    def release(self) -> None:
        """Let deployments that were held go on."""
        self._gate.set()

    def answer(self, group: str, name: str, action: str, request: Request) -> Response:
        """Answer a request for one deployment."""
        verb = {"GET": "read", "DELETE": "delete"}.get(request.method, "write")
        operation = f"{action}/action" if action in {"validate", "whatIf", "cancel"} else verb
        scope = ids.group_id(SUBSCRIPTION, group)
        with self._state.lock:
            self._state.group(group)
            self._state.permit(f"Microsoft.Resources/deployments/{operation}", scope)
        if request.method == "GET":
            return self._get(self._find(group, name), action)
        if request.method == "DELETE":
            self.all.pop((group.lower(), name.lower()), None)
            return nothing(204)
        if action == "cancel":
            return self._cancel(self._find(group, name))
        body = read_body(request.get_data(as_text=True))
        if action == "whatIf":
            return self._what_if(group, name, body)
        deployment = self.prepared(group, name, body)
        if action == "validate":
            deployment.state = "Succeeded"
            return answer(_described(deployment))
        self.start(deployment)
        where = f"{self._operations.url}{deployment.id}/operationStatuses/1?api-version=2025-04-01"
        return answer(
            _described(deployment), 201, Azure_AsyncOperation=where, Retry_After=RETRY_AFTER
        )

    def several(self, group: str) -> Response:
        """Answer the list of the deployments of a resource group."""
        self._state.group(group)
        found = [d for (where, _), d in sorted(self.all.items()) if where == group.lower()]
        return answer({"value": [_described(deployment) for deployment in found]})

    def prepared(self, group: str, name: str, body: Json) -> Deployment:
        """Expand a deployment and refuse what is refused before it starts.

        Raises:
            ArmError: it cannot be expanded, or may not be made.
        """
        properties = body["properties"]
        if properties.get("mode", "Incremental") != "Incremental":
            raise ArmError(400, "InvalidDeploymentMode", "this endpoint only adds and changes")
        resources = self._expanded(group, properties)
        with self._state.lock:
            refusals.before_deployment(self._state, resources, name)
        return Deployment(name, group, body, resources)

    def start(self, deployment: Deployment, then: Callable[[], None] | None = None) -> None:
        """Carry a deployment out in the background, and `then` what follows if it succeeds.

        Raises:
            ArmError: one of its name still runs.
        """
        key = deployment.group.lower(), deployment.name.lower()
        with self._state.lock:
            if key in self.all and self.all[key].state == "Running":
                raise _active(deployment.name)
            self.all[key] = deployment
        threading.Thread(target=self._run, args=(deployment, then), daemon=True).start()

    def _expanded(self, group: str, properties: Json) -> list[Json]:
        with self._state.lock:
            location = self._state.group(group).location
            parameters = {
                name: self._value(entry)
                for name, entry in (properties.get("parameters") or {}).items()
            }
        template = properties["template"]
        missing = [
            name
            for name, declared in template.get("parameters", {}).items()
            if name not in parameters
            and "defaultValue" not in declared
            and not declared.get("nullable")
        ]
        if missing:
            message = (
                "Deployment template validation failed: 'The value for the template parameter "
                f"'{missing[0]}' at line '1' and column '1' is not provided. Please see "
                "https://aka.ms/arm-create-parameter-file for usage details.'."
            )
            raise ArmError(400, "InvalidTemplate", message)
        return self._expander.expand(template, parameters, SUBSCRIPTION, group, location)

    def _value(self, entry: Json) -> object:
        if "value" in entry:
            return entry["value"]
        vault, name = entry["reference"]["keyVault"]["id"], entry["reference"]["secretName"]
        secret = self._state.secrets.get((vault.lower(), name))
        if secret is None:
            message = f"The secret '{name}' was not found in the key vault '{vault}'."
            raise ArmError(400, "KeyVaultParameterReferenceNotFound", message)
        return secret

    def _run(self, deployment: Deployment, then: Callable[[], None] | None) -> None:
        self._gate.wait()
        try:
            wrong = refusals.types(self._expander, deployment.resources)
            with self._state.lock:
                failures = self._write_all(deployment, wrong)
                if failures:
                    deployment.error = refusals.failed(deployment.id, failures)
                elif deployment.state == "Running":
                    if then is not None:
                        then()
                    deployment.state = "Succeeded"
        finally:
            # A mistake of this endpoint also ends a deployment: nobody waits for it.
            if deployment.state == "Running":
                deployment.state = "Failed"
            deployment.finished.set()

    def _write_all(self, deployment: Deployment, wrong: dict[str, ArmError]) -> list[Json]:
        """Write module by module until one fails; return the failures of that one."""
        modules = Modules(deployment.body["properties"]["template"])
        for module, resources in itertools.groupby(deployment.resources, modules.of):
            failures = [
                failure
                for resource in resources
                if deployment.state == "Running"
                for failure in self._write(deployment, module, resource, wrong)
            ]
            if failures:
                return failures
        return []

    def _write(
        self, deployment: Deployment, module: str, resource: Json, wrong: dict[str, ArmError]
    ) -> list[Json]:
        entry: Json = {"id": resource["id"], "module": module, "state": "Succeeded"}
        deployment.operations.append(entry)
        try:
            if resource["id"] in wrong:
                raise wrong[resource["id"]]
            refusals.on_write(self._state, resource)
            self._state.store(resource)
        except ArmError as error:
            entry.update(state="Failed", error=error.error, status=error.status)
            return [refusals.nested(error, deployment.id, module)]
        return []

    def _find(self, group: str, name: str) -> Deployment:
        found = self.all.get((group.lower(), name.lower()))
        if found is None:
            raise ArmError(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")
        return found

    def _get(self, deployment: Deployment, action: str) -> Response:
        if action.startswith("operationStatuses"):
            deployment.polls += 1
            if deployment.polls == 1 or deployment.state == "Running":
                return answer({"status": "Running"}, Retry_After=RETRY_AFTER)
            status: Json = {"status": deployment.state}
            return answer(status | ({"error": deployment.error} if deployment.error else {}))
        if action == "operations":
            return answer({"value": _operations(deployment)})
        return answer(_described(deployment))

    def _cancel(self, deployment: Deployment) -> Response:
        if deployment.state != "Running":
            message = f"The deployment '{deployment.name}' cannot be cancelled: it is not running."
            raise ArmError(409, "DeploymentCannotBeCancelled", message)
        deployment.state = "Canceled"
        return nothing(204)

    def _what_if(self, group: str, name: str, body: Json) -> Response:
        self.what_ifs[name] = body
        resources = self._expanded(group, body["properties"])
        with self._state.lock:
            refusals.before_deployment(self._state, resources, name)
            changes = whatif.changes(self._state, resources)
        result = {
            "status": "Succeeded",
            "properties": {"correlationId": _correlation(name), "changes": changes},
        }
        where = self._operations.start(answer(result))
        return nothing(202, Location=where, Retry_After=RETRY_AFTER)


class Modules:
    """Tells from which module of a template a resource comes.

    A snapshot does not say it, so a module is recognised by the resource's type and name. Azure
    names the nested deployment with a hash after the module's name; here it is the name alone.
    """

    def __init__(self, template: Json) -> None:
        declared = template.get("resources", {})
        named = declared.items() if isinstance(declared, dict) else ()
        self._texts = {
            name: json.dumps(content).lower()
            for name, content in named
            if content.get("type") == "Microsoft.Resources/deployments"
        }

    def of(self, resource: Json) -> str:
        """Name of the resource's module; empty where it stands in the template itself."""
        kind, name = resource["type"].lower(), resource["name"].rpartition("/")[2].lower()
        holders = [module for module, text in self._texts.items() if f'"{kind}"' in text]
        named = [module for module in holders if f'"{name}"' in self._texts[module]]
        return next(iter(named or holders), "")


def _described(deployment: Deployment) -> Json:
    properties = deployment.body["properties"]
    declared = properties["template"].get("parameters", {})
    shown = {}
    for name, entry in (properties.get("parameters") or {}).items():
        kind = declared.get(name, {}).get("type", "String")
        shown[name] = {"type": kind} | ({} if kind.lower().startswith("secure") else entry)
    done = [{"id": entry["id"]} for entry in deployment.operations if entry["state"] == "Succeeded"]
    content: Json = {
        "mode": "Incremental",
        "provisioningState": deployment.state,
        "timestamp": NOW,
        "duration": "PT1S",
        "correlationId": _correlation(deployment.name),
        "parameters": shown,
        "providers": [],
        "dependencies": [],
        "outputResources": done,
    }
    if deployment.error:
        content["error"] = deployment.error
    return {
        "id": deployment.id,
        "name": deployment.name,
        "type": "Microsoft.Resources/deployments",
        "properties": content,
    }


def _active(name: str) -> ArmError:
    message = (
        f"Unable to edit or replace deployment '{name}': previous deployment from '{NOW}' is still "
        f"active (expiration time is '{NOW}'). Please see https://aka.ms/arm-deploy for usage "
        "details."
    )
    return ArmError(409, "DeploymentActive", message)


def _operations(deployment: Deployment) -> list[Json]:
    shown = []
    for number, entry in enumerate(deployment.operations, 1):
        wanted = ids.parse(entry["id"])
        properties: Json = {
            "provisioningOperation": "Create",
            "provisioningState": entry["state"],
            "timestamp": NOW,
            "statusCode": "OK" if entry["state"] == "Succeeded" else "BadRequest",
            "targetResource": {
                "id": entry["id"],
                "resourceType": wanted.type,
                "resourceName": wanted.name,
            },
        }
        if "error" in entry:
            properties["statusMessage"] = {"error": entry["error"]}
        shown.append(
            {
                "id": f"{deployment.id}/operations/{number}",
                "operationId": str(number),
                "properties": properties,
            }
        )
    return shown


def _correlation(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))
