param prefix string = 'team'
param limits object = {
  errors: { limit: '0.25', minutes: 5, on: true }
  latency: { limit: '1000', minutes: 15, on: true }
  unused: { limit: '1', minutes: 5, on: false }
}
param groupNames array
param description string?

var chosen = filter(items(limits), item => item.value.on)
var queries = {
  errors: '''
AppTraces
| where Message has 'it\'s "broken"' // {0}
| summarize share = avg(1.0) by bin(TimeGenerated, 5m), AppRoleName
'''
  latency: 'AppRequests | where Name == "${prefix}" | project TimeGenerated, AppRoleName, share = DurationMs'
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for (item, index) in chosen: {
    name: '${prefix}-${item.key}'
    location: resourceGroup().location
    properties: {
      displayName: toUpper(item.key)
      description: description ?? 'none'
      severity: index + 1
      enabled: !empty(groupNames)
      scopes: [resourceGroup().id]
      evaluationFrequency: 'PT${item.value.minutes}M'
      windowSize: item.value.minutes < 10 ? 'PT10M' : 'PT30M'
      criteria: {
        allOf: [
          {
            query: queries[item.key]
            timeAggregation: 'Average'
            metricMeasureColumn: 'share'
            operator: 'GreaterThan'
            threshold: any(json(item.value.limit))
            dimensions: [
              for name in ['AppRoleName']: { name: name, operator: 'Include', values: ['*'] }
            ]
            failingPeriods: union({ numberOfEvaluationPeriods: 2 }, { minFailingPeriodsToAlert: length(chosen) })
          }
        ]
      }
      autoMitigate: true
      actions: {
        actionGroups: map(groupNames, name => resourceId('Microsoft.Insights/actionGroups', name))
        customProperties: { owner: prefix, of: replace(item.key, 'r', 'R') }
      }
    }
  }
]

module more 'more.bicep' = if (length(chosen) > 1) {
  name: 'more'
  params: { name: first(groupNames)!, count: 2 }
}
