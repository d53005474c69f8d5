metadata name = 'ml-performance-monitors: everything'
metadata description = 'Test caller.'

module mlPerformanceMonitors '../../../bicep/modules/ml-performance-monitors.bicep' = {
  params: {
    machineLearningWorkspaceName: 'mlw-7'
    preprocessingComponent: { name: 'preprocess-7', version: '7.1.3' }
    instanceType: 'Standard_E32s_v3'
    runtimeVersion: '3.5'
    referenceInputType: 'uri_folder'
    emails: ['one@example.com', 'two@example.com']
    columns: { prediction: 'p50', actual: 'measured', correlationId: 'row_key' }
    monitors: [
      {
        name: 'performance-PLANT007-CIRCUIT01'
        displayName: 'PLANT007/CIRCUIT01'
        model: { name: 'forecast-p007-c01', version: '17', registryName: 'registry-7' }
        weekDay: 'Sunday'
        hour: 23
        minute: 59
        productionUri: 'azureml://datastores/seven/paths/predictions/'
        referenceUri: 'azureml://datastores/seven/paths/actuals/'
        lookbackWindowSize: 'P14D'
        tags: { plant_id: 'PLANT007', circuit_id: 'CIRCUIT01' }
        signals: [
          { name: 'mae', metric: 'MeanAbsoluteError', threshold: '0.25' }
          { name: 'rmse', metric: 'RootMeanSquaredError', threshold: '0.35' }
          { name: 'mse', metric: 'MeanSquaredError', threshold: '0.1225' }
        ]
      }
    ]
  }
}
