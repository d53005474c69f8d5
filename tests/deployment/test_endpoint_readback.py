"""What the endpoint answers is what recorded traffic shows for the same request.

Bodies are rewritten from the recordings that `tests/azure/readback.py` names, with other names.
Values that Azure makes up (dates, keys, etags) are compared by presence only.
"""

import copy
from typing import Any

import pytest

from tests.azure import readback
from tests.azure.ids import parse
from tests.azure.readback import Write
from tests.azure.wire import Json

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
VOLATILE = {
    *("createdBy", "createdByType", "createdAt", "createdOn", "createdDate", "CreationDate"),
    *("lastModifiedBy", "lastModifiedByType", "lastModifiedAt", "modifiedDate", "updatedOn"),
    *("updatedBy", "timeModified", "lastSkuUpdate", "quotaNextResetTime", "lastPlanModifiedDate"),
    *("customerId", "etag", "AppId", "InstrumentationKey", "ConnectionString", "TenantId"),
    *("userId", "revision"),
}

RULE_CONDITION = {
    "query": "Event",
    "timeAggregation": "Count",
    "dimensions": [],
    "resourceIdColumn": "_ResourceId",
    "operator": "GreaterThan",
    "threshold": 360.0,
    "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
}
RULE = {
    "severity": 2,
    "enabled": True,
    "scopes": [GROUP],
    "evaluationFrequency": "PT5M",
    "windowSize": "PT5M",
    "criteria": {"allOf": [RULE_CONDITION]},
    "checkWorkspaceAlertsStorageConfigured": False,
    "skipQueryValidation": False,
    "autoMitigate": True,
}
SYSTEM_DATA = dict.fromkeys(
    (
        *("createdBy", "createdByType", "createdAt"),
        *("lastModifiedBy", "lastModifiedByType", "lastModifiedAt"),
    ),
    "made up",
)
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/law"
SEARCH = {"category": "cli", "displayName": "s", "functionAlias": "f", "query": "Heartbeat"}
PROCESSING = {
    "scopes": [GROUP],
    "schedule": {"effectiveFrom": "2018-12-09T06:00:00", "timeZone": "UTC"},
    "actions": [{"actionType": "RemoveAllActionGroups"}],
    "enabled": True,
}
ROLE = {"roleDefinitionId": "/r", "principalId": "p", "principalType": "ServicePrincipal"}
DIAGNOSTICS = {"logAnalyticsDestinationType": "Dedicated", "workspaceId": WORKSPACE}
NO_RECEIVERS: Json = {
    f"{kind}Receivers": []
    for kind in (
        *("email", "sms", "webhook", "eventHub", "itsm", "azureAppPush", "automationRunbook"),
        *("voice", "logicApp", "azureFunction", "armRole"),
    )
}
WEBHOOK = {"name": "w", "serviceUri": "https://example.com", "useCommonAlertSchema": True}
EMAIL = {"name": "e", "emailAddress": "alice@example.com", "useCommonAlertSchema": True}
COMPONENT = {
    "Application_Type": "web",
    "WorkspaceResourceId": WORKSPACE,
    "IngestionMode": "LogAnalytics",
}

CASES: dict[str, tuple[str, Json, Json]] = {
    "Microsoft.Insights/scheduledQueryRules": (
        f"{GROUP}/providers/Microsoft.Insights/scheduledQueryRules/r",
        {
            "location": "eastus",
            "properties": RULE | {"actions": {"actionGroups": [], "customProperties": {}}},
        },
        {
            "id": f"{GROUP}/providers/microsoft.insights/scheduledqueryrules/r",
            "type": "Microsoft.Insights/scheduledQueryRules",
            "location": "eastus",
            "systemData": SYSTEM_DATA,
            "properties": RULE | {"createdWithApiVersion": "v"},
        },
    ),
    "Microsoft.Insights/actionGroups": (
        f"{GROUP}/providers/Microsoft.Insights/actionGroups/r",
        {
            "location": "Global",
            "properties": {
                "enabled": True,
                "groupShortName": "g",
                "emailReceivers": [EMAIL],
                "webhookReceivers": [WEBHOOK],
            },
        },
        {
            "id": f"{GROUP}/providers/microsoft.insights/actionGroups/r",
            "type": "Microsoft.Insights/ActionGroups",
            "location": "Global",
            "kind": None,
            "tags": None,
            "properties": NO_RECEIVERS
            | {
                "groupShortName": "g",
                "enabled": True,
                "emailReceivers": [EMAIL | {"status": "Enabled"}],
                "webhookReceivers": [
                    WEBHOOK
                    | {
                        "useAadAuth": False,
                        "objectId": None,
                        "identifierUri": None,
                        "tenantId": None,
                    }
                ],
            },
            "identity": None,
        },
    ),
    "Microsoft.OperationalInsights/workspaces": (
        WORKSPACE.replace("law", "r"),
        {
            "location": "westus",
            "properties": {"retentionInDays": 30, "sku": {"name": "PerGB2018"}},
        },
        {
            "id": WORKSPACE.replace("law", "r"),
            "type": "Microsoft.OperationalInsights/workspaces",
            "location": "westus",
            "etag": "made up",
            "properties": {
                "customerId": "made up",
                "provisioningState": "Succeeded",
                "sku": {"name": "PerGB2018", "lastSkuUpdate": "made up"},
                "retentionInDays": 30,
                "features": {
                    "legacy": 0,
                    "searchVersion": 1,
                    "enableLogAccessUsingOnlyResourcePermissions": True,
                },
                "workspaceCapping": {
                    "dailyQuotaGb": -1.0,
                    "quotaNextResetTime": "made up",
                    "dataIngestionStatus": "RespectQuota",
                },
                "publicNetworkAccessForIngestion": "Enabled",
                "publicNetworkAccessForQuery": "Enabled",
                "createdDate": "made up",
                "modifiedDate": "made up",
            },
        },
    ),
    "Microsoft.OperationalInsights/workspaces/savedSearches": (
        f"{WORKSPACE}/savedSearches/r",
        {"properties": SEARCH},
        {
            "id": f"{WORKSPACE}/savedSearches/r",
            "type": "Microsoft.OperationalInsights/savedSearches",
            "etag": "made up",
            "properties": SEARCH | {"version": 2},
        },
    ),
    "Microsoft.Insights/components": (
        f"{GROUP}/providers/Microsoft.Insights/components/r",
        {"location": "westus", "kind": "web", "tags": {}, "properties": COMPONENT},
        {
            "id": f"{GROUP}/providers/microsoft.insights/components/r",
            "type": "microsoft.insights/components",
            "location": "westus",
            "kind": "web",
            "tags": {},
            "etag": "made up",
            "properties": COMPONENT
            | {
                "ApplicationId": "r",
                "AppId": "made up",
                "Flow_Type": "Bluefield",
                "Request_Source": "rest",
                "InstrumentationKey": "made up",
                "ConnectionString": "made up",
                "Name": "r",
                "CreationDate": "made up",
                "TenantId": "made up",
                "provisioningState": "Succeeded",
                "SamplingPercentage": None,
                "RetentionInDays": 90,
                "publicNetworkAccessForIngestion": "Enabled",
                "publicNetworkAccessForQuery": "Enabled",
                "Ver": "v2",
            },
        },
    ),
    "Microsoft.Insights/workbooks": (
        f"{GROUP}/providers/Microsoft.Insights/workbooks/r",
        {
            "location": "westus",
            "kind": "shared",
            "properties": {"category": "workbook", "displayName": "b", "serializedData": "d"},
        },
        {
            "id": f"{GROUP.replace('resourceGroups', 'resourcegroups')}"
            "/providers/microsoft.insights/workbooks/r",
            "type": None,
            "location": "westus",
            "kind": "shared",
            "tags": {"hidden-title": "b"},
            "etag": "made up",
            "properties": {
                "displayName": "b",
                "serializedData": "d",
                "version": None,
                "category": "workbook",
                "userId": "made up",
                "sourceId": None,
                "timeModified": "made up",
                "tags": None,
                "storageUri": None,
                "revision": "made up",
            },
        },
    ),
    "Microsoft.Insights/diagnosticSettings": (
        f"{WORKSPACE}/providers/Microsoft.Insights/diagnosticSettings/r",
        {"properties": DIAGNOSTICS},
        {
            "id": f"{WORKSPACE.lower()}/providers/microsoft.insights/diagnosticSettings/r",
            "type": "Microsoft.Insights/diagnosticSettings",
            "location": None,
            "kind": None,
            "tags": None,
            "properties": DIAGNOSTICS
            | {
                "storageAccountId": None,
                "serviceBusRuleId": None,
                "eventHubAuthorizationRuleId": None,
                "eventHubName": None,
                "metrics": [],
                "logs": [],
            },
            "identity": None,
        },
    ),
    "Microsoft.Authorization/roleAssignments": (
        f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/r",
        {"properties": ROLE},
        {
            "id": f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/r",
            "type": "Microsoft.Authorization/roleAssignments",
            "properties": ROLE
            | {
                "scope": GROUP,
                "condition": None,
                "conditionVersion": None,
                "createdOn": "made up",
                "updatedOn": "made up",
                "createdBy": "made up",
                "updatedBy": "made up",
                "delegatedManagedIdentityResourceId": None,
                "description": None,
            },
        },
    ),
    "Microsoft.AlertsManagement/actionRules": (
        f"{GROUP}/providers/Microsoft.AlertsManagement/actionRules/r",
        {"location": "Global", "properties": PROCESSING},
        {
            "id": f"{GROUP}/providers/Microsoft.AlertsManagement/actionRules/r",
            "type": "Microsoft.AlertsManagement/actionRules",
            "location": "Global",
            "systemData": SYSTEM_DATA,
            "properties": PROCESSING,
        },
    ),
}


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "made up" if key in VOLATILE and item is not None else _stable(item)
            for key, item in value.items()
        }
    return [_stable(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", CASES)
def test_azure_answers_what_was_recorded(kind: str) -> None:
    resource_id, sent, recorded = CASES[kind]
    body = copy.deepcopy(sent) | {"id": resource_id, "apiVersion": "v", "name": "r"}

    answered = readback.as_azure_answers(body, parse(resource_id), None, Write(1, "https://x"))

    assert _stable(answered) == recorded | {"name": "r"}


def test_every_row_is_recorded_or_says_that_it_is_inferred() -> None:
    silent = [
        kind
        for kind, row in readback.ROWS.items()
        if kind not in CASES and "inferred" not in row.source
    ]

    assert silent == []
