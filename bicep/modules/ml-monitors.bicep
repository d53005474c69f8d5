metadata name = 'Azure ML monitors'
metadata description = '''
One monitor for each model: a daily schedule that compares the production data of the last days with reference data.
Scope: the resource group of the ML workspace.
'''

import { componentType, modelVersionType, sparkInstanceType, stringMapType } from '../types.bicep'

@description('Required. Name of the Azure ML workspace.')
param machineLearningWorkspaceName string

@description('Required. Component of the workspace that turns the files of the production data into a table.')
param preprocessingComponent componentType

@description('Optional. Size of the Spark nodes.')
param instanceType sparkInstanceType = 'Standard_E4s_v3'

@description('Optional. Version of the Spark runtime.')
param runtimeVersion string = '3.4'

// Fixed data is never preprocessed, so it has to be a table. Source: azure-ai-ml, MonitoringInputDataType.FIXED
@description('Optional. Form of the reference data: `mltable` is a folder that holds a file named MLTable.')
param referenceInputType 'mltable' | 'uri_folder' = 'mltable'

@description('Required. Addresses that are told of a breached limit, at most 499 characters in all. May be empty.')
param emails string[]

@description('Required. The monitors.')
param monitors monitorType[]

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

var notificationTypes = empty(emails) ? [] : ['AmlNotification']

var productionData = [
  for monitor in monitors: {
    inputDataType: 'Rolling'
    dataContext: 'model_inputs'
    jobInputType: 'uri_folder'
    uri: monitor.productionUri
    windowSize: monitor.lookbackWindowSize
    windowOffset: 'P0D'
    preprocessingComponentId: workspace::component::version.id
  }
]

var referenceData = [
  for monitor in monitors: {
    inputDataType: 'Fixed'
    dataContext: 'training'
    jobInputType: referenceInputType
    uri: monitor.referenceUri
  }
]

// Every column that is left in counts as a feature, and an integer column would be taken for a category.
var features = [
  for monitor in monitors: {
    features: { filterType: 'FeatureSubset', features: monitor.features }
    featureDataTypeOverride: toObject(monitor.features, feature => feature, feature => 'Numerical')
  }
]

// 2025-12-01 is stable and has every signal but model performance, which has a module of its own.
// The compiler does not check the values of a computed map such as `signals`: the tests of this module do, by compiling
// what `bicep snapshot` predicts as literal resources.
resource schedule 'Microsoft.MachineLearningServices/workspaces/schedules@2025-12-01' = [
  for (monitor, index) in monitors: {
    parent: workspace
    name: monitor.name
    properties: {
      displayName: monitor.displayName
      isEnabled: true
      tags: monitor.tags
      trigger: {
        triggerType: 'Recurrence'
        frequency: 'Day'
        interval: 1
        timeZone: 'UTC'
        schedule: { hours: [monitor.hour], minutes: [monitor.minute] }
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
          signals: {
            ...toObject(
              filter(monitor.signals, signal => signal.signalType == 'DataDrift'),
              signal => signal.name,
              signal => {
                signalType: 'DataDrift'
                notificationTypes: notificationTypes
                productionData: productionData[index]
                referenceData: referenceData[index]
                ...features[index]
                metricThresholds: [
                  { dataType: 'Numerical', metric: signal.metric, threshold: { value: json(signal.threshold) } }
                ]
              }
            )
            ...toObject(
              filter(monitor.signals, signal => signal.signalType == 'PredictionDrift'),
              signal => signal.name,
              signal => {
                signalType: 'PredictionDrift'
                notificationTypes: notificationTypes
                productionData: {
                  ...productionData[index]
                  dataContext: 'model_outputs'
                  uri: signal.?productionUri ?? monitor.productionUri
                }
                referenceData: { ...referenceData[index], uri: signal.?referenceUri ?? monitor.referenceUri }
                metricThresholds: [
                  { dataType: 'Numerical', metric: signal.metric, threshold: { value: json(signal.threshold) } }
                ]
              }
            )
            ...toObject(
              filter(monitor.signals, signal => signal.signalType == 'DataQuality'),
              signal => signal.name,
              signal => {
                signalType: 'DataQuality'
                notificationTypes: notificationTypes
                productionData: productionData[index]
                referenceData: referenceData[index]
                ...features[index]
                metricThresholds: [
                  { dataType: 'Numerical', metric: 'NullValueRate', threshold: { value: json(signal.nullValueRate) } }
                  {
                    dataType: 'Numerical'
                    metric: 'DataTypeErrorRate'
                    threshold: { value: json(signal.dataTypeErrorRate) }
                  }
                  {
                    dataType: 'Numerical'
                    metric: 'OutOfBoundsRate'
                    threshold: { value: json(signal.outOfBoundsRate) }
                  }
                ]
              }
            )
            ...toObject(
              filter(monitor.signals, signal => signal.signalType == 'Custom'),
              signal => signal.name,
              signal => {
                signalType: 'Custom'
                notificationTypes: notificationTypes
                componentId: resourceId(
                  'Microsoft.MachineLearningServices/workspaces/components/versions',
                  machineLearningWorkspaceName,
                  signal.componentName,
                  signal.componentVersion
                )
                inputAssets: { production_data: productionData[index], reference_data: referenceData[index] }
                metricThresholds: [{ metric: signal.metric, threshold: { value: json(signal.threshold) } }]
              }
            )
          }
        }
      }
    }
  }
]

@description('Names of the monitors, in the order given.')
output names string[] = [for (monitor, index) in monitors: schedule[index].name]

@export()
@sealed()
@description('The monitor of one model.')
type monitorType = {
  @minLength(1)
  @maxLength(255)
  @description('Required. Name of the schedule: letters, digits, hyphens and underscores.')
  name: string

  @description('Required. Title of the monitor.')
  displayName: string

  @description('Optional. The model that is monitored. It needs a version: the service takes no label.')
  model: modelVersionType?

  @minValue(0)
  @maxValue(23)
  @description('Required. Hour of the daily start in UTC.')
  hour: int

  @minValue(0)
  @maxValue(59)
  @description('Required. Minute of the daily start.')
  minute: int

  @description('Required. Folder of the production data.')
  productionUri: string

  @description('Required. The reference data.')
  referenceUri: string

  @minLength(1)
  @description('Required. Columns that are features, all of them numerical.')
  features: string[]

  @description('Required. How far back production data is read, for example `P7D`.')
  lookbackWindowSize: string

  @description('Required. Tags of the monitor.')
  tags: stringMapType

  @minLength(1)
  @description('Required. What is computed. Names are unique within the monitor.')
  signals: signalType[]
}

@export()
@discriminator('signalType')
@description('What a monitor computes. A breached limit fails the run of the monitor.')
type signalType = dataDriftSignalType | predictionDriftSignalType | dataQualitySignalType | customSignalType

@export()
@description('A distance between two distributions of a numerical column. The service computes one for each signal.')
type driftMetricType =
  | 'JensenShannonDistance'
  | 'NormalizedWassersteinDistance'
  | 'PopulationStabilityIndex'
  | 'TwoSampleKolmogorovSmirnovTest'

@export()
@sealed()
@description('Drift of the features between reference and production data.')
type dataDriftSignalType = {
  @description('Required. Kind of the signal.')
  signalType: 'DataDrift'

  @description('Required. Name of the signal.')
  name: string

  @description('Required. The distance.')
  metric: driftMetricType

  @description('Required. Limit of the distance, a decimal such as `0.25`.')
  threshold: string
}

@export()
@sealed()
@description('Drift of the predictions between reference and production data.')
type predictionDriftSignalType = {
  @description('Required. Kind of the signal.')
  signalType: 'PredictionDrift'

  @description('Required. Name of the signal.')
  name: string

  @description('Required. The distance.')
  metric: driftMetricType

  @description('Required. Limit of the distance, a decimal such as `0.25`.')
  threshold: string

  @description('Optional. Folder of the predictions, if it is not that of the production data.')
  productionUri: string?

  @description('Optional. The reference predictions, if they are not in the reference data.')
  referenceUri: string?
}

@export()
@sealed()
@description('Quality of the features.')
type dataQualitySignalType = {
  @description('Required. Kind of the signal.')
  signalType: 'DataQuality'

  @description('Required. Name of the signal.')
  name: string

  @description('Required. Limit of the share of missing values, a decimal such as `0.05`.')
  nullValueRate: string

  @description('Required. Limit of the share of values of a wrong type, a decimal such as `0.01`.')
  dataTypeErrorRate: string

  @description('Required. Limit of the share of values outside the range of the reference, a decimal such as `0.05`.')
  outOfBoundsRate: string
}

@export()
@sealed()
@description('A metric of our own component, which gets the inputs `production_data` and `reference_data`.')
type customSignalType = {
  @description('Required. Kind of the signal.')
  signalType: 'Custom'

  @description('Required. Name of the signal.')
  name: string

  @description('Required. Name of the component in the workspace.')
  componentName: string

  @description('Required. Version of the component.')
  componentVersion: string

  @description('Required. Name of the metric that the component computes.')
  metric: string

  @description('Required. Limit of the metric, a decimal such as `0.25`.')
  threshold: string
}
