"""What Resource Manager and the services behind it refuse."""

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

from tests.azure import ids
from tests.azure.expansion import Expander
from tests.azure.ids import ResourceId
from tests.azure.state import State
from tests.azure.wire import ArmError, Json

_TABLE: Final = re.compile(r"\b(App[A-Z]\w+|Aml[A-Z]\w+|Azure[A-Z]\w+|_LogOperation|\w+_CL)\b")
_COMMENT: Final = re.compile(r"//[^\n]*")


def before_deployment(state: State, resources: Iterable[Json], deployment: str) -> None:
    """Refuse what Resource Manager itself refuses before it starts a deployment.

    Raises:
        ArmError: a resource group is not there, a provider is not registered, the caller may not
            write a resource, or a lock forbids it.
    """
    denied = []
    for resource in resources:
        wanted = ids.parse(resource["id"])
        state.group(wanted.group)
        _registered(state, wanted)
        state.unlocked(wanted.text, "write")
        try:
            state.permit(f"{wanted.type}/write", wanted.text)
        except ArmError as error:
            denied.append(error.error)
    if denied:
        message = (
            f"Deployment failed with multiple errors: 'Authorization failed for template resource' "
            f"of '{deployment}': {denied[0]['message']}"
        )
        raise ArmError(403, "InvalidTemplateDeployment", message, denied)


def types(expander: Expander, resources: list[Json]) -> dict[str, ArmError]:
    """What the services do not know or do not find in each resource, by its id.

    The wording is that of the Bicep types; each service has one of its own.
    """
    return {
        resource_id: ArmError(400, "BadRequest", f"The request had some invalid properties: {why}")
        for resource_id, problems in expander.unknown(resources).items()
        for why in [" ".join(problems)]
    }


def on_write(state: State, resource: Json) -> None:
    """Refuse what a service refuses when a resource is written.

    Raises:
        ArmError: with the service's own error.
    """
    wanted = ids.parse(resource["id"])
    for pattern, error in state.failing:
        if fnmatchcase(wanted.key, pattern.lower()):
            raise ArmError(400, error["code"], error["message"])
    match wanted.type.lower():
        case "microsoft.insights/scheduledqueryrules":
            _query_rule(state, resource["properties"])
        case "microsoft.machinelearningservices/workspaces/schedules":
            _exists(state, wanted.parent, "Workspace")
        case "microsoft.operationalinsights/workspaces/tables" | (
            "microsoft.operationalinsights/workspaces/savedsearches"
        ):
            _exists(state, wanted.parent, "Workspace")
        case "microsoft.insights/components":
            workspace = resource["properties"].get("WorkspaceResourceId")
            if workspace:
                _exists(state, workspace, "Workspace")
        case "microsoft.insights/diagnosticsettings":
            _exists(state, wanted.scope, "Resource")
            _exists(state, resource["properties"]["workspaceId"], "Workspace")
        case "microsoft.authorization/roleassignments":
            if "/providers/" in wanted.scope:
                _exists(state, wanted.scope, "Resource")


def on_delete(state: State, resource_id: str) -> None:
    """Refuse to delete what may not go.

    Raises:
        ArmError: the resource is locked, or is a schedule that still runs (inferred).
    """
    state.unlocked(resource_id, "delete")
    stored = state.resources.get(resource_id.lower())
    if (
        stored is not None
        and stored.id.type.lower() == "microsoft.machinelearningservices/workspaces/schedules"
        and stored.body["properties"]["isEnabled"]
    ):
        message = f"Schedule {stored.id.name} is enabled; disable it before you delete it."
        raise ArmError(409, "UserError", message)


def _registered(state: State, wanted: ResourceId) -> None:
    namespace = wanted.type.split("/")[0]
    if namespace.lower() in state.unregistered:
        message = (
            f"The subscription is not registered to use namespace '{namespace}'. See "
            "https://aka.ms/rps-not-found for how to register subscriptions."
        )
        details = [{"code": "MissingSubscriptionRegistration", "message": message}]
        raise ArmError(409, "MissingSubscriptionRegistration", message, details, namespace)


def _query_rule(state: State, properties: Json) -> None:
    for scope in properties["scopes"]:
        if "/providers/" in scope:
            _exists(state, scope, "Scope")
    for group in properties.get("actions", {}).get("actionGroups", []):
        _exists(state, group, "Action group")
    if properties.get("skipQueryValidation") or state.tables_with_data is None:
        return
    for condition in properties["criteria"]["allOf"]:
        query = _COMMENT.sub("", condition["query"])
        for table in dict.fromkeys(_TABLE.findall(query)):
            if table not in state.tables_with_data:
                raise _no_such_table(table)


def _no_such_table(table: str) -> ArmError:
    """As users quote it: https://github.com/mspnp/aks-baseline-multi-region/issues/13."""
    error = ArmError(400, "BadArgumentError", "The request had some invalid properties")
    error.error["innererror"] = {
        "code": "SemanticError",
        "message": "A semantic error occurred.",
        "innererror": {
            "code": "SEM0100",
            "message": "'where' operator: Failed to resolve table or column expression named "
            f"'{table}'",
        },
    }
    return error


def _exists(state: State, resource_id: str, what: str) -> None:
    if resource_id.lower() not in state.resources:
        message = f"{what} '{resource_id}' was not found"  # inferred: each service words it itself
        raise ArmError(404, "ResourceNotFound", message)


def nested(error: ArmError, deployment: str, module: str) -> Json:
    """Wrap a service's error as a deployment reports it: in its module, in JSON, in details."""
    code = {400: "BadRequest", 403: "Forbidden", 404: "NotFound"}.get(error.status, "Conflict")
    inner: Json = {"code": code, "message": json.dumps({"error": error.error}, indent=2)}
    if module:
        inner = {
            "code": "ResourceDeploymentFailure",
            "target": f"{deployment.rpartition('/')[0]}/{module}",
            "message": "The resource write operation failed to complete successfully, because it "
            "reached terminal provisioning state 'Failed'.",
            "details": [failed(f"{deployment.rpartition('/')[0]}/{module}", [inner])],
        }
    return inner


def failed(deployment: str, details: list[Json]) -> Json:
    """The error of a deployment in which something failed."""
    return {
        "code": "DeploymentFailed",
        "target": deployment,
        "message": "At least one resource deployment operation failed. Please list deployment "
        "operations for details. Please see https://aka.ms/arm-deployment-operations for usage "
        "details.",
        "details": details,
    }
