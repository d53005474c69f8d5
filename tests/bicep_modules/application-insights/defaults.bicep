metadata name = 'application-insights: only what is required'
metadata description = 'Test caller.'

@description('Optional. Azure region.')
param location string = resourceGroup().location

module applicationInsights '../../../bicep/modules/application-insights.bicep' = {
  params: {
    name: 'appi-a'
    location: location
    workspaceName: 'law-a'
  }
}
