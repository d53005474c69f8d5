metadata name = 'Azure ML workspace diagnostics'
metadata description = '''
Sends the job and run logs of an Azure ML workspace to Log Analytics.
Scope: the resource group of the ML workspace.
'''

@description('Required. Name of the diagnostic setting.')
param name string

@description('Required. Name of the Azure ML workspace.')
param machineLearningWorkspaceName string

@description('Required. Name of the Log Analytics workspace that receives the logs.')
param logAnalyticsWorkspaceName string

@description('Required. Resource group of the Log Analytics workspace.')
param logAnalyticsWorkspaceResourceGroupName string

@minLength(1)
@description('Optional. Log categories to send. The default is the job and run categories.')
param categories string[] = [
  'AmlComputeJobEvent'
  'AmlRunStatusChangedEvent'
  'RunEvent'
]

resource logAnalyticsWorkspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: logAnalyticsWorkspaceName
  scope: resourceGroup(logAnalyticsWorkspaceResourceGroupName)
}

resource machineLearningWorkspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: machineLearningWorkspaceName
}

// The only API version with the current shape is this preview one; the newest stable one is from 2016.
resource diagnosticSetting 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: machineLearningWorkspace
  name: name
  properties: {
    workspaceId: logAnalyticsWorkspace.id
    // One table for each category, `AmlComputeJobEvent` and so on, instead of the shared `AzureDiagnostics`.
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      for category in categories: {
        category: category
        enabled: true
      }
    ]
    metrics: []
  }
}

@description('Resource id of the diagnostic setting.')
output resourceId string = diagnosticSetting.id
