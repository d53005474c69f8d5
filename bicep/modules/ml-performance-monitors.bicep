metadata name = 'Azure ML performance monitors'
metadata description = '''
One weekly schedule for each model that compares its predictions with the ground truth. A preview signal of Azure ML.
Scope: the resource group of the ML workspace.
'''

import { componentType, modelVersionType, sparkInstanceType, stringMapType } from '../types.bicep'

@description('Required. Name of the Azure ML workspace.')
param machineLearningWorkspaceName string

@description('Required. Component of the workspace that turns the files of the predictions into a table.')
param preprocessingComponent componentType

@description('Optional. Size of the Spark nodes.')
param instanceType sparkInstanceType = 'Standard_E4s_v3'

@description('Optional. Version of the Spark runtime.')
param runtimeVersion string = '3.4'

// Fixed data is never preprocessed, so it has to be a table. Source: azure-ai-ml, MonitoringInputDataType.FIXED
@description('Optional. Form of the ground truth: `mltable` is a folder that holds a file named MLTable.')
param referenceInputType 'mltable' | 'uri_folder' = 'mltable'

@description('Required. Addresses that are told of a breached limit, at most 499 characters in all. May be empty.')
param emails string[]

@description('Optional. Columns of the predictions and the ground truth.')
param columns performanceColumnsType = {
  prediction: 'predicted_value'
  actual: 'actual_value'
  correlationId: 'correlation_id'
}

@description('Required. The monitors.')
param monitors performanceMonitorType[]

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: machineLearningWorkspaceName

  resource component 'components' existing = {
    name: preprocessingComponent.name

    resource version 'versions' existing = {
      name: preprocessingComponent.version
    }
  }
}

var modelIds = [
  for monitor in monitors: empty(monitor.?model.?registryName)
    ? resourceId(
        'Microsoft.MachineLearningServices/workspaces/models/versions',
        machineLearningWorkspaceName,
        monitor.?model.?name ?? 'none',
        monitor.?model.?version ?? 'none'
      )
    : join(
        [
          'azureml://registries'
          monitor.?model.?registryName ?? ''
          'models'
          monitor.?model.?name ?? ''
          'versions'
          monitor.?model.?version ?? ''
        ],
        '/'
      )
]

// The signal ModelPerformance exists in no stable API version and in no preview after this one.
// The compiler does not check the values of a computed map such as `signals`: the tests of this module do, by compiling
// what `bicep snapshot` predicts as literal resources.
resource schedule 'Microsoft.MachineLearningServices/workspaces/schedules@2024-04-01-preview' = [
  for (monitor, index) in monitors: {
    parent: workspace
    name: monitor.name
    properties: {
      displayName: monitor.displayName
      isEnabled: true
      tags: monitor.tags
      trigger: {
        triggerType: 'Recurrence'
        frequency: 'Week'
        interval: 1
        timeZone: 'UTC'
        schedule: { weekDays: [monitor.weekDay], hours: [monitor.hour], minutes: [monitor.minute] }
      }
      action: {
        actionType: 'CreateMonitor'
        monitorDefinition: {
          computeConfiguration: {
            computeType: 'ServerlessSpark'
            computeIdentity: { computeIdentityType: 'AmlToken' }
            instanceType: instanceType
            runtimeVersion: runtimeVersion
          }
          ...(empty(emails) ? {} : { alertNotificationSettings: { emailNotificationSettings: { emails: emails } } })
          monitoringTarget: {
            taskType: 'Regression'
            // The id of a registry's model is an Azure ML reference, not a resource id of ARM.
            #disable-next-line use-resource-id-functions
            ...(contains(monitor, 'model') ? { modelId: modelIds[index] } : {})
          }
          signals: toObject(monitor.signals, signal => signal.name, signal => {
            signalType: 'ModelPerformance'
            notificationTypes: empty(emails) ? [] : ['AmlNotification']
            productionData: [
              {
                inputDataType: 'Rolling'
                dataContext: 'model_outputs'
                jobInputType: 'uri_folder'
                uri: monitor.productionUri
                windowSize: monitor.lookbackWindowSize
                windowOffset: 'P0D'
                preprocessingComponentId: workspace::component::version.id
                columns: { prediction: columns.prediction, correlation_id: columns.correlationId }
              }
            ]
            referenceData: {
              inputDataType: 'Fixed'
              dataContext: 'ground_truth'
              jobInputType: referenceInputType
              uri: monitor.referenceUri
              columns: { actual: columns.actual, correlation_id: columns.correlationId }
            }
            metricThreshold: {
              modelType: 'Regression'
              metric: signal.metric
              threshold: { value: json(signal.threshold) }
            }
          })
        }
      }
    }
  }
]

@description('Names of the monitors, in the order given.')
output names string[] = [for (monitor, index) in monitors: schedule[index].name]

@export()
@sealed()
@description('Columns of the predictions and the ground truth.')
type performanceColumnsType = {
  @description('Required. Column of the predictions that holds the predicted value.')
  prediction: string

  @description('Required. Column of the ground truth that holds the actual value.')
  actual: string

  @description('Required. Column of both that joins a prediction with its actual value.')
  correlationId: string
}

@export()
@sealed()
@description('The performance monitor of one model.')
type performanceMonitorType = {
  @minLength(1)
  @maxLength(255)
  @description('Required. Name of the schedule: letters, digits, hyphens and underscores.')
  name: string

  @description('Required. Title of the monitor.')
  displayName: string

  @description('Optional. The model that is monitored. It needs a version: the service takes no label.')
  model: modelVersionType?

  @description('Required. Day of the weekly start.')
  weekDay: 'Monday' | 'Tuesday' | 'Wednesday' | 'Thursday' | 'Friday' | 'Saturday' | 'Sunday'

  @minValue(0)
  @maxValue(23)
  @description('Required. Hour of the weekly start in UTC.')
  hour: int

  @minValue(0)
  @maxValue(59)
  @description('Required. Minute of the weekly start.')
  minute: int

  @description('Required. Folder of the predictions.')
  productionUri: string

  @description('Required. The ground truth.')
  referenceUri: string

  @description('Required. How far back predictions are read, for example `P7D`.')
  lookbackWindowSize: string

  @description('Required. Tags of the monitor.')
  tags: stringMapType

  @minLength(1)
  @description('Required. What is computed. Names are unique within the monitor.')
  signals: performanceSignalType[]
}

@export()
@sealed()
@description('An error of the predictions. A breached limit fails the run of the monitor.')
type performanceSignalType = {
  @description('Required. Name of the signal.')
  name: string

  @description('Required. The error that is computed.')
  metric: 'MeanAbsoluteError' | 'MeanSquaredError' | 'RootMeanSquaredError'

  @description('Required. Limit of the error, a decimal such as `0.25`.')
  threshold: string
}
