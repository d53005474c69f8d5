"""What Azure adds, drops and re-cases: the one table that both sides are compared by.

A property that Azure answers and no row explains is a difference, since somebody may have set it:
a row is written only for what Azure itself does. docs/verify.md shows this table.
"""

from typing import Final

from deployment.verify.rules import Habit, Row, TypeRules

_CLI: Final = (
    "https://github.com/Azure/azure-cli/blob/dev/src/azure-cli/azure/cli/command_modules/"
    "{0}/tests/latest/recordings/{1}.yaml"
)
_EXTENSION: Final = (
    "https://github.com/Azure/azure-cli-extensions/blob/main/src/"
    "{0}/tests/latest/recordings/{1}.yaml"
)
_RULE: Final = _EXTENSION.format(
    "scheduled-query/azext_scheduled_query", "test_scheduled_query_condition_operator"
)
_GROUP: Final = _CLI.format("monitor", "test_monitor_action_group_basic_scenario")
_WORKBOOK: Final = _EXTENSION.format(
    "application-insights/azext_applicationinsights", "test_appinsights_workbook"
)
_COMPONENT: Final = _EXTENSION.format(
    "application-insights/azext_applicationinsights", "test_component_with_linked_workspace"
)
_WORKSPACE: Final = _CLI.format("monitor", "test_monitor_log_analytics_workspace_saved_search")
_TABLE: Final = _CLI.format(
    "monitor", "test_monitor_log_analytics_workspace_table_retention_validation"
)
_SETTING: Final = _CLI.format("monitor", "test_monitor_diagnostic_settings_workspace")
_ROLE: Final = _CLI.format("role", "test_role_assignment_create_using_principal_type")
_SPECS: Final = "https://github.com/Azure/azure-rest-api-specs/blob/main/specification/"
_DETECTOR: Final = (
    f"{_SPECS}alertsmanagement/resource-manager/Microsoft.AlertsManagement/stable/2021-04-01/"
    "examples/SmartDetectorAlertRule_CreateOrUpdate.json"
)
_SCHEDULE: Final = (
    f"{_SPECS}machinelearningservices/resource-manager/Microsoft.MachineLearningServices/stable/"
    "2025-06-01/examples/Schedule/createOrUpdate.json"
)
_IDS: Final = (
    "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules"
)

RULES: Final = "microsoft.insights/scheduledqueryrules"
GROUPS: Final = "microsoft.insights/actiongroups"
WORKBOOKS: Final = "microsoft.insights/workbooks"
COMPONENTS: Final = "microsoft.insights/components"
SETTINGS: Final = "microsoft.insights/diagnosticsettings"
DETECTORS: Final = "microsoft.alertsmanagement/smartdetectoralertrules"
WORKSPACES: Final = "microsoft.operationalinsights/workspaces"
TABLES: Final = "microsoft.operationalinsights/workspaces/tables"
SEARCHES: Final = "microsoft.operationalinsights/workspaces/savedsearches"
SCHEDULES: Final = "microsoft.machinelearningservices/workspaces/schedules"
ROLES: Final = "microsoft.authorization/roleassignments"

_ONLY_READ: Final = "Azure sets it; it cannot be sent."
_DONE: Final = "Azure says whether its own work is done; another value is reported."
_NOW: Final = "A state or a time of Azure's, no configuration."


def _added(
    resource_type: str, prefix: str, names: str, reason: str, source: str, fixture: str
) -> list[Row]:
    return [
        Row(
            f"{fixture}/{name}",
            resource_type,
            f"{prefix}{name}",
            Habit.ADDS,
            reason,
            source,
            fixture,
        )
        for name in names.split()
    ]


def _default(
    resource_type: str, path: str, value: object, reason: str, source: str, fixture: str
) -> Row:
    name = path.replace("[]", "").removeprefix("properties.").replace(".", "-")
    return Row(
        f"{fixture}/{name}", resource_type, path, Habit.DEFAULTS, reason, source, fixture, value
    )


ROWS: Final[tuple[Row, ...]] = (
    Row(
        "any/null",
        "*",
        "**",
        Habit.WRITES_NULL,
        "Several services list every property they know, with null where nothing was sent.",
        _GROUP,
        "action-group",
    ),
    Row(
        "any/empty",
        "*",
        "**",
        Habit.DROPS_EMPTY,
        "`actions` that held nothing were dropped; lists of receivers came back empty.",
        _RULE,
        "alert-rule",
    ),
    Row(
        "any/id-case",
        "*",
        "**",
        Habit.RECASES,
        "Ids are equal without regard to case. Recorded is another case of resources' own ids; "
        "that ids inside of a body may change too is inferred.",
        _IDS,
        "id-case",
        is_inferred=True,
    ),
    Row(
        "any/id-order",
        "*",
        "**",
        Habit.REORDERS,
        "A list of ids, such as the action groups of a rule, is a set.",
        _IDS,
        "id-order",
        is_inferred=True,
    ),
    Row(
        "any/location-case",
        "*",
        "location",
        Habit.RECASES,
        "A region has a name (`eastus`) and a display name (`East US`); case and spaces do not "
        "count.",
        "https://learn.microsoft.com/azure/azure-resource-manager/templates/resource-location",
        "location",
        is_inferred=True,
    ),
    *_added("*", "", "systemData", _ONLY_READ, _RULE, "alert-rule"),
    *_added("*", "", "etag", "Azure's version of the resource.", _WORKBOOK, "workbook"),
    *_added(RULES, "properties.", "createdWithApiVersion", _ONLY_READ, _RULE, "alert-rule"),
    *(
        Row(
            f"alert-rule-read-only/{name}",
            RULES,
            f"properties.{name}",
            Habit.DEFAULTS,
            "Read-only by the type of the rendered version; the recorded version does not answer "
            "it.",
            f"{_SPECS}monitor/resource-manager/Microsoft.Insights/stable/2023-12-01/"
            "scheduledQueryRule_API.json",
            "alert-rule-read-only",
            False,
            is_inferred=True,
        )
        for name in ("isLegacyLogAnalyticsRule", "isWorkspaceAlertsStorageConfigured")
    ),
    Row(
        "alert-rule-read-only/checkWorkspaceAlertsStorageConfigured",
        RULES,
        "properties.checkWorkspaceAlertsStorageConfigured",
        Habit.DEFAULTS,
        "Recorded where it was sent, with this value, which the API names as the default.",
        _RULE,
        "alert-rule-read-only",
        False,
        is_inferred=True,
    ),
    *(
        Row(
            f"alert-rule-identity/{name}",
            RULES,
            f"identity.userAssignedIdentities.*.{name}",
            Habit.ADDS,
            "Azure says what the id of a user-assigned identity stands for.",
            f"{_SPECS}common-types/resource-management/v5/managedidentity.json",
            "alert-rule-identity",
            is_inferred=True,
        )
        for name in ("principalId", "clientId")
    ),
    _default(
        GROUPS,
        "properties.emailReceivers[].status",
        "Enabled",
        "Azure tells whether the receiver confirmed its address or unsubscribed; another value "
        "is reported.",
        _GROUP,
        "action-group",
    ),
    Row(
        "action-group/smsReceivers-status",
        GROUPS,
        "properties.smsReceivers[].status",
        Habit.DEFAULTS,
        "As for e-mail receivers; the type has the same read-only property.",
        f"{_SPECS}monitor/resource-manager/Microsoft.Insights/stable/2023-01-01/"
        "actionGroups_API.json",
        "action-group-sms",
        "Enabled",
        is_inferred=True,
    ),
    _default(
        GROUPS,
        "properties.webhookReceivers[].useAadAuth",
        False,
        "Azure fills in what a plain webhook does not say.",
        _GROUP,
        "action-group-webhook",
    ),
    *_added(
        WORKBOOKS,
        "properties.",
        "userId timeModified revision",
        "Who saved the workbook last, and when.",
        _WORKBOOK,
        "workbook",
    ),
    *_added(
        COMPONENTS,
        "properties.",
        "ApplicationId AppId InstrumentationKey ConnectionString Name CreationDate TenantId Ver",
        _ONLY_READ,
        _COMPONENT,
        "component",
    ),
    _default(
        COMPONENTS, "properties.provisioningState", "Succeeded", _DONE, _COMPONENT, "component"
    ),
    _default(
        COMPONENTS,
        "properties.RetentionInDays",
        90,
        "The workspace decides how long rows are kept; the component repeats its default.",
        _COMPONENT,
        "component",
    ),
    Row(
        "component/Flow_Type",
        COMPONENTS,
        "properties.Flow_Type",
        Habit.DEFAULTS,
        "Recorded where it was sent, with this value, which the API names as the default.",
        _COMPONENT,
        "component",
        "Bluefield",
        is_inferred=True,
    ),
    Row(
        "component/Request_Source",
        COMPONENTS,
        "properties.Request_Source",
        Habit.DEFAULTS,
        "Recorded where it was sent, with this value, which the API names as the default.",
        _COMPONENT,
        "component",
        "rest",
        is_inferred=True,
    ),
    *_added(
        WORKSPACES,
        "properties.",
        "customerId createdDate modifiedDate",
        _ONLY_READ,
        _WORKSPACE,
        "workspace",
    ),
    *_added(WORKSPACES, "properties.sku.", "lastSkuUpdate", _NOW, _WORKSPACE, "workspace"),
    *_added(
        WORKSPACES,
        "properties.workspaceCapping.",
        "quotaNextResetTime dataIngestionStatus",
        _NOW,
        _WORKSPACE,
        "workspace",
    ),
    _default(
        WORKSPACES, "properties.provisioningState", "Succeeded", _DONE, _WORKSPACE, "workspace"
    ),
    _default(
        WORKSPACES,
        "properties.features.legacy",
        0,
        "What the workspace can do, by its age.",
        _WORKSPACE,
        "workspace",
    ),
    _default(
        WORKSPACES,
        "properties.features.searchVersion",
        1,
        "What the workspace can do, by its age.",
        _WORKSPACE,
        "workspace",
    ),
    Row(
        "workspace/sku-case",
        WORKSPACES,
        "properties.sku.name",
        Habit.RECASES,
        "`PerGB2018` was answered as `pergb2018` by API version 2020-03-01-preview.",
        _EXTENSION.format(
            "application-insights/azext_applicationinsights",
            "test_component_with_public_network_access",
        ),
        "workspace-2020",
    ),
    *_added(
        TABLES,
        "properties.",
        "archiveRetentionInDays retentionInDaysAsDefault totalRetentionInDaysAsDefault",
        "Follows from the retention, which is compared.",
        _TABLE,
        "table",
    ),
    *_added(TABLES, "properties.", "lastPlanModifiedDate", _NOW, _TABLE, "table"),
    *_added(
        TABLES,
        "properties.",
        "schema",
        "The columns of a table of Azure's own are Azure's.",
        _TABLE,
        "table",
    ),
    _default(TABLES, "properties.provisioningState", "Succeeded", _DONE, _TABLE, "table"),
    _default(
        SEARCHES,
        "properties.version",
        2,
        "The version of the query language.",
        _WORKSPACE,
        "saved-search",
    ),
    Row(
        "saved-search/etag-sent",
        SEARCHES,
        "properties.etag",
        Habit.DROPS,
        "It is sent so that a second deployment does not end in a conflict; recorded answers have "
        "an etag beside the properties only.",
        "https://github.com/Azure/bicep-types-az/issues/1499",
        "saved-search",
    ),
    *(
        Row(
            f"{fixture}/retentionPolicy-{name}",
            SETTINGS,
            f"properties.{kind}[].retentionPolicy.{name}",
            Habit.DEFAULTS,
            "Retention by a diagnostic setting has ended; recorded is this value where it was "
            "sent.",
            _CLI.format("monitor", "test_monitor_diagnostic_settings_scenario"),
            fixture,
            value,
            is_inferred=True,
        )
        for name, value in (("enabled", False), ("days", 0))
        for kind, fixture in (
            ("logs", "diagnostic-setting"),
            ("metrics", "diagnostic-setting-metrics"),
        )
    ),
    Row(
        "diagnostic-setting/logAnalyticsDestinationType",
        SETTINGS,
        "properties.logAnalyticsDestinationType",
        Habit.DROPS,
        "For some kinds of resources Azure answers null, whatever was sent; another value is "
        "reported.",
        "https://github.com/Azure/azure-rest-api-specs/issues/22400",
        "diagnostic-setting-destination",
    ),
    Row(
        "role-assignment/roleDefinitionId",
        ROLES,
        "properties.roleDefinitionId",
        Habit.UNSCOPES,
        "A built-in role has one id with and one without a subscription.",
        "https://github.com/Azure/arm-template-whatif/issues/229",
        "role-definition",
        is_inferred=True,
    ),
    *_added(
        ROLES,
        "properties.",
        "scope createdOn createdBy updatedOn updatedBy",
        "Who assigned the role, and when; the scope stands in the id.",
        _ROLE,
        "role-assignment",
    ),
    *_added(
        DETECTORS,
        "properties.detector.",
        "name description supportedCadences supportedResourceTypes",
        "What the detector is, which its id names.",
        _DETECTOR,
        "smart-detector",
    ),
    Row(
        "smart-detector/actionGroups",
        DETECTORS,
        "properties.actionGroups",
        Habit.RESHAPES,
        "The API's example answers a list of `{actionGroupId}` for `{groupIds: []}`; its type does "
        "not.",
        _DETECTOR,
        "smart-detector",
        is_inferred=True,
    ),
    _default(SCHEDULES, "properties.provisioningState", "Succeeded", _DONE, _SCHEDULE, "schedule"),
)


def rules_of(resource_type: str) -> TypeRules:
    """Give the rules of a resource type, in any case."""
    return TypeRules(resource_type, ROWS)
