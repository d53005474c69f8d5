"""Deployment stacks of a resource group: what left the template is deleted or let go."""

from dataclasses import dataclass, field

from werkzeug import Request, Response

from tests.azure import ids
from tests.azure.deployments import Deployment, Deployments
from tests.azure.operations import Operations
from tests.azure.state import SUBSCRIPTION, State
from tests.azure.wire import FIRST_RETRY_AFTER, ArmError, Json, answer, nothing, read_body


@dataclass
class Stack:
    """A stack and the resources that it manages."""

    name: str
    group: str
    body: Json
    deployment: Deployment | None = None
    managed: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    detached: list[str] = field(default_factory=list)
    failed: list[Json] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Id of the stack."""
        group = ids.group_id(SUBSCRIPTION, self.group)
        return f"{group}/providers/Microsoft.Resources/deploymentStacks/{self.name}"

    @property
    def state(self) -> str:
        """State of the stack, lower-cased as recordings show it."""
        running = self.deployment.state if self.deployment else "Succeeded"
        return {"Running": "deploying"}.get(running, running.lower())


class Stacks:
    """All stacks, by resource group and name."""

    def __init__(self, state: State, deployments: Deployments, operations: Operations) -> None:
        self._state = state
        self._deployments = deployments
        self._operations = operations
        self.all: dict[tuple[str, str], Stack] = {}

    def several(self, group: str) -> Response:
        """Answer the list of the stacks of a resource group."""
        self._state.group(group)
        found = [stack for (where, _), stack in sorted(self.all.items()) if where == group.lower()]
        return answer({"value": [_described(stack) for stack in found]})

    def answer(self, group: str, name: str, action: str, request: Request) -> Response:
        """Answer a request for one stack."""
        with self._state.lock:
            self._state.group(group)
            verb = {"GET": "read", "DELETE": "delete"}.get(request.method, "write")
            scope = ids.group_id(SUBSCRIPTION, group)
            self._state.permit(f"Microsoft.Resources/deploymentStacks/{verb}", scope)
        if request.method == "GET":
            return answer(_described(self._find(group, name)))
        if request.method == "DELETE":
            delete = request.args.get("unmanageAction.Resources") == "delete"
            return self._delete(self._find(group, name), delete)
        body = read_body(request.get_data(as_text=True))
        before = self.all.get((group.lower(), name.lower()))
        if before is not None and before.state == "deploying":
            message = f"The deployment stack '{before.id}' is in the non-terminal state."
            raise ArmError(409, "DeploymentStackInNonTerminalState", message)
        deployment = self._deployments.prepared(group, f"{name}-stack", body)
        if action == "validate":
            validated = {"validatedResources": [{"id": r["id"]} for r in deployment.resources]}
            where = self._operations.start(answer({"properties": validated}))
            return nothing(202, Location=where, Retry_After=FIRST_RETRY_AFTER)
        stack = Stack(name, group, body, deployment, list(before.managed) if before else [])
        self.all[group.lower(), name.lower()] = stack
        self._deployments.start(deployment, lambda: self._settle(stack))
        where = self._operations.start(lambda: self._status(stack), with_status=True)
        return answer(
            _described(stack),
            200 if before else 201,
            Azure_AsyncOperation=where,
            Retry_After=FIRST_RETRY_AFTER,
        )

    def _settle(self, stack: Stack) -> None:
        assert stack.deployment is not None
        wanted = [resource["id"] for resource in stack.deployment.resources]
        known = {resource_id.lower() for resource_id in wanted}
        gone = [resource_id for resource_id in stack.managed if resource_id.lower() not in known]
        if stack.body["properties"]["actionOnUnmanage"]["resources"] == "delete":
            self._remove(stack, gone)
        else:
            stack.detached = gone
        stack.managed = wanted

    def _remove(self, stack: Stack, gone: list[str]) -> None:
        # That a stack may delete a schedule that is enabled is inferred.
        for resource_id in reversed(gone):
            try:
                self._state.unlocked(resource_id, "delete")
            except ArmError as error:
                stack.failed.append({"id": resource_id, "error": error.error})
            else:
                self._state.remove(resource_id)
                stack.deleted.append(resource_id)

    def _status(self, stack: Stack) -> Response | None:
        if stack.state == "deploying":
            return None
        status: Json = {"id": stack.id, "name": stack.name, "status": stack.state}
        if stack.deployment is not None and stack.deployment.error:
            status["error"] = _failure(stack.deployment.error)
        return answer(status)

    def _delete(self, stack: Stack, delete: bool) -> Response:
        with self._state.lock:
            if delete:
                self._remove(stack, stack.managed)
            del self.all[stack.group.lower(), stack.name.lower()]
        return nothing(200)

    def _find(self, group: str, name: str) -> Stack:
        found = self.all.get((group.lower(), name.lower()))
        if found is None:
            stack = Stack(name, group, {})
            message = f"The deployment stack '{stack.id}' could not be found."
            raise ArmError(404, "DeploymentStackResourceNotFound", message)
        return found


def _failure(error: Json) -> Json:
    return {
        "code": "DeploymentStackDeploymentFailed",
        "message": "One or more resources could not be deployed. Correlation id: 'inferred'.",
        "details": [error],
    }


def _described(stack: Stack) -> Json:
    sent = stack.body["properties"]
    properties: Json = {
        "provisioningState": stack.state,
        "actionOnUnmanage": sent["actionOnUnmanage"],
        "denySettings": sent["denySettings"],
        "deploymentId": stack.deployment.id if stack.deployment else None,
        "resources": [
            {"id": resource_id, "status": "managed", "denyStatus": "none"}
            for resource_id in stack.managed
        ],
        "failedResources": stack.failed,
        "deletedResources": [{"id": resource_id} for resource_id in stack.deleted],
        "detachedResources": [{"id": resource_id} for resource_id in stack.detached],
    }
    if stack.deployment is not None and stack.deployment.error:
        properties["error"] = _failure(stack.deployment.error)
    return {
        "id": stack.id,
        "name": stack.name,
        "type": "Microsoft.Resources/deploymentStacks",
        "properties": properties,
    }
