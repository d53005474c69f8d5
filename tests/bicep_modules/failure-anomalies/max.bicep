metadata name = 'failure-anomalies: everything'
metadata description = 'Test caller.'

module failureAnomalies '../../../bicep/modules/failure-anomalies.bicep' = {
  params: {
    name: 'Failure Anomalies - appi-7'
    tags: { team: 'forecast' }
    applicationInsightsName: 'appi-7'
    actionGroupNames: ['ag-1', 'ag-2', 'ag-3', 'ag-4', 'ag-5']
    severity: 'Sev0'
  }
}
