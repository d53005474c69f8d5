metadata name = 'log-analytics-workspace: only what is required'
metadata description = 'Test caller.'

@description('Optional. Azure region.')
param location string = resourceGroup().location

module logAnalyticsWorkspace '../../../bicep/modules/log-analytics-workspace.bicep' = {
  params: {
    name: 'law-a'
    location: location
  }
}
