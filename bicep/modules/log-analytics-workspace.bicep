metadata name = 'Log Analytics workspace'
metadata description = 'The workspace that holds all telemetry, the retention of its tables and its saved searches.'

import { publicNetworkAccessType, stringMapType } from '../types.bicep'

@minLength(4)
@maxLength(63)
@description('Required. Name of the workspace.')
param name string

@description('Required. Azure region of the workspace.')
param location string

@description('Optional. Tags of the workspace.')
param tags stringMapType = {}

@minValue(30)
@maxValue(730)
@description('Optional. Days that a table without its own retention keeps its rows.')
param retentionInDays int = 90

@description('Optional. Ingestion that is accepted in a day, in GB, as a decimal such as `0.5`. `-1` is no cap.')
param dailyQuotaGb string = '-1'

@description('Optional. Retention of single tables.')
param tables tableRetentionType[] = []

@description('Optional. `Workspace` makes permissions on the workspace the only way to its rows.')
param accessMode accessModeType = 'ResourceOrWorkspace'

@description('Optional. Refuses shared keys, so that every caller needs Microsoft Entra ID.')
param disableLocalAuth bool = true

@description('Optional. Who may send data from a public network.')
param publicNetworkAccessForIngestion publicNetworkAccessType = 'Enabled'

@description('Optional. Who may query data from a public network.')
param publicNetworkAccessForQuery publicNetworkAccessType = 'Enabled'

@description('Optional. Queries that everybody finds in the workspace.')
param savedSearches savedSearchType[] = []

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionInDays
    workspaceCapping: {
      // Typed int, yet a decimal for the service: json() is the only way to write one.
      // Source: https://github.com/Azure/bicep/issues/1386
      dailyQuotaGb: json(dailyQuotaGb)
    }
    features: {
      enableLogAccessUsingOnlyResourcePermissions: accessMode == 'ResourceOrWorkspace'
      disableLocalAuth: disableLocalAuth
    }
    publicNetworkAccessForIngestion: publicNetworkAccessForIngestion
    publicNetworkAccessForQuery: publicNetworkAccessForQuery
  }
}

// A PUT resets the retention that it leaves out, so both are always sent.
// Source: https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure
resource table 'Microsoft.OperationalInsights/workspaces/tables@2025-07-01' = [
  for item in tables: {
    parent: workspace
    name: item.name
    properties: {
      // Basic and Auxiliary tables can be read by no ordinary alert rule.
      plan: 'Analytics'
      retentionInDays: item.retentionInDays
      totalRetentionInDays: item.totalRetentionInDays
    }
  }
]

// One after the other: all searches stand in one document of the workspace.
@batchSize(1)
resource savedSearch 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-07-01' = [
  for item in savedSearches: {
    parent: workspace
    name: item.name
    properties: {
      category: item.category
      displayName: item.displayName
      query: item.query
      // Without it the second deployment ends in 409 Conflict; the types do not know it.
      // Source: https://github.com/Azure/bicep-types-az/issues/1499
      #disable-next-line BCP037
      etag: '*'
    }
  }
]

@description('Name of the workspace.')
output name string = workspace.name

@description('Resource id of the workspace.')
output resourceId string = workspace.id

@export()
@description('Which permissions open the rows: those on the resource that sent them, or only those on the workspace.')
type accessModeType = 'ResourceOrWorkspace' | 'Workspace'

@export()
@sealed()
@description('Retention of one table.')
type tableRetentionType = {
  @description('Required. Name of the table.')
  name: string

  @minValue(4)
  @maxValue(730)
  @description('Required. Days that rows can be queried interactively.')
  retentionInDays: int

  @minValue(4)
  @maxValue(4383)
  @description('Required. Days that rows are kept in all, long-term retention included.')
  totalRetentionInDays: int
}

@export()
@sealed()
@description('A query that everybody finds in the workspace.')
type savedSearchType = {
  @description('Required. Resource name of the query.')
  name: string

  @description('Required. Title of the query.')
  displayName: string

  @description('Required. Group that the query is listed in.')
  category: string

  @description('Required. The query, in KQL.')
  query: string
}
