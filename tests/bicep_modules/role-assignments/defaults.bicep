metadata name = 'role-assignments: only what is required'
metadata description = 'Test caller.'

module roleAssignments '../../../bicep/modules/role-assignments.bicep' = {
  params: {
    applicationInsightsName: 'appi-a'
    logAnalyticsWorkspaceName: 'law-a'
  }
}
