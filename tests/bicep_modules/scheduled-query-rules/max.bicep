metadata name = 'scheduled-query-rules: everything'
metadata description = 'Test caller.'

@description('Optional. Azure region.')
param location string = resourceGroup().location

module scheduledQueryRules '../../../bicep/modules/scheduled-query-rules.bicep' = {
  params: {
    location: location
    tags: { team: 'forecast', plant: 'all' }
    logAnalyticsWorkspaceName: 'law-7'
    workbookKey: 'fleet'
    portalUrl: 'https://portal.azure.us'
    skipQueryValidation: true
    userAssignedIdentity: { name: 'id-rules-7', resourceGroupName: 'rg-identities-7' }
    rules: [
      {
        name: 'rule-7'
        displayName: 'Rule 7, it\'s over its limit'
        description: 'Two\nlines, and a \'quote\'.'
        severity: 4
        enabled: false
        query: 'AppMetrics // a comment\n| where Name == \'model_accuracy_mae\''
        evaluationFrequency: 'PT45M'
        windowSize: 'PT3H'
        overrideQueryTimeRange: 'P1D'
        timeAggregation: 'Average'
        metricMeasureColumn: 'exceedance'
        operator: 'LessThanOrEqual'
        threshold: '-0.0375'
        dimensions: [
          { name: 'plant_id', operator: 'Include', values: ['*'] }
          { name: 'circuit_id', operator: 'Exclude', values: ['CIRCUIT01', 'CIRCUIT02'] }
        ]
        numberOfEvaluationPeriods: 5
        minFailingPeriodsToAlert: 3
        autoMitigate: false
        muteActionsDuration: 'P2D'
        actionGroups: ['ag-7', 'ag-8']
        customProperties: { runbook: 'https://example.com/runbooks/7', owner: 'plant-7@example.com' }
        tags: { plant: 'PLANT007' }
      }
      {
        name: 'rule-8'
        displayName: 'Rule 8'
        description: 'Has no optional property.'
        severity: 2
        enabled: true
        query: 'AppEvents'
        evaluationFrequency: 'P1D'
        windowSize: 'P2D'
        timeAggregation: 'Count'
        operator: 'Equal'
        threshold: '17.5'
        numberOfEvaluationPeriods: 1
        minFailingPeriodsToAlert: 1
        autoMitigate: false
        actionGroups: ['ag-7']
      }
    ]
  }
}
