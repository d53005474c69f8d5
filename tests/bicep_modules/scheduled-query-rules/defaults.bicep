metadata name = 'scheduled-query-rules: only what is required'
metadata description = 'Test caller.'

@description('Optional. Azure region.')
param location string = resourceGroup().location

module scheduledQueryRules '../../../bicep/modules/scheduled-query-rules.bicep' = {
  params: {
    location: location
    logAnalyticsWorkspaceName: 'law-a'
    rules: [
      {
        name: 'rule-a'
        displayName: 'Rule A'
        description: 'Fires on a row.'
        severity: 0
        enabled: true
        query: 'AppEvents'
        evaluationFrequency: 'PT5M'
        windowSize: 'PT5M'
        timeAggregation: 'Count'
        operator: 'GreaterThan'
        threshold: '0'
        numberOfEvaluationPeriods: 1
        minFailingPeriodsToAlert: 1
        autoMitigate: true
        actionGroups: []
      }
    ]
  }
}
