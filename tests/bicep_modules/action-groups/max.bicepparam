using './max.bicep'

param teamsWebhookUrl = readEnvironmentVariable('TEAMS_WEBHOOK_URL', '')
param serviceNowWebhookUrl = readEnvironmentVariable('SERVICENOW_WEBHOOK_URL', '')
param logicAppCallbackUrl = readEnvironmentVariable('LOGIC_APP_CALLBACK_URL', '')
