metadata name = 'Role assignments'
metadata description = 'Lets jobs send telemetry without keys, and rule identities and readers query the workspace.'

@description('Required. Name of the Application Insights component.')
param applicationInsightsName string

@description('Required. Name of the Log Analytics workspace.')
param logAnalyticsWorkspaceName string

@description('Optional. Principals that may send telemetry to the component.')
param metricsPublishers principalType[] = []

@description('Optional. Principals that may query the workspace.')
param logReaders principalType[] = []

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: logAnalyticsWorkspaceName
}

// Source of both ids: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/monitor
var monitoringMetricsPublisherId = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '3913510d-42f4-4e42-8a64-420c390055eb'
)
var logAnalyticsReaderId = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '73c42c96-874c-492b-b04d-ab87d138a893'
)

resource metricsPublisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principal in metricsPublishers: {
    scope: component
    name: guid(component.id, principal.principalId, monitoringMetricsPublisherId)
    properties: {
      principalId: principal.principalId
      principalType: principal.principalType
      roleDefinitionId: monitoringMetricsPublisherId
    }
  }
]

resource logReader 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principal in logReaders: {
    scope: workspace
    name: guid(workspace.id, principal.principalId, logAnalyticsReaderId)
    properties: {
      principalId: principal.principalId
      principalType: principal.principalType
      roleDefinitionId: logAnalyticsReaderId
    }
  }
]

@export()
@sealed()
@description('A principal in Microsoft Entra ID.')
type principalType = {
  @minLength(36)
  @maxLength(36)
  @description('Required. Object id of the principal.')
  principalId: string

  @description('Required. Kind of the principal: saying it keeps a new one from failing before it has replicated.')
  principalType: 'ServicePrincipal' | 'Group' | 'User'
}
