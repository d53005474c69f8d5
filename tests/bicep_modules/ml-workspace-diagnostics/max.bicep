metadata name = 'ml-workspace-diagnostics: everything'
metadata description = 'Test caller.'

module mlWorkspaceDiagnostics '../../../bicep/modules/ml-workspace-diagnostics.bicep' = {
  params: {
    name: 'diag-7'
    machineLearningWorkspaceName: 'mlw-7'
    logAnalyticsWorkspaceName: 'law-7'
    logAnalyticsWorkspaceResourceGroupName: 'rg-monitoring-7'
    categories: ['ModelsChangeEvent']
  }
}
