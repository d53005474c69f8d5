"""Which resources in Azure are this project's own: the one table that decides it.

A resource that is not `OURS` is never changed or deleted, whatever its name.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from deployment.places import (
    MACHINE_LEARNING_API,
    component_id,
    log_analytics_id,
    machine_learning_id,
)
from deployment.resource_id import key, parse
from generator import conventions
from generator.fleet import Fleet

Json = Mapping[str, Any]

SAVED_SEARCH_CATEGORY: Final = "Model monitoring"
SAVED_SEARCH_NOTICE: Final = "// Generated from kql/queries/"
DIAGNOSTIC_SETTING: Final = "mlmon"
ROLES: Final = {
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "73c42c96-874c-492b-b04d-ab87d138a893": "Log Analytics Reader",
}
"""What bicep/modules/role-assignments.bicep assigns."""

# Namespace of the function guid() of ARM and Bicep, which joins its arguments with hyphens. Not
# documented; a test holds it to what the Bicep CLI computes.
_GUID_NAMESPACE: Final = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")


class Belonging(Enum):
    """Whose a resource is."""

    OURS = "ours"
    UNDECIDABLE = "undecidable"
    """Nothing in it tells whether this project made it: a person has to decide."""
    FOREIGN = "foreign"


class Leaving(Enum):
    """What becomes of a resource of ours that is no longer rendered."""

    DELETED = "deleted"
    DISABLED_THEN_DELETED = "disabled, then deleted"
    LISTED = "listed, never deleted"


@dataclass(frozen=True, slots=True)
class Ownership:
    """How resources of one type are told apart from those of others."""

    type: str
    """As Azure's reference writes it."""
    api_version: str
    """With which it is read and deleted; the rendered one."""
    belonging: Callable[[Json, Fleet], Belonging]
    ours: str
    """What makes one ours, in words."""
    leaving: Leaving
    untouched: str
    """What is never touched, and why."""


def ownership_of(resource_id: str) -> Ownership | None:
    """Find the row of a resource's type; None for a type that this project does not render."""
    return _BY_TYPE.get(parse(resource_id).type)


def belonging(resource: Json, fleet: Fleet) -> Belonging:
    """Tell whose a resource is.

    Args:
        resource: as Azure answers it: `id`, `tags` and, for the types without resource tags,
            `properties`.
        fleet: the environment that asks; resources of another environment are foreign.
    """
    row = ownership_of(resource["id"])
    if row is None:
        # Tagged as ours and of a type that is never rendered: somebody copied the tags.
        return Belonging.UNDECIDABLE if _is_tagged(resource, fleet) else Belonging.FOREIGN
    return row.belonging(resource, fleet)


def is_ours(resource: Json, fleet: Fleet) -> bool:
    """Tell whether a resource, as Azure answers it, is one that this environment deployed."""
    return belonging(resource, fleet) is Belonging.OURS


def _is_tagged(resource: Json, fleet: Fleet) -> bool:
    return has_our_tags(resource.get("tags"), fleet)


def has_our_tags(tags: Mapping[str, str] | None, fleet: Fleet) -> bool:
    """Compare tags as Azure does: it ignores case in their names, not in their values."""
    found = {name.casefold(): value for name, value in (tags or {}).items()}
    return (found.get("managed-by"), found.get("environment")) == (
        conventions.MANAGED_BY,
        fleet.name,
    )


def _is_of_group(tags: Mapping[str, str], fleet: Fleet) -> bool:
    """Tell environments of one name apart that share an Azure ML workspace."""
    found = {name.casefold(): value for name, value in tags.items()}.get("resource_group", "")
    return found.casefold() == fleet.environment.resource_group.casefold()


def _by_tags(resource: Json, fleet: Fleet) -> Belonging:
    return Belonging.OURS if _is_tagged(resource, fleet) else Belonging.FOREIGN


def _workbook(resource: Json, fleet: Fleet) -> Belonging:
    """A copy that somebody saved may carry our tags, and never a name that Bicep derived."""
    if not _is_tagged(resource, fleet):
        return Belonging.FOREIGN
    is_derived = _is_derived(parse(resource["id"]).name)
    return Belonging.OURS if is_derived else Belonging.UNDECIDABLE


def _schedule(resource: Json, fleet: Fleet) -> Belonging:
    properties = resource.get("properties") or {}
    tags: Mapping[str, str] = properties.get("tags") or {}
    circuit = (tags.get("plant_id", ""), tags.get("circuit_id", ""))
    names = {
        conventions.monitor_name(*circuit),
        conventions.performance_monitor_name(*circuit),
    }
    is_monitor = (properties.get("action") or {}).get("actionType") == "CreateMonitor"
    is_ours = (
        all(circuit)
        and is_monitor
        and parse(resource["id"]).name.casefold() in names
        and has_our_tags(tags, fleet)
        and _is_of_group(tags, fleet)
    )
    return Belonging.OURS if is_ours else Belonging.FOREIGN


def _saved_search(resource: Json, fleet: Fleet) -> Belonging:
    properties = resource.get("properties") or {}
    if properties.get("category") != SAVED_SEARCH_CATEGORY:
        return Belonging.FOREIGN
    is_generated = str(properties.get("query", "")).startswith(SAVED_SEARCH_NOTICE)
    return Belonging.OURS if is_generated else Belonging.UNDECIDABLE


def _diagnostic_setting(resource: Json, fleet: Fleet) -> Belonging:
    wanted = parse(resource["id"])
    subscription = _subscription(resource["id"])
    extends = machine_learning_id(fleet, subscription)
    target = str((resource.get("properties") or {}).get("workspaceId") or "")
    is_ours = (
        wanted.name.casefold() == DIAGNOSTIC_SETTING
        and key(wanted.scope) == key(extends)
        # The workspace of logs may be in another subscription than the one that sends them.
        and key(target).endswith(key(log_analytics_id(fleet, "")))
    )
    return Belonging.OURS if is_ours else Belonging.FOREIGN


def _role_assignment(resource: Json, fleet: Fleet) -> Belonging:
    properties = resource.get("properties") or {}
    subscription = _subscription(resource["id"])
    scope = key(parse(resource["id"]).scope)
    ours = (component_id(fleet, subscription), log_analytics_id(fleet, subscription))
    spelled = next((s for s in ours if key(s) == scope), None)
    role = str(properties.get("roleDefinitionId", "")).rsplit("/", 1)[-1].casefold()
    if spelled is None or role not in ROLES:
        return Belonging.FOREIGN
    definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    name = parse(resource["id"]).name.casefold()
    if name == guid(spelled, str(properties.get("principalId", "")), definition):
        return Belonging.OURS
    return Belonging.UNDECIDABLE if _is_derived(name) else Belonging.FOREIGN


def _is_derived(name: str) -> bool:
    """Tell whether a GUID was derived from something, as Bicep's are, not drawn at random."""
    try:
        return uuid.UUID(name).version == 5
    except ValueError:
        return False


def guid(*parts: str) -> str:
    """Compute what Bicep's function `guid` makes of texts."""
    return str(uuid.uuid5(_GUID_NAMESPACE, "-".join(parts)))


def _table(resource: Json, fleet: Fleet) -> Belonging:
    """A table has a retention of its own unless it says that it follows the workspace's.

    `retentionInDaysAsDefault` and `totalRetentionInDaysAsDefault` are in the API's schema of a
    table; who set a retention is nowhere.
    """
    properties = resource.get("properties") or {}
    names = ("retentionInDaysAsDefault", "totalRetentionInDaysAsDefault")
    is_set = any(properties.get(name) is False for name in names)
    return Belonging.UNDECIDABLE if is_set else Belonging.FOREIGN


def _subscription(resource_id: str) -> str:
    return "/".join(resource_id.split("/")[:3])


_TAGGED: Final = "tags `managed-by: mlmon` and `environment: ENV`"
_OF_OTHERS: Final = "any without both tags, or of another environment"

TABLE: Final[tuple[Ownership, ...]] = (
    Ownership(
        "Microsoft.MachineLearningServices/workspaces/schedules",
        MACHINE_LEARNING_API,
        _schedule,
        "a monitor whose `properties.tags` have both tags, the environment's `resource_group`, and "
        "a plant and circuit that make its name `monitor-PLANT-CIRCUIT`, with `-performance` "
        "behind it or not",
        Leaving.DISABLED_THEN_DELETED,
        "schedules of jobs and pipelines, monitors that people made, those of other environments, "
        "also of one of the same name in another resource group",
    ),
    Ownership(
        "Microsoft.Insights/scheduledQueryRules",
        "2023-12-01",
        _by_tags,
        _TAGGED,
        Leaving.DELETED,
        _OF_OTHERS,
    ),
    Ownership(
        "Microsoft.AlertsManagement/smartDetectorAlertRules",
        "2021-04-01",
        _by_tags,
        _TAGGED,
        Leaving.DELETED,
        "the Failure Anomalies rule that Azure itself creates: it has no tags",
    ),
    Ownership(
        "Microsoft.AlertsManagement/actionRules",
        "2021-08-08",
        _by_tags,
        _TAGGED,
        Leaving.DELETED,
        _OF_OTHERS,
    ),
    Ownership(
        "Microsoft.Insights/diagnosticSettings",
        "2021-05-01-preview",
        _diagnostic_setting,
        "the setting `mlmon` of the Azure ML workspace that sends to the environment's Log "
        "Analytics workspace",
        Leaving.DELETED,
        "settings of other names, and one of that name that sends elsewhere",
    ),
    Ownership(
        "Microsoft.OperationalInsights/workspaces/savedSearches",
        "2025-07-01",
        _saved_search,
        "in the environment's workspace, of the category `Model monitoring`, with a query that "
        "begins with the notice of its file",
        Leaving.DELETED,
        "other categories; a query of ours that somebody rewrote is listed",
    ),
    Ownership(
        "Microsoft.Insights/workbooks",
        "2023-06-01",
        _workbook,
        f"{_TAGGED}, and a name that Bicep derived",
        Leaving.DELETED,
        "copies that people saved; one that carries our tags is listed",
    ),
    Ownership(
        "Microsoft.Authorization/roleAssignments",
        "2022-04-01",
        _role_assignment,
        "on the component or the Log Analytics workspace, with the name that Bicep derives from "
        "scope, principal and role",
        Leaving.DELETED,
        "other scopes, inherited ones, other roles, and names drawn at random, as the portal does; "
        "another derived name is listed",
    ),
    Ownership(
        "Microsoft.Insights/actionGroups",
        "2023-01-01",
        _by_tags,
        _TAGGED,
        Leaving.DELETED,
        "any without both tags; one that an alert or processing rule of the resource group still "
        "names is kept",
    ),
    Ownership(
        "Microsoft.OperationalInsights/workspaces/tables",
        "2025-07-01",
        _table,
        "nothing tells who set a table's retention",
        Leaving.LISTED,
        "tables and their rows; a retention that is not rendered is listed",
    ),
    Ownership(
        "Microsoft.Insights/components",
        "2020-02-02",
        _by_tags,
        _TAGGED,
        Leaving.LISTED,
        "every component: it is where telemetry arrives",
    ),
    Ownership(
        "Microsoft.OperationalInsights/workspaces",
        "2025-07-01",
        _by_tags,
        _TAGGED,
        Leaving.LISTED,
        "every workspace: it holds data",
    ),
)
"""In the order in which they are deleted: what costs or pages first, and action groups after the
rules that name them."""

_BY_TYPE: Final = {row.type.lower(): row for row in TABLE}
