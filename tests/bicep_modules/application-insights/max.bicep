metadata name = 'application-insights: everything'
metadata description = 'Test caller.'

@description('Optional. Azure region.')
param location string = resourceGroup().location

module applicationInsights '../../../bicep/modules/application-insights.bicep' = {
  params: {
    name: 'appi-7'
    location: location
    tags: { team: 'forecast' }
    workspaceName: 'law-7'
    disableLocalAuth: false
    publicNetworkAccessForIngestion: 'Disabled'
    publicNetworkAccessForQuery: 'SecuredByPerimeter'
  }
}
