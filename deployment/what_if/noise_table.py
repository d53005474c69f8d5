"""The known noise of what-if, for the resource types that are rendered.

Rows from an issue of Azure/arm-template-whatif were reported of what-if; the others follow from
what Azure is known to answer, and are marked as inferred.
"""

from typing import Any, Final

from deployment.what_if.conditions import (
    Condition,
    azure_has,
    no_effect,
    not_answered,
    nothing,
    only_in_azure,
    recased_id,
    same_but_for_case,
    same_region,
    same_role,
    would_get,
)
from deployment.what_if.noise import Noise

_ISSUE: Final = "https://github.com/Azure/arm-template-whatif/issues/"
_LEARN: Final = "https://learn.microsoft.com/"
_REST: Final = _LEARN + "rest/api/"
_RECORDED: Final = (
    "https://github.com/Azure/azure-cli/tree/dev/src/azure-cli/azure/cli/command_modules/monitor/"
    "tests/latest/recordings"
)
_RECORDED_RULES: Final = (
    "https://github.com/Azure/azure-cli-extensions/tree/main/src/scheduled-query/"
    "azext_scheduled_query/tests/latest/recordings"
)

_WORKSPACE: Final = "microsoft.operationalinsights/workspaces"
_TABLE: Final = f"{_WORKSPACE}/tables"
_COMPONENT: Final = "microsoft.insights/components"
_GROUP: Final = "microsoft.insights/actiongroups"
_RULE: Final = "microsoft.insights/scheduledqueryrules"
_DIAGNOSTICS: Final = "microsoft.insights/diagnosticsettings"
_DETECTOR: Final = "microsoft.alertsmanagement/smartdetectoralertrules"
_WORKBOOK: Final = "microsoft.insights/workbooks"
_ROLE: Final = "microsoft.authorization/roleassignments"


def _computed(kind: str, path: str, link: str, noise_id: str) -> Noise:
    reason = "computed by Azure; no template can set it"
    return _row(noise_id, kind, path, only_in_azure, reason, link)


def _default(kind: str, path: str, value: Any, link: str, noise_id: str) -> Noise:
    return _row(noise_id, kind, path, azure_has(value), "a default that Azure fills in", link)


def _row(
    noise_id: str,
    kind: str,
    path: str,
    when: Condition,
    reason: str,
    link: str,
    *,
    blind: bool = False,
) -> Noise:
    reported = link.startswith(_ISSUE) or noise_id == "no-effect"
    return Noise(noise_id, kind, path, when, reason, link, inferred=not reported, blind=blind)


_EVERYWHERE: Final = (
    _row(
        "no-effect",
        "*",
        "**",
        no_effect,
        "Azure says itself that the property is read-only and ignored",
        _LEARN + "azure/azure-resource-manager/templates/deploy-what-if#change-types",
    ),
    _row(
        "id-case",
        "*",
        "**",
        recased_id,
        "ids are the same in every case and their lists in every order, and Azure changes both",
        _LEARN + "azure/azure-resource-manager/management/resource-name-rules",
    ),
    _row(
        "nothing",
        "*",
        "**",
        nothing,
        "null, an empty list, an empty object and no property are the same",
        _RECORDED,
    ),
    _row(
        "region-name",
        "*",
        "location",
        same_region,
        "a region is the same as `eastus` and `East US`, `Global` and `global`",
        _LEARN + "azure/reliability/regions-list",
    ),
    _computed("*", "etag", _RECORDED, "etag"),
    _computed("*", "systemData**", _RECORDED_RULES, "system-data"),
    _computed("*", "properties.provisioningState", _RECORDED, "provisioning-state"),
)

_LOG_ANALYTICS: Final = (
    _computed(_WORKSPACE, "properties.createdDate", _ISSUE + "101", "workspace-created"),
    _computed(_WORKSPACE, "properties.modifiedDate", _RECORDED, "workspace-modified"),
    _computed(_WORKSPACE, "properties.customerId", _RECORDED, "workspace-id"),
    _computed(_WORKSPACE, "properties.features.legacy", _ISSUE + "101", "workspace-legacy"),
    _computed(_WORKSPACE, "properties.features.searchVersion", _RECORDED, "workspace-search"),
    _computed(_WORKSPACE, "properties.sku.lastSkuUpdate", _RECORDED, "workspace-sku-date"),
    _row(
        "workspace-sku-case",
        _WORKSPACE,
        "properties.sku.name",
        same_but_for_case,
        "Azure answers `pergb2018` for `PerGB2018`",
        _ISSUE + "259",
    ),
    _computed(
        _WORKSPACE,
        "properties.workspaceCapping.quotaNextResetTime",
        _RECORDED,
        "workspace-quota-reset",
    ),
    _computed(
        _WORKSPACE,
        "properties.workspaceCapping.dataIngestionStatus",
        _RECORDED,
        "workspace-ingestion-status",
    ),
    _computed(_TABLE, "properties.schema**", _REST + "loganalytics/tables/get", "table-schema"),
    _computed(_TABLE, "properties.archiveRetentionInDays", _RECORDED, "table-archive"),
    _computed(_TABLE, "properties.retentionInDaysAsDefault", _RECORDED, "table-default"),
    _computed(_TABLE, "properties.totalRetentionInDaysAsDefault", _RECORDED, "table-total-default"),
    _computed(_TABLE, "properties.lastPlanModifiedDate", _RECORDED, "table-plan-date"),
    _default(
        f"{_WORKSPACE}/savedsearches",
        "properties.version",
        2,
        "https://github.com/Azure/Azure-Sentinel/pull/4520",
        "saved-search-version",
    ),
    _row(
        "saved-search-etag",
        f"{_WORKSPACE}/savedsearches",
        "properties.etag",
        would_get("*"),
        "an instruction to overwrite, which Azure does not keep",
        "https://github.com/MicrosoftDocs/azure-docs/issues/49275",
    ),
)

_APPLICATION_INSIGHTS: Final = (
    _row(
        "component-flow",
        _COMPONENT,
        "properties.Flow_Type",
        would_get("Bluefield"),
        "a default that Azure adds to what is sent and does not answer",
        _ISSUE + "305",
    ),
    _default(_COMPONENT, "properties.Flow_Type", "Bluefield", _RECORDED, "component-flow-answered"),
    _row(
        "component-source",
        _COMPONENT,
        "properties.Request_Source",
        would_get("rest"),
        "a default that Azure adds to what is sent and does not answer",
        _ISSUE + "305",
    ),
    _default(
        _COMPONENT, "properties.Request_Source", "rest", _RECORDED, "component-source-answered"
    ),
    _computed(_COMPONENT, "properties.Ver", _ISSUE + "48", "component-version"),
    _default(_COMPONENT, "properties.RetentionInDays", 90, _RECORDED, "component-retention"),
    *(
        _computed(
            _COMPONENT,
            f"properties.{name}",
            _REST + "application-insights/components/get",
            f"component-{name.lower()}",
        )
        for name in (
            "AppId",
            "ApplicationId",
            "ConnectionString",
            "CreationDate",
            "InstrumentationKey",
            "Name",
            "TenantId",
        )
    ),
    _computed(_DETECTOR, "properties.detector.*", _ISSUE + "196", "detector"),
    _computed(
        _DETECTOR,
        "properties.detector.supportedResourceTypes**",
        _ISSUE + "196",
        "detector-resource-types",
    ),
    _computed(_WORKBOOK, "properties.timeModified", _ISSUE + "57", "workbook-modified"),
    _computed(_WORKBOOK, "properties.userId", _ISSUE + "57", "workbook-user"),
    _computed(_WORKBOOK, "properties.revision", _ISSUE + "244", "workbook-revision"),
    _row(
        "workbook-content",
        _WORKBOOK,
        "properties.serializedData",
        not_answered,
        "Azure answers the content of a workbook only if asked for it, and what-if does not ask",
        _ISSUE + "244",
        blind=True,
    ),
)

_ALERTS: Final = (
    _computed(
        _GROUP, "properties.*[*].status", _REST + "monitor/action-groups/get", "receiver-status"
    ),
    _default(
        _GROUP, "properties.webhookReceivers[*].useAadAuth", False, _RECORDED, "receiver-no-entra"
    ),
    _computed(_RULE, "properties.createdWithApiVersion", _RECORDED_RULES, "rule-api-version"),
    _computed(
        _RULE,
        "properties.isLegacyLogAnalyticsRule",
        _REST + "monitor/scheduled-query-rules/get",
        "rule-legacy",
    ),
    _computed(
        _RULE,
        "properties.isWorkspaceAlertsStorageConfigured",
        _REST + "monitor/scheduled-query-rules/get",
        "rule-workspace-storage",
    ),
    _default(
        _RULE,
        "properties.checkWorkspaceAlertsStorageConfigured",
        False,
        _RECORDED_RULES,
        "rule-storage-default",
    ),
    _default(
        _DIAGNOSTICS,
        "properties.*[*].retentionPolicy.days",
        0,
        _ISSUE + "310",
        "diagnostics-retention-days",
    ),
    _default(
        _DIAGNOSTICS,
        "properties.*[*].retentionPolicy.enabled",
        False,
        _ISSUE + "54",
        "diagnostics-retention-enabled",
    ),
    _row(
        "diagnostics-destination",
        _DIAGNOSTICS,
        "properties.logAnalyticsDestinationType",
        not_answered,
        "Azure answers null for some kinds of resources, whatever was sent",
        "https://github.com/Azure/azure-rest-api-specs/issues/22400",
        blind=True,
    ),
)

_ACCESS: Final = (
    _row(
        "role-definition",
        _ROLE,
        "properties.roleDefinitionId",
        same_role,
        "a built-in role has one id with and one without a subscription",
        _ISSUE + "229",
    ),
    *(
        _computed(
            _ROLE,
            f"properties.{name}",
            _REST + "authorization/role-assignments/get",
            f"role-{name.lower()}",
        )
        for name in ("scope", "createdOn", "updatedOn", "createdBy", "updatedBy")
    ),
)

NOISE: Final[tuple[Noise, ...]] = (
    *_EVERYWHERE,
    *_LOG_ANALYTICS,
    *_APPLICATION_INSIGHTS,
    *_ALERTS,
    *_ACCESS,
)
"""The known cases; the first that catches a difference counts."""
