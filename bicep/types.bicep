metadata name = 'Shared types'
metadata description = 'Types used by more than one module. Types used by one module are in that module.'

// The durations are closed lists: Azure refuses every other value, and only when the deployment runs.
// Source: terraform-provider-azurerm, docs of monitor_scheduled_query_rules_alert_v2

@export()
@sealed()
@description('A version of a registered model.')
type modelVersionType = {
  @description('Required. Name of the model.')
  name: string

  @description('Required. Version of the model.')
  version: string

  @description('Optional. Registry that holds the model. The default is the workspace itself.')
  registryName: string?
}

@export()
@description('How often a log search alert rule runs.')
type evaluationFrequencyType =
  | 'PT1M'
  | 'PT5M'
  | 'PT10M'
  | 'PT15M'
  | 'PT30M'
  | 'PT45M'
  | 'PT1H'
  | 'PT2H'
  | 'PT3H'
  | 'PT4H'
  | 'PT5H'
  | 'PT6H'
  | 'P1D'

@export()
@description('The period that one evaluation aggregates. `PT1M` needs an evaluation frequency of `PT1M`.')
type windowSizeType =
  | 'PT1M'
  | 'PT5M'
  | 'PT10M'
  | 'PT15M'
  | 'PT30M'
  | 'PT45M'
  | 'PT1H'
  | 'PT2H'
  | 'PT3H'
  | 'PT4H'
  | 'PT5H'
  | 'PT6H'
  | 'P1D'
  | 'P2D'

@export()
@description('The period of data that a query may read. The only list with `PT20M`.')
type queryTimeRangeType =
  | 'PT5M'
  | 'PT10M'
  | 'PT15M'
  | 'PT20M'
  | 'PT30M'
  | 'PT45M'
  | 'PT1H'
  | 'PT2H'
  | 'PT3H'
  | 'PT4H'
  | 'PT5H'
  | 'PT6H'
  | 'P1D'
  | 'P2D'

@export()
@description('How long the actions of a rule stay silent after it has fired.')
type muteActionsDurationType =
  | 'PT5M'
  | 'PT10M'
  | 'PT15M'
  | 'PT30M'
  | 'PT45M'
  | 'PT1H'
  | 'PT2H'
  | 'PT3H'
  | 'PT4H'
  | 'PT5H'
  | 'PT6H'
  | 'P1D'
  | 'P2D'

@export()
@description('Tags of a resource or custom properties of an alert: a map of strings.')
type stringMapType = {
  @description('Optional. A value under its name.')
  *: string
}

@export()
@description('Who can reach an endpoint from a public network.')
type publicNetworkAccessType = 'Enabled' | 'Disabled' | 'SecuredByPerimeter'

@export()
@sealed()
@description('A component that is registered in an Azure ML workspace.')
type componentType = {
  @description('Required. Name of the component.')
  name: string

  @description('Required. Version of the component.')
  version: string
}

// Source: https://learn.microsoft.com/azure/machine-learning/how-to-monitor-model-performance
@export()
@description('Node sizes that serverless Spark offers to a monitor.')
type sparkInstanceType =
  | 'Standard_E4s_v3'
  | 'Standard_E8s_v3'
  | 'Standard_E16s_v3'
  | 'Standard_E32s_v3'
  | 'Standard_E64s_v3'
