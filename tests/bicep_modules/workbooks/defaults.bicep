metadata name = 'workbooks: only what is required'
metadata description = 'Test caller.'

@description('Optional. Azure region.')
param location string = resourceGroup().location

module workbooks '../../../bicep/modules/workbooks.bicep' = {
  params: {
    location: location
    logAnalyticsWorkspaceName: 'law-A'
    workbooks: [{ key: 'fleet', displayName: 'Fleet', serializedData: string({ version: 'Notebook/1.0', items: [] }) }]
  }
}
