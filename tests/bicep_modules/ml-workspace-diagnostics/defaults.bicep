metadata name = 'ml-workspace-diagnostics: only what is required'
metadata description = 'Test caller.'

module mlWorkspaceDiagnostics '../../../bicep/modules/ml-workspace-diagnostics.bicep' = {
  params: {
    name: 'diag-a'
    machineLearningWorkspaceName: 'mlw-a'
    logAnalyticsWorkspaceName: 'law-a'
    logAnalyticsWorkspaceResourceGroupName: 'rg-monitoring'
  }
}
