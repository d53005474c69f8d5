metadata name = 'failure-anomalies: only what is required'
metadata description = 'Test caller.'

module failureAnomalies '../../../bicep/modules/failure-anomalies.bicep' = {
  params: {
    name: 'Failure Anomalies - appi-a'
    applicationInsightsName: 'appi-a'
    actionGroupNames: ['ag-a']
  }
}
