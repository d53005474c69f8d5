metadata name = 'action-groups: everything'
metadata description = 'Test caller.'

@description('Optional. Azure region.')
param location string = 'swedencentral'

@secure()
@description('Required. URL of the Teams workflow.')
param teamsWebhookUrl string

@secure()
@description('Required. URL of the ServiceNow endpoint.')
param serviceNowWebhookUrl string

@secure()
@description('Required. Callback URL of the logic app.')
param logicAppCallbackUrl string

module actionGroups '../../../bicep/modules/action-groups.bicep' = {
  params: {
    tags: { team: 'forecast' }
    location: location
    actionGroups: [
      {
        name: 'ag-7'
        shortName: 'twelve chars'
        emailReceivers: [
          { name: 'mail-1', emailAddress: 'one@example.com' }
          { name: 'mail-2', emailAddress: 'two@example.com' }
        ]
        smsReceivers: [{ name: 'sms-1', countryCode: '852', phoneNumber: '55501007' }]
        webhookReceivers: [{ name: 'hook-1', secretName: 'teams-webhook' }]
        secureWebhookReceivers: [
          {
            name: 'secure-1'
            secretName: 'servicenow-webhook'
            objectId: '00000000-0000-0000-0000-00000000000a'
            identifierUri: 'api://00000000-0000-0000-0000-00000000000b'
            tenantId: '00000000-0000-0000-0000-00000000000c'
          }
        ]
        logicAppReceivers: [
          {
            name: 'logic-1'
            resourceId: resourceId('Microsoft.Logic/workflows', 'logic-7')
            secretName: 'logic-callback'
          }
        ]
      }
      { name: 'ag-8', shortName: 'ag-8', webhookReceivers: [{ name: 'hook-8', secretName: 'teams-webhook' }] }
    ]
    secrets: {
      'teams-webhook': teamsWebhookUrl
      'servicenow-webhook': serviceNowWebhookUrl
      'logic-callback': logicAppCallbackUrl
    }
  }
}
