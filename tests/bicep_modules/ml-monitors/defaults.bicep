metadata name = 'ml-monitors: only what is required'
metadata description = 'Test caller.'

module mlMonitors '../../../bicep/modules/ml-monitors.bicep' = {
  params: {
    machineLearningWorkspaceName: 'mlw-a'
    preprocessingComponent: { name: 'preprocess', version: '1' }
    emails: []
    monitors: [
      {
        name: 'monitor-a'
        displayName: 'Monitor A'
        hour: 0
        minute: 0
        productionUri: 'azureml://datastores/a/paths/production/'
        referenceUri: 'azureml://datastores/a/paths/reference/'
        features: ['temperature']
        lookbackWindowSize: 'P7D'
        tags: {}
        signals: [
          { signalType: 'DataDrift', name: 'data-drift-psi', metric: 'PopulationStabilityIndex', threshold: '0.25' }
        ]
      }
    ]
  }
}
