metadata name = 'alert-processing-rules: everything'
metadata description = 'Test caller.'

module alertProcessingRules '../../../bicep/modules/alert-processing-rules.bicep' = {
  params: {
    tags: { team: 'forecast' }
    logAnalyticsWorkspaceName: 'law-7'
    rules: [
      {
        name: 'window-7'
        description: 'PLANT007 is rebuilt.'
        enabled: false
        startTime: '2026-12-31T23:59:59'
        endTime: '2027-01-01T00:00:01'
        alertRuleNames: ['high-mae-alert-plant007', 'circuit-silent-plant007']
      }
    ]
  }
}
