metadata name = 'ml-performance-monitors: only what is required'
metadata description = 'Test caller.'

module mlPerformanceMonitors '../../../bicep/modules/ml-performance-monitors.bicep' = {
  params: {
    machineLearningWorkspaceName: 'mlw-a'
    preprocessingComponent: { name: 'preprocess', version: '1' }
    emails: []
    monitors: [
      {
        name: 'performance-a'
        displayName: 'Performance A'
        weekDay: 'Monday'
        hour: 0
        minute: 0
        productionUri: 'azureml://datastores/a/paths/predictions/'
        referenceUri: 'azureml://datastores/a/paths/actuals/'
        lookbackWindowSize: 'P7D'
        tags: {}
        signals: [{ name: 'mae', metric: 'MeanAbsoluteError', threshold: '0.25' }]
      }
    ]
  }
}
