metadata name = 'Failure Anomalies rule'
metadata description = '''
The smart detection rule of an Application Insights component. Azure creates one by itself, with its own action group,
soon after the component receives telemetry; this module owns it instead, so that it notifies the right people.
'''

import { stringMapType } from '../types.bicep'

@description('Required. Name of the rule. `Failure Anomalies - <component>` takes over the one that Azure creates.')
param name string

@description('Optional. Tags of the rule.')
param tags stringMapType = {}

@description('Required. Name of the Application Insights component that is watched.')
param applicationInsightsName string

@maxLength(5)
@description('Required. Names of the action groups that are notified.')
param actionGroupNames string[]

@description('Optional. Severity of the alert.')
param severity smartDetectorSeverityType = 'Sev3'

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource rule 'Microsoft.AlertsManagement/smartDetectorAlertRules@2021-04-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    description: 'Notifies of an unusual rise in the rate of failed requests or dependency calls.'
    state: 'Enabled'
    severity: severity
    frequency: 'PT1M'
    detector: { id: 'FailureAnomaliesDetector' }
    scope: [component.id]
    actionGroups: {
      groupIds: map(actionGroupNames, groupName => resourceId('Microsoft.Insights/actionGroups', groupName))
    }
  }
}

@description('Resource id of the rule.')
output resourceId string = rule.id

@export()
@description('Severity of a smart detection alert, `Sev0` being the most severe.')
type smartDetectorSeverityType = 'Sev0' | 'Sev1' | 'Sev2' | 'Sev3' | 'Sev4'
