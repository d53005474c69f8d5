metadata name = 'role-assignments: everything'
metadata description = 'Test caller.'

module roleAssignments '../../../bicep/modules/role-assignments.bicep' = {
  params: {
    applicationInsightsName: 'appi-7'
    logAnalyticsWorkspaceName: 'law-7'
    metricsPublishers: [
      { principalId: '00000000-0000-0000-0000-000000000001', principalType: 'ServicePrincipal' }
      { principalId: '00000000-0000-0000-0000-000000000002', principalType: 'Group' }
    ]
    logReaders: [
      { principalId: '00000000-0000-0000-0000-000000000001', principalType: 'ServicePrincipal' }
      { principalId: '00000000-0000-0000-0000-000000000003', principalType: 'User' }
    ]
  }
}
