"""Every row of the noise table catches what it is for, and nothing that a deployment changes."""

from typing import Any

import pytest

from deployment.what_if.noise import SECURE, Noise, sift
from deployment.what_if.noise_table import NOISE
from deployment.what_if.reading import PropertyChange, PropertyKind, ResourceChange

GROUP = "/subscriptions/1/resourceGroups/rg/providers"
WORKSPACE = f"{GROUP}/Microsoft.OperationalInsights/workspaces/law"
TABLE = f"{WORKSPACE}/tables/AppMetrics"
SAVED_SEARCH = f"{WORKSPACE}/savedSearches/daily"
COMPONENT = f"{GROUP}/Microsoft.Insights/components/appi"
ACTION_GROUP = f"{GROUP}/Microsoft.Insights/actionGroups/ag"
RULE = f"{GROUP}/Microsoft.Insights/scheduledQueryRules/high-mae"
DIAGNOSTICS = f"{WORKSPACE}/providers/Microsoft.Insights/diagnosticSettings/mlmon"
DETECTOR = f"{GROUP}/microsoft.alertsManagement/smartDetectorAlertRules/Failure Anomalies - appi"
WORKBOOK = f"{GROUP}/Microsoft.Insights/workbooks/2d0df18a"
ROLE = f"{COMPONENT}/providers/Microsoft.Authorization/roleAssignments/1a26"


def only_in_azure(path: str, value: Any) -> PropertyChange:
    return PropertyChange(path, "deleted", value, None)


def only_rendered(path: str, value: Any) -> PropertyChange:
    return PropertyChange(path, "created", None, value)


def changed(path: str, before: Any, after: Any) -> PropertyChange:
    return PropertyChange(path, "changed", before, after)


ROLES = "providers/Microsoft.Authorization/roleDefinitions/3913510d"

EXAMPLES: dict[str, tuple[str, PropertyChange]] = {
    "no-effect": (WORKSPACE, PropertyChange("properties.x", "no effect", 1, 2)),
    "id-case": (RULE, changed("properties.scopes[0]", WORKSPACE.lower(), WORKSPACE)),
    "nothing": (ACTION_GROUP, only_in_azure("properties.webhookReceivers[0].objectId", None)),
    "region-name": (RULE, changed("location", "East US", "eastus")),
    "etag": (COMPONENT, only_in_azure("etag", '"0"')),
    "system-data": (RULE, only_in_azure("systemData.createdBy", "somebody")),
    "provisioning-state": (WORKSPACE, only_in_azure("properties.provisioningState", "Succeeded")),
    "workspace-created": (WORKSPACE, only_in_azure("properties.createdDate", "2026")),
    "workspace-modified": (WORKSPACE, only_in_azure("properties.modifiedDate", "2026")),
    "workspace-id": (WORKSPACE, only_in_azure("properties.customerId", "7a1c")),
    "workspace-legacy": (WORKSPACE, only_in_azure("properties.features.legacy", 0)),
    "workspace-search": (WORKSPACE, only_in_azure("properties.features.searchVersion", 1)),
    "workspace-sku-date": (WORKSPACE, only_in_azure("properties.sku.lastSkuUpdate", "2026")),
    "workspace-sku-case": (WORKSPACE, changed("properties.sku.name", "pergb2018", "PerGB2018")),
    "workspace-quota-reset": (
        WORKSPACE,
        only_in_azure("properties.workspaceCapping.quotaNextResetTime", "2026"),
    ),
    "workspace-ingestion-status": (
        WORKSPACE,
        only_in_azure("properties.workspaceCapping.dataIngestionStatus", "RespectQuota"),
    ),
    "table-schema": (TABLE, only_in_azure("properties.schema.standardColumns[0].name", "TenantId")),
    "table-archive": (TABLE, only_in_azure("properties.archiveRetentionInDays", 640)),
    "table-default": (TABLE, only_in_azure("properties.retentionInDaysAsDefault", False)),
    "table-total-default": (
        TABLE,
        only_in_azure("properties.totalRetentionInDaysAsDefault", False),
    ),
    "table-plan-date": (TABLE, only_in_azure("properties.lastPlanModifiedDate", "2026")),
    "saved-search-version": (SAVED_SEARCH, only_in_azure("properties.version", 2)),
    "saved-search-etag": (SAVED_SEARCH, only_rendered("properties.etag", "*")),
    "component-flow": (COMPONENT, only_rendered("properties.Flow_Type", "Bluefield")),
    "component-flow-answered": (COMPONENT, only_in_azure("properties.Flow_Type", "Bluefield")),
    "component-source": (COMPONENT, only_rendered("properties.Request_Source", "rest")),
    "component-source-answered": (COMPONENT, only_in_azure("properties.Request_Source", "rest")),
    "component-version": (COMPONENT, only_in_azure("properties.Ver", "v2")),
    "component-retention": (COMPONENT, only_in_azure("properties.RetentionInDays", 90)),
    "component-appid": (COMPONENT, only_in_azure("properties.AppId", "1a26")),
    "component-applicationid": (COMPONENT, only_in_azure("properties.ApplicationId", "appi")),
    "component-connectionstring": (COMPONENT, only_in_azure("properties.ConnectionString", "I=1")),
    "component-creationdate": (COMPONENT, only_in_azure("properties.CreationDate", "2026")),
    "component-instrumentationkey": (
        COMPONENT,
        only_in_azure("properties.InstrumentationKey", "1a26"),
    ),
    "component-name": (COMPONENT, only_in_azure("properties.Name", "appi")),
    "component-tenantid": (COMPONENT, only_in_azure("properties.TenantId", "1")),
    "detector": (DETECTOR, only_in_azure("properties.detector.name", "Failure Anomalies")),
    "detector-resource-types": (
        DETECTOR,
        only_in_azure("properties.detector.supportedResourceTypes[0]", "ApplicationInsights"),
    ),
    "workbook-modified": (WORKBOOK, only_in_azure("properties.timeModified", "2026")),
    "workbook-user": (WORKBOOK, only_in_azure("properties.userId", "1a26")),
    "workbook-revision": (WORKBOOK, only_in_azure("properties.revision", "1a26")),
    "workbook-content": (WORKBOOK, changed("properties.serializedData", None, "{}")),
    "receiver-status": (
        ACTION_GROUP,
        only_in_azure("properties.emailReceivers[0].status", "Enabled"),
    ),
    "receiver-no-entra": (
        ACTION_GROUP,
        only_in_azure("properties.webhookReceivers[1].useAadAuth", False),
    ),
    "rule-api-version": (RULE, only_in_azure("properties.createdWithApiVersion", "2023-12-01")),
    "rule-legacy": (RULE, only_in_azure("properties.isLegacyLogAnalyticsRule", False)),
    "rule-workspace-storage": (
        RULE,
        only_in_azure("properties.isWorkspaceAlertsStorageConfigured", False),
    ),
    "rule-storage-default": (
        RULE,
        only_in_azure("properties.checkWorkspaceAlertsStorageConfigured", False),
    ),
    "diagnostics-retention-days": (
        DIAGNOSTICS,
        only_in_azure("properties.logs[2].retentionPolicy.days", 0),
    ),
    "diagnostics-retention-enabled": (
        DIAGNOSTICS,
        only_in_azure("properties.metrics[0].retentionPolicy.enabled", False),
    ),
    "diagnostics-destination": (
        DIAGNOSTICS,
        changed("properties.logAnalyticsDestinationType", None, "Dedicated"),
    ),
    "role-definition": (
        ROLE,
        changed("properties.roleDefinitionId", f"/subscriptions/1/{ROLES}", f"/{ROLES}"),
    ),
    "role-scope": (ROLE, only_in_azure("properties.scope", COMPONENT)),
    "role-createdon": (ROLE, only_in_azure("properties.createdOn", "2026")),
    "role-updatedon": (ROLE, only_in_azure("properties.updatedOn", "2026")),
    "role-createdby": (ROLE, only_in_azure("properties.createdBy", "1a26")),
    "role-updatedby": (ROLE, only_in_azure("properties.updatedBy", "1a26")),
}


def sifted(
    resource: str, *changes: PropertyChange, table: tuple[Noise, ...] = NOISE, secure: str = ""
) -> tuple[ResourceChange, list[str]]:
    change = ResourceChange(resource, "changed", changes, {}, "")
    kept, filtered = sift(change, [secure] if secure else [], table)
    return kept, [f.noise.id for f in filtered]


@pytest.mark.parametrize("name", EXAMPLES)
def test_noise_is_caught_by_its_row_and_by_no_other(name: str) -> None:
    resource, change = EXAMPLES[name]

    kept, caught = sifted(resource, change)

    assert (kept.kind, caught) == ("unchanged", [name])
    without = tuple(noise for noise in NOISE if noise.id != name)
    kept, caught = sifted(resource, change, table=without)
    assert (kept.properties, caught) == ((change,), [])


def test_every_row_has_an_example_and_a_source() -> None:
    assert [noise.id for noise in NOISE if noise.id not in EXAMPLES] == []
    assert len({noise.id for noise in NOISE}) == len(NOISE)
    assert all(noise.link.startswith("https://") and noise.reason for noise in NOISE)


@pytest.mark.parametrize(
    ("resource", "change"),
    [
        (RULE, changed("properties.severity", 2, 3)),
        (RULE, changed("properties.displayName", "high mae", "High MAE")),
        (RULE, changed("properties.scopes[0]", WORKSPACE, f"{WORKSPACE}2")),
        (RULE, changed("location", "westus", "eastus")),
        (RULE, only_in_azure("tags.edited-by", "somebody")),
        (RULE, only_in_azure("properties.checkWorkspaceAlertsStorageConfigured", True)),
        (RULE, only_in_azure("properties.muteActionsDuration", "PT1H")),
        (COMPONENT, only_in_azure("properties.RetentionInDays", 30)),
        (COMPONENT, only_in_azure("properties.Flow_Type", "Redfield")),
        (WORKSPACE, changed("properties.sku.name", "standalone", "PerGB2018")),
        (WORKBOOK, changed("properties.serializedData", "{}", '{"a":1}')),
        (DIAGNOSTICS, only_in_azure("properties.logs[0].retentionPolicy.days", 30)),
        (DIAGNOSTICS, changed("properties.logAnalyticsDestinationType", "AzureDiagnostics", "D")),
        (ACTION_GROUP, only_rendered("properties.webhookReceivers[0].serviceUri", "https://a")),
        (SAVED_SEARCH, only_in_azure("properties.version", 1)),
        (ROLE, changed("properties.roleDefinitionId", f"/{ROLES}", f"/{ROLES}9")),
        (TABLE, changed("properties.totalRetentionInDays", 30, 730)),
    ],
)
def test_a_real_difference_stays(resource: str, change: PropertyChange) -> None:
    kept, caught = sifted(resource, change)

    assert (kept.kind, kept.properties, caught) == ("changed", (change,), [])


@pytest.mark.parametrize(
    ("kind", "before", "after", "caught"),
    [
        ("changed", "https://a?sig=1", "[parameters('secret')]", [SECURE.id]),
        ("created", None, "https://a", []),
        ("deleted", "https://a", None, []),
        ("changed", None, "https://a", []),
    ],
)
def test_a_secret_is_compared_by_presence(
    kind: PropertyKind, before: str | None, after: str | None, caught: list[str]
) -> None:
    for path, secure in (
        ("properties.webhookReceivers[0].serviceUri", ""),
        ("properties.receivers[3].address", "properties.receivers[*].address"),
    ):
        change = PropertyChange(path, kind, before, after)

        assert sifted(ACTION_GROUP, change, secure=secure)[1] == caught


def test_ids_of_a_list_are_paired_whatever_their_order_and_case() -> None:
    path = "properties.actions.actionGroups"
    kept, caught = sifted(
        RULE,
        only_in_azure(f"{path}[0]", ACTION_GROUP.lower()),
        only_rendered(f"{path}[1]", ACTION_GROUP),
    )

    assert (kept.kind, caught) == ("unchanged", ["id-case"])
    kept, caught = sifted(
        RULE,
        only_in_azure(f"{path}[0]", ACTION_GROUP.lower()),
        only_rendered(f"{path}[1]", f"{ACTION_GROUP}2"),
    )
    assert (kept.kind, caught) == ("changed", [])


def test_ids_that_changed_places_are_no_difference() -> None:
    path = "properties.actions.actionGroups"
    one, two, three = (f"{ACTION_GROUP}{n}" for n in "123")

    kept, caught = sifted(
        RULE, changed(f"{path}[0]", one, two), changed(f"{path}[1]", two.lower(), one)
    )
    assert (kept.kind, caught) == ("unchanged", ["id-case", "id-case"])
    kept, _ = sifted(RULE, changed(f"{path}[0]", one, two), changed(f"{path}[1]", two, three))
    assert kept.properties == (changed(f"{path}[1]", one, three),)
    kept, _ = sifted(RULE, changed(f"{path}[0]", one, two), only_in_azure(f"{path}[1]", two))
    assert kept.properties == (only_in_azure(f"{path}[0]", one),)


def test_a_list_is_compared_whole_where_it_stands_whole() -> None:
    path = "properties.actions.actionGroups"
    other = f"{ACTION_GROUP}2"

    kept, caught = sifted(RULE, changed(path, [other, ACTION_GROUP.lower()], [ACTION_GROUP, other]))
    assert (kept.kind, caught) == ("unchanged", ["id-case"])
    kept, caught = sifted(RULE, changed(path, [other], [ACTION_GROUP, other]))
    assert (kept.kind, caught) == ("changed", [])
