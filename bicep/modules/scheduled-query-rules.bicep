metadata name = 'Log search alert rules'
metadata description = 'Alert rules with a fixed threshold on a Log Analytics workspace of the same resource group.'

import {
  evaluationFrequencyType
  muteActionsDurationType
  queryTimeRangeType
  stringMapType
  windowSizeType
} from '../types.bicep'

@description('Required. Azure region of the rules: that of the workspace.')
param location string

@description('Optional. Tags of every rule.')
param tags stringMapType = {}

@description('Required. Name of the Log Analytics workspace that is queried.')
param logAnalyticsWorkspaceName string

@description('Optional. Key of the workbook that an alert links to, as given to the module `workbooks`.')
param workbookKey string?

// Not environment().portal: `bicep snapshot` leaves it unresolved.
@description('Optional. Portal that the link to the workbook opens.')
param portalUrl string = 'https://portal.azure.com'

@description('Optional. Skips the check of the queries: a table does not exist before its first row.')
param skipQueryValidation bool = false

@description('Required. The rules.')
param rules scheduledQueryRuleType[]

@description('Optional. Identity that runs the queries. The default is the rights of whoever deployed last.')
param userAssignedIdentity userAssignedIdentityType?

resource logAnalyticsWorkspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: logAnalyticsWorkspaceName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' existing = {
  name: guid(resourceGroup().id, 'workbook', workbookKey ?? '')
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = if (userAssignedIdentity != null) {
  name: userAssignedIdentity.?name ?? ''
  scope: resourceGroup(userAssignedIdentity.?resourceGroupName ?? resourceGroup().name)
}

var workbookProperties = workbookKey == null ? {} : { workbook: '${portalUrl}/#resource${workbook.id}/workbook' }

// 2023-12-01 has all that a rule with a fixed threshold needs and is the version that the Python SDK reads back, so a
// deployed rule can be compared with its file. Later versions add dynamic thresholds and simple log alerts.
resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for item in rules: {
    name: item.name
    location: location
    tags: { ...tags, ...(item.?tags ?? {}) }
    kind: 'LogAlert'
    identity: userAssignedIdentity == null
      ? null
      : { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
    properties: {
      displayName: item.displayName
      description: item.description
      severity: item.severity
      enabled: item.enabled
      scopes: [logAnalyticsWorkspace.id]
      evaluationFrequency: item.evaluationFrequency
      windowSize: item.windowSize
      ...(item.?overrideQueryTimeRange == null ? {} : { overrideQueryTimeRange: item.?overrideQueryTimeRange })
      criteria: {
        allOf: [
          {
            query: item.query
            timeAggregation: item.timeAggregation
            ...(item.?metricMeasureColumn == null ? {} : { metricMeasureColumn: item.?metricMeasureColumn })
            dimensions: item.?dimensions ?? []
            operator: item.operator
            // Typed int, yet a decimal for the service: json() is the only way to write one.
            threshold: json(item.threshold)
            failingPeriods: {
              numberOfEvaluationPeriods: item.numberOfEvaluationPeriods
              minFailingPeriodsToAlert: item.minFailingPeriodsToAlert
            }
          }
        ]
      }
      // A rule either resolves by itself or mutes its actions: Azure refuses both together, and a mute of zero.
      // Source: https://github.com/Azure/azure-powershell/issues/17796, .../22583
      autoMitigate: item.autoMitigate
      ...(item.?muteActionsDuration == null ? {} : { muteActionsDuration: item.?muteActionsDuration })
      checkWorkspaceAlertsStorageConfigured: false
      skipQueryValidation: skipQueryValidation
      actions: {
        actionGroups: map(item.actionGroups, groupName => resourceId('Microsoft.Insights/actionGroups', groupName))
        customProperties: { ...workbookProperties, ...(item.?customProperties ?? {}) }
      }
    }
  }
]

@description('Names of the rules, in the order given.')
output names string[] = [for (item, index) in rules: rule[index].name]

@export()
@sealed()
@description('One log search alert rule.')
type scheduledQueryRuleType = {
  @minLength(1)
  @maxLength(260)
  @description('Required. Resource name of the rule.')
  name: string

  @description('Required. Title of the rule and of its alerts.')
  displayName: string

  @maxLength(4096)
  @description('Required. What the alert means.')
  description: string

  @description('Required. Severity of the alert, 0 being the most severe.')
  severity: 0 | 1 | 2 | 3 | 4

  @description('Required. Whether the rule runs.')
  enabled: bool

  @description('Required. The query, in KQL.')
  query: string

  @description('Required. How often the rule runs.')
  evaluationFrequency: evaluationFrequencyType

  @description('Required. The period that one evaluation aggregates.')
  windowSize: windowSizeType

  @description('Optional. The period that the query reads. The default is the window times the evaluation periods.')
  overrideQueryTimeRange: queryTimeRangeType?

  @description('Required. How the rows of a window become one number.')
  timeAggregation: 'Average' | 'Count' | 'Maximum' | 'Minimum' | 'Total'

  @description('Conditional. Column that is aggregated. Required if `timeAggregation` is not `Count`, else left out.')
  metricMeasureColumn: string?

  // The API documents `Equals`; the service accepts only `Equal`.
  // Source: https://github.com/Azure/azure-rest-api-specs/issues/22029
  @description('Required. How the number is compared with the threshold.')
  operator: 'Equal' | 'GreaterThan' | 'GreaterThanOrEqual' | 'LessThan' | 'LessThanOrEqual'

  @description('Required. The threshold, a decimal such as `0.25`.')
  threshold: string

  @maxLength(6)
  @description('Optional. Columns that split the result: each combination of values is an alert of its own.')
  dimensions: dimensionType[]?

  @minValue(1)
  @maxValue(6)
  @description('Required. How many windows are looked at.')
  numberOfEvaluationPeriods: int

  @minValue(1)
  @maxValue(6)
  @description('Required. How many of them have to fail.')
  minFailingPeriodsToAlert: int

  @description('Required. Whether an alert resolves by itself. False if `muteActionsDuration` is given.')
  autoMitigate: bool

  @description('Optional. How long the actions stay silent after the rule has fired.')
  muteActionsDuration: muteActionsDurationType?

  @maxLength(5)
  @description('Required. Names of the action groups that are notified.')
  actionGroups: string[]

  @description('Optional. Properties that webhooks and logic apps receive with the alert.')
  customProperties: stringMapType?

  @description('Optional. Tags of this rule, over those of all rules.')
  tags: stringMapType?
}

@export()
@sealed()
@description('A column that splits the result of a query.')
type dimensionType = {
  @description('Required. Name of the column.')
  name: string

  @description('Required. Whether the values are those to keep or those to leave out.')
  operator: 'Include' | 'Exclude'

  @minLength(1)
  @description('Required. The values. `*` is all of them.')
  values: string[]
}

@export()
@sealed()
@description('A user-assigned managed identity.')
type userAssignedIdentityType = {
  @description('Required. Name of the identity.')
  name: string

  @description('Required. Resource group of the identity.')
  resourceGroupName: string
}
