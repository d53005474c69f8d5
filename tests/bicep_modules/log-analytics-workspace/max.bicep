metadata name = 'log-analytics-workspace: everything'
metadata description = 'Test caller.'

@description('Optional. Azure region.')
param location string = resourceGroup().location

module logAnalyticsWorkspace '../../../bicep/modules/log-analytics-workspace.bicep' = {
  params: {
    name: 'law-7'
    location: location
    tags: { team: 'forecast', 'cost-center': '4711' }
    retentionInDays: 730
    dailyQuotaGb: '0.023'
    tables: [
      { name: 'AppMetrics', retentionInDays: 91, totalRetentionInDays: 366 }
      { name: 'AppEvents', retentionInDays: 4, totalRetentionInDays: 4383 }
    ]
    accessMode: 'Workspace'
    disableLocalAuth: false
    publicNetworkAccessForIngestion: 'SecuredByPerimeter'
    publicNetworkAccessForQuery: 'Disabled'
    savedSearches: [
      {
        name: 'drift-by-circuit'
        displayName: 'Drift by circuit, it\'s 7 days'
        category: 'MLOps'
        query: 'AppEvents\n| where Name == "data_drift_detected" // \${name}'
      }
    ]
  }
}
