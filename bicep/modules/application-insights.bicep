metadata name = 'Application Insights'
metadata description = 'A component whose telemetry is stored in a Log Analytics workspace of the same resource group.'

import { publicNetworkAccessType, stringMapType } from '../types.bicep'

@minLength(1)
@maxLength(260)
@description('Required. Name of the component.')
param name string

@description('Required. Azure region of the component.')
param location string

@description('Optional. Tags of the component.')
param tags stringMapType = {}

@description('Required. Name of the Log Analytics workspace that stores the telemetry.')
param workspaceName string

@description('Optional. Refuses telemetry that carries only the instrumentation key.')
param disableLocalAuth bool = true

@description('Optional. Who may send telemetry from a public network.')
param publicNetworkAccessForIngestion publicNetworkAccessType = 'Enabled'

@description('Optional. Who may query telemetry from a public network.')
param publicNetworkAccessForQuery publicNetworkAccessType = 'Enabled'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    IngestionMode: 'LogAnalytics'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: disableLocalAuth
    publicNetworkAccessForIngestion: publicNetworkAccessForIngestion
    publicNetworkAccessForQuery: publicNetworkAccessForQuery
  }
}

@description('Name of the component.')
output name string = component.name

@description('Resource id of the component.')
output resourceId string = component.id
