metadata name = 'Workbooks'
metadata description = 'Shared workbooks on a Log Analytics workspace of the same resource group.'

import { stringMapType } from '../types.bicep'

@description('Required. Azure region of the workbooks.')
param location string

@description('Optional. Tags of every workbook.')
param tags stringMapType = {}

@description('Required. Name of the Log Analytics workspace that the workbooks belong to.')
param logAnalyticsWorkspaceName string

@description('Required. The workbooks.')
param workbooks workbookType[]

resource logAnalyticsWorkspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: logAnalyticsWorkspaceName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = [
  for item in workbooks: {
    // Azure wants a GUID. This one is the same on every deployment, so a workbook is updated in place.
    name: guid(resourceGroup().id, 'workbook', item.key)
    location: location
    tags: { ...tags, 'hidden-title': item.displayName }
    kind: 'shared'
    properties: {
      displayName: item.displayName
      ...(item.?description == null ? {} : { description: item.?description })
      category: 'workbook'
      // Lower case, as the portal writes it: another spelling is another place in the gallery.
      sourceId: toLower(logAnalyticsWorkspace.id)
      version: 'Notebook/1.0'
      serializedData: item.serializedData
    }
  }
]

@description('Resource ids of the workbooks, in the order given.')
output resourceIds string[] = [for (item, index) in workbooks: workbook[index].id]

@export()
@sealed()
@description('One workbook.')
type workbookType = {
  @description('Required. Key that the resource name is made from; it never changes.')
  key: string

  @description('Required. Title of the workbook.')
  displayName: string

  @description('Optional. What the workbook shows.')
  description: string?

  @description('Required. Content of the workbook, JSON as text.')
  serializedData: string
}
