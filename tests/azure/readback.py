"""How Azure answers what it was sent: what it adds, drops and writes in another case.

One row for each resource type, each with its source. CLI and EXT are the recorded traffic of the
repositories Azure/azure-cli (`src/azure-cli/azure/cli/command_modules/*/tests/latest/recordings`)
and Azure/azure-cli-extensions (`src/*/azext_*/tests/latest/recordings`). What no recording shows
is marked as inferred.
"""

import copy
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.azure.ids import ResourceId
from tests.azure.wire import Json

NOW: Final = "2026-11-26T08:00:00.0000000Z"
CREATOR: Final = "99999999-8888-4777-8666-555555555555"


@dataclass(frozen=True, slots=True)
class Write:
    """One writing of a resource: its number, and where the subscription takes telemetry in."""

    number: int
    ingestion: str


Change = Callable[[Json, ResourceId, Write], None]


@dataclass(frozen=True, slots=True)
class Row:
    """How one resource type comes back."""

    type: str | None
    """The type as Azure writes it; None: Azure answers null."""
    namespace: str
    """The type as it stands in the id."""
    change: Change
    source: str
    group_segment: str = "resourceGroups"
    lower_scope: bool = False
    """Whether Azure lower-cases what stands before the type."""
    created_once: tuple[str, ...] = ()
    """Properties that keep their first value when the resource is written again."""


def _query_rule(body: Json, wanted: ResourceId, write: Write) -> None:
    properties = body["properties"]
    properties["createdWithApiVersion"] = body["apiVersion"]
    properties.setdefault("enabled", True)
    properties.setdefault("autoMitigate", True)
    for name in ("checkWorkspaceAlertsStorageConfigured", "skipQueryValidation"):
        properties.setdefault(name, False)
    for condition in properties["criteria"]["allOf"]:
        condition.setdefault("dimensions", [])
        condition["threshold"] = float(condition["threshold"])
    actions = {key: value for key, value in properties.pop("actions", {}).items() if value}
    if actions:
        properties["actions"] = actions
    body["systemData"] = _system_data(body)


_RECEIVERS: Final = (
    "email sms webhook eventHub itsm azureAppPush automationRunbook voice logicApp azureFunction "
    "armRole"
).split()


def _action_group(body: Json, wanted: ResourceId, write: Write) -> None:
    properties = body["properties"]
    for kind in _RECEIVERS:
        properties.setdefault(f"{kind}Receivers", [])
    for kind in ("email", "sms"):
        for receiver in properties[f"{kind}Receivers"]:
            receiver["status"] = "Enabled"
    for receiver in properties["webhookReceivers"]:
        for name in ("objectId", "identifierUri", "tenantId"):
            receiver.setdefault(name, None)
        receiver.setdefault("useAadAuth", False)
    body.setdefault("tags", None)
    body.update(kind=None, identity=None)


def _workspace(body: Json, wanted: ResourceId, write: Write) -> None:
    properties = body["properties"]
    properties["customerId"] = _guid(wanted, "customer")
    properties["provisioningState"] = "Succeeded"
    properties.setdefault("sku", {"name": "PerGB2018"})["lastSkuUpdate"] = NOW
    properties["features"] = {
        "legacy": 0,
        "searchVersion": 1,
        "enableLogAccessUsingOnlyResourcePermissions": True,
    } | properties.get("features", {})
    capping = properties.setdefault("workspaceCapping", {"dailyQuotaGb": -1.0})
    capping["dailyQuotaGb"] = float(capping["dailyQuotaGb"])
    capping.update(quotaNextResetTime=NOW, dataIngestionStatus="RespectQuota")
    for name in ("publicNetworkAccessForIngestion", "publicNetworkAccessForQuery"):
        properties.setdefault(name, "Enabled")
    properties.update(createdDate=NOW, modifiedDate=NOW)
    body["etag"] = _etag(write.number)


def _table(body: Json, wanted: ResourceId, write: Write) -> None:
    properties = body["properties"]
    as_default = {
        f"{name}AsDefault": name not in properties
        for name in ("retentionInDays", "totalRetentionInDays")
    }
    short = properties.setdefault("retentionInDays", 30)
    total = properties.setdefault("totalRetentionInDays", short)
    properties.update(
        lastPlanModifiedDate=NOW,
        archiveRetentionInDays=total - short,
        **as_default,
        schema={
            "name": wanted.name,
            "tableType": "Microsoft",
            "tableSubType": "Any",
            "columns": [],
            "standardColumns": [],
            "solutions": ["LogManagement"],
            "isTroubleshootingAllowed": False,
        },
        provisioningState="Succeeded",
    )
    body["name"] = wanted.name


def _saved_search(body: Json, wanted: ResourceId, write: Write) -> None:
    body["properties"].pop("etag", None)
    body["properties"].setdefault("version", 2)
    body["name"] = wanted.name
    body["etag"] = f"W/\"datetime'{NOW}'\""


def _component(body: Json, wanted: ResourceId, write: Write) -> None:
    properties = body["properties"]
    key, application = _guid(wanted, "key"), _guid(wanted, "application")
    properties.setdefault("Flow_Type", "Bluefield")
    properties.setdefault("Request_Source", "rest")
    properties.setdefault("RetentionInDays", 90)
    for name in ("publicNetworkAccessForIngestion", "publicNetworkAccessForQuery"):
        properties.setdefault(name, "Enabled")
    properties.update(
        ApplicationId=wanted.name,
        AppId=application,
        InstrumentationKey=key,
        ConnectionString=(
            f"InstrumentationKey={key};"
            f"IngestionEndpoint={write.ingestion}/;LiveEndpoint={write.ingestion}/;"
            f"ApplicationId={application}"
        ),
        Name=wanted.name,
        CreationDate=NOW,
        TenantId=wanted.text.split("/")[2],
        provisioningState="Succeeded",
        SamplingPercentage=None,
        Ver="v2",
    )
    body["etag"] = f'"{_etag(write.number)}"'
    body.setdefault("tags", {})


def _workbook(body: Json, wanted: ResourceId, write: Write) -> None:
    properties = body["properties"]
    for name in ("version", "sourceId", "storageUri", "tags"):
        properties.setdefault(name, None)
    properties.update(
        userId=CREATOR, timeModified=NOW, revision=_guid(wanted, str(write.number)).replace("-", "")
    )
    body.setdefault("tags", {})["hidden-title"] = properties["displayName"]
    body["etag"] = f'"{_etag(write.number)}"'


def _smart_detector(body: Json, wanted: ResourceId, write: Write) -> None:
    properties = body["properties"]
    properties["scope"] = [text.lower() for text in properties["scope"]]
    groups = properties["actionGroups"]
    groups["groupIds"] = [text.lower() for text in groups["groupIds"]]
    detector = properties["detector"]
    detector.setdefault("parameters", {})
    detector.update(name="Failure Anomalies", supportedResourceTypes=["ApplicationInsights"])


def _diagnostic_setting(body: Json, wanted: ResourceId, write: Write) -> None:
    properties = body["properties"]
    for name in (
        "storageAccountId",
        "serviceBusRuleId",
        "eventHubAuthorizationRuleId",
        "eventHubName",
    ):
        properties.setdefault(name, None)
    for kind in ("logs", "metrics"):
        for entry in properties.setdefault(kind, []):
            entry.setdefault("retentionPolicy", {"enabled": False, "days": 0})
    body.update(kind=None, location=None, tags=None, identity=None)


def _role_assignment(body: Json, wanted: ResourceId, write: Write) -> None:
    body["properties"].update(
        scope=wanted.scope,
        condition=None,
        conditionVersion=None,
        createdOn=NOW,
        updatedOn=NOW,
        createdBy=CREATOR,
        updatedBy=CREATOR,
        delegatedManagedIdentityResourceId=None,
        description=body["properties"].get("description"),
    )


def _processing_rule(body: Json, wanted: ResourceId, write: Write) -> None:
    body["properties"].setdefault("enabled", True)
    body["systemData"] = _system_data(body)


def _machine_learning_workspace(body: Json, wanted: ResourceId, write: Write) -> None:
    body["properties"]["provisioningState"] = "Succeeded"
    body["systemData"] = _system_data(body)


def _schedule(body: Json, wanted: ResourceId, write: Write) -> None:
    properties = body["properties"]
    properties.setdefault("isEnabled", True)
    properties.setdefault("description", None)
    properties.setdefault("properties", {})
    properties.setdefault("tags", {})
    properties["provisioningState"] = "Succeeded"
    body["name"] = wanted.name
    body["systemData"] = _system_data(body)


def _nothing_known(body: Json, wanted: ResourceId, write: Write) -> None:
    body["name"] = wanted.name


ROWS: Final[dict[str, Row]] = {
    "Microsoft.Insights/scheduledQueryRules": Row(
        "Microsoft.Insights/scheduledQueryRules",
        "microsoft.insights/scheduledqueryrules",
        _query_rule,
        "EXT scheduled-query test_scheduled_query_update_action_group.yaml: id, systemData, "
        "createdWithApiVersion, float threshold; test_scheduled_query.yaml: empty actions dropped",
        created_once=("createdWithApiVersion",),
    ),
    "Microsoft.Insights/actionGroups": Row(
        "Microsoft.Insights/ActionGroups",
        "microsoft.insights/actionGroups",
        _action_group,
        "CLI monitor test_monitor_action_group_basic_scenario.yaml (2022-06-01)",
    ),
    "Microsoft.OperationalInsights/workspaces": Row(
        "Microsoft.OperationalInsights/workspaces",
        "Microsoft.OperationalInsights/workspaces",
        _workspace,
        "EXT application-insights test_component_with_linked_workspace.yaml (2023-09-01)",
        created_once=("customerId", "createdDate"),
    ),
    "Microsoft.OperationalInsights/workspaces/tables": Row(
        None,
        "Microsoft.OperationalInsights/workspaces/tables",
        _table,
        "CLI monitor test_monitor_log_analytics_workspace_table.yaml (no `type` in the answer); "
        "the schema of Azure's own tables is inferred and left without columns",
    ),
    "Microsoft.OperationalInsights/workspaces/savedSearches": Row(
        "Microsoft.OperationalInsights/savedSearches",
        "Microsoft.OperationalInsights/workspaces/savedSearches",
        _saved_search,
        "CLI monitor test_monitor_log_analytics_workspace_saved_search.yaml",
    ),
    "Microsoft.Insights/components": Row(
        "microsoft.insights/components",
        "microsoft.insights/components",
        _component,
        "EXT application-insights test_component_with_linked_workspace.yaml (2020-02-02-preview)",
        created_once=("AppId", "InstrumentationKey", "ConnectionString", "CreationDate"),
    ),
    "Microsoft.Insights/workbooks": Row(
        None,
        "microsoft.insights/workbooks",
        _workbook,
        "EXT application-insights test_appinsights_workbook.yaml (2023-06-01)",
        group_segment="resourcegroups",
    ),
    "Microsoft.AlertsManagement/smartDetectorAlertRules": Row(
        "microsoft.alertsmanagement/smartDetectorAlertRules",
        "microsoft.alertsmanagement/smartDetectorAlertRules",
        _smart_detector,
        "inferred: an exported template and provider code; there is no recording",
    ),
    "Microsoft.Insights/diagnosticSettings": Row(
        "Microsoft.Insights/diagnosticSettings",
        "microsoft.insights/diagnosticSettings",
        _diagnostic_setting,
        "CLI monitor test_monitor_diagnostic_settings_workspace.yaml: lower-cased scope, nulls; "
        "retentionPolicy: https://github.com/Azure/arm-template-whatif/issues/310",
        lower_scope=True,
    ),
    "Microsoft.Authorization/roleAssignments": Row(
        "Microsoft.Authorization/roleAssignments",
        "Microsoft.Authorization/roleAssignments",
        _role_assignment,
        "CLI role test_role_assignment_no_graph.yaml (2022-04-01)",
    ),
    "Microsoft.AlertsManagement/actionRules": Row(
        "Microsoft.AlertsManagement/actionRules",
        "Microsoft.AlertsManagement/actionRules",
        _processing_rule,
        "EXT alertsmanagement test_alertsmanagement_processing_rule.yaml (2021-08-08)",
    ),
    "Microsoft.MachineLearningServices/workspaces": Row(
        "Microsoft.MachineLearningServices/workspaces",
        "Microsoft.MachineLearningServices/workspaces",
        _machine_learning_workspace,
        "inferred from the examples of the API",
    ),
    "Microsoft.MachineLearningServices/workspaces/schedules": Row(
        "Microsoft.MachineLearningServices/workspaces/schedules",
        "Microsoft.MachineLearningServices/workspaces/schedules",
        _schedule,
        "inferred from the examples of the API, which hold placeholders only",
    ),
}
_BY_TYPE: Final = {name.lower(): row for name, row in ROWS.items()}


def as_azure_answers(body: Json, wanted: ResourceId, before: Json | None, write: Write) -> Json:
    """Return what Azure answers to a GET after this body was sent.

    Args:
        body: id, apiVersion and what was sent; it is changed.
        wanted: the id of the resource.
        before: what Azure answered until now, if the resource was there.
        write: this writing.
    """
    row = _BY_TYPE.get(wanted.type.lower())
    (row.change if row else _nothing_known)(body, wanted, write)
    del body["apiVersion"]
    body["id"] = _id(wanted, row)
    body["type"] = row.type if row else wanted.type
    if before is not None and row is not None:
        kept = {k: before["properties"][k] for k in row.created_once if k in before["properties"]}
        body["properties"].update(kept)
    if before is not None and "systemData" in before:
        body["systemData"]["createdAt"] = before["systemData"]["createdAt"]
    if row is not None and row.type is None and row.group_segment == "resourceGroups":
        del body["type"]
    return body


def shown(body: Json, kind: str, query: dict[str, str]) -> Json:
    """Return what one request sees of a resource."""
    seen = copy.deepcopy(body)
    asked = query.get("canFetchContent", "").lower() == "true"
    if kind.lower() == "microsoft.insights/workbooks" and not asked:
        seen["properties"]["serializedData"] = None  # as recorded in test_appinsights_workbook.yaml
    return seen


def _id(wanted: ResourceId, row: Row | None) -> str:
    if row is None:
        return wanted.text
    segments = row.namespace.split("/")
    names = wanted.text[len(wanted.scope) + len("/providers/") :].split("/")[2::2]
    pairs = [part for pair in zip(segments[1:], names, strict=True) for part in pair]
    scope = re.sub("/resourcegroups/", f"/{row.group_segment}/", wanted.scope, flags=re.IGNORECASE)
    if row.lower_scope:
        scope = scope.lower()
    return "/".join([scope, "providers", segments[0], *pairs])


def _system_data(body: Json) -> Json:
    return {
        "createdBy": CREATOR,
        "createdByType": "Application",
        "createdAt": NOW,
        "lastModifiedBy": CREATOR,
        "lastModifiedByType": "Application",
        "lastModifiedAt": NOW,
    }


def _guid(wanted: ResourceId, purpose: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{wanted.key}#{purpose}"))


def _etag(number: int) -> str:
    return f'"{number:08x}-0000-0200-0000-000000000000"'
