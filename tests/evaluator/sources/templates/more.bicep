param name string
param count int

resource rule 'Microsoft.Insights/scheduledQueryRules@2021-08-01' = [
  for index in range(1, count): {
    name: '${name}-${index}'
    location: resourceGroup().location
    properties: {
      severity: 0
      scopes: [resourceGroup().id]
      evaluationFrequency: 'PT1H'
      windowSize: 'PT1H'
      criteria: {
        allOf: [
          { query: 'Heartbeat | where Computer == "${index}"', timeAggregation: 'Count', operator: 'LessThan', threshold: index }
        ]
      }
    }
  }
]
