metadata name = 'Alert processing rules'
metadata description = '''
Maintenance windows of alert rules: during one, their alerts still fire and are listed, but nobody is notified. Those
alerts notify nobody after the window either.
'''

import { stringMapType } from '../types.bicep'

@description('Optional. Tags of every rule.')
param tags stringMapType = {}

@description('Required. Name of the Log Analytics workspace whose alerts are silenced.')
param logAnalyticsWorkspaceName string

@description('Required. The maintenance windows.')
param rules alertProcessingRuleType[]

resource logAnalyticsWorkspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: logAnalyticsWorkspaceName
}

resource rule 'Microsoft.AlertsManagement/actionRules@2021-08-08' = [
  for item in rules: {
    name: item.name
    location: 'Global'
    tags: tags
    properties: {
      description: item.description
      enabled: item.enabled
      // The scope is matched with the target of the alert, which is the workspace for a rule that queries it.
      // Source: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-processing-rules
      scopes: [logAnalyticsWorkspace.id]
      // By the rule's id, which is unique: the context of a log alert holds its query, and so every text in it.
      conditions: [
        {
          field: 'AlertRuleId'
          operator: 'Equals'
          values: map(item.alertRuleNames, name => resourceId('Microsoft.Insights/scheduledQueryRules', name))
        }
      ]
      schedule: {
        effectiveFrom: item.startTime
        effectiveUntil: item.endTime
        timeZone: 'UTC'
      }
      actions: [{ actionType: 'RemoveAllActionGroups' }]
    }
  }
]

@description('Names of the rules, in the order given.')
output names string[] = [for (item, index) in rules: rule[index].name]

@export()
@sealed()
@description('One maintenance window.')
type alertProcessingRuleType = {
  @minLength(1)
  @maxLength(260)
  @description('Required. Name of the rule.')
  name: string

  @maxLength(2048)
  @description('Required. Why nobody is notified.')
  description: string

  @description('Required. Whether the rule is in force.')
  enabled: bool

  @minLength(19)
  @maxLength(19)
  @description('Required. Start in UTC without zone, for example `2026-05-01T22:00:00`.')
  startTime: string

  @minLength(19)
  @maxLength(19)
  @description('Required. End in UTC without zone, for example `2026-05-02T04:00:00`.')
  endTime: string

  // At most five values in a condition: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-processing-rules
  @minLength(1)
  @maxLength(5)
  @description('Required. Names of the scheduled-query rules of this resource group whose alerts are silenced.')
  alertRuleNames: string[]
}
