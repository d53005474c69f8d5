metadata name = 'alert-processing-rules: only what is required'
metadata description = 'Test caller.'

module alertProcessingRules '../../../bicep/modules/alert-processing-rules.bicep' = {
  params: {
    logAnalyticsWorkspaceName: 'law-a'
    rules: [
      {
        name: 'window-a'
        description: 'One rule is silent.'
        enabled: true
        startTime: '2026-05-01T22:00:00'
        endTime: '2026-05-02T04:00:00'
        alertRuleNames: ['high-mae-alert']
      }
    ]
  }
}
