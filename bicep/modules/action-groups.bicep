metadata name = 'Action groups'
metadata description = 'Who is told about an alert. Every receiver that can take it gets the common alert schema.'

import { stringMapType } from '../types.bicep'

@description('Optional. Tags of every action group.')
param tags stringMapType = {}

@description('Required. `Global`, or one of the few regions that process notifications inside a geography.')
param location string

@description('Required. The action groups.')
param actionGroups actionGroupType[]

@secure()
@description('Conditional. URLs of the webhooks and logic apps by secret name. Required if there is such a receiver.')
param secrets {
  @description('Optional. A URL under its name.')
  *: string
} = {}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = [
  for group in actionGroups: {
    name: group.name
    location: location
    tags: tags
    properties: {
      enabled: true
      groupShortName: group.shortName
      emailReceivers: map(group.?emailReceivers ?? [], receiver => {
        name: receiver.name
        emailAddress: receiver.emailAddress
        useCommonAlertSchema: true
      })
      smsReceivers: map(group.?smsReceivers ?? [], receiver => {
        name: receiver.name
        countryCode: receiver.countryCode
        phoneNumber: receiver.phoneNumber
      })
      // A secure webhook is a webhook receiver with Entra authentication; Azure has no list of its own for it.
      // Source: https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups
      webhookReceivers: concat(
        map(group.?webhookReceivers ?? [], receiver => {
          name: receiver.name
          serviceUri: secrets[receiver.secretName]
          useCommonAlertSchema: true
        }),
        map(group.?secureWebhookReceivers ?? [], receiver => {
          name: receiver.name
          serviceUri: secrets[receiver.secretName]
          useCommonAlertSchema: true
          useAadAuth: true
          objectId: receiver.objectId
          identifierUri: receiver.identifierUri
          tenantId: receiver.tenantId
        })
      )
      logicAppReceivers: map(group.?logicAppReceivers ?? [], receiver => {
        name: receiver.name
        resourceId: receiver.resourceId
        callbackUrl: secrets[receiver.secretName]
        useCommonAlertSchema: true
      })
      // Said, so that what-if compares them instead of showing Azure's defaults as changes.
      armRoleReceivers: []
      automationRunbookReceivers: []
      azureAppPushReceivers: []
      azureFunctionReceivers: []
      eventHubReceivers: []
      itsmReceivers: []
      voiceReceivers: []
    }
  }
]

@description('Resource ids of the action groups, in the order given.')
output resourceIds string[] = [for (group, index) in actionGroups: actionGroup[index].id]

@export()
@sealed()
@description('One action group. Receiver names are unique within it.')
type actionGroupType = {
  @minLength(1)
  @maxLength(260)
  @description('Required. Name of the action group.')
  name: string

  @minLength(1)
  @maxLength(12)
  @description('Required. Short name, shown as the sender of a text message.')
  shortName: string

  @description('Optional. People told by e-mail.')
  emailReceivers: emailReceiverType[]?

  @description('Optional. People told by text message.')
  smsReceivers: smsReceiverType[]?

  @description('Optional. Webhooks whose URL is the credential.')
  webhookReceivers: webhookReceiverType[]?

  @description('Optional. Webhooks that are called with a Microsoft Entra token.')
  secureWebhookReceivers: secureWebhookReceiverType[]?

  @description('Optional. Logic apps that are triggered.')
  logicAppReceivers: logicAppReceiverType[]?
}

@export()
@sealed()
@description('A person or a list told by e-mail. Azure sends a one-time code that has to be confirmed.')
type emailReceiverType = {
  @description('Required. Name of the receiver.')
  name: string

  @maxLength(64)
  @description('Required. E-mail address.')
  emailAddress: string
}

@export()
@sealed()
@description('A person told by text message.')
type smsReceiverType = {
  @description('Required. Name of the receiver.')
  name: string

  @description('Required. Country code without plus sign, for example `49`.')
  countryCode: string

  @description('Required. Phone number without country code, digits only.')
  phoneNumber: string
}

@export()
@sealed()
@description('A webhook whose URL is the credential.')
type webhookReceiverType = {
  @description('Required. Name of the receiver.')
  name: string

  @description('Required. Key of the URL in the parameter `secrets`.')
  secretName: string
}

@export()
@sealed()
@description('A webhook that is called with a Microsoft Entra token.')
type secureWebhookReceiverType = {
  @description('Required. Name of the receiver.')
  name: string

  @description('Required. Key of the URL in the parameter `secrets`.')
  secretName: string

  @description('Required. Object id of the service principal that the webhook authenticates.')
  objectId: string

  @description('Required. Application id URI of the webhook.')
  identifierUri: string

  @description('Required. Tenant of the webhook.')
  tenantId: string
}

@export()
@sealed()
@description('A logic app that is triggered over HTTP.')
type logicAppReceiverType = {
  @description('Required. Name of the receiver.')
  name: string

  @description('Required. Resource id of the logic app.')
  resourceId: string

  @description('Required. Key of the callback URL in the parameter `secrets`.')
  secretName: string
}
