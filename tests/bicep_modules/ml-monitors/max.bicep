metadata name = 'ml-monitors: everything'
metadata description = 'Test caller.'

module mlMonitors '../../../bicep/modules/ml-monitors.bicep' = {
  params: {
    machineLearningWorkspaceName: 'mlw-7'
    preprocessingComponent: { name: 'preprocess-7', version: '7.1.3' }
    instanceType: 'Standard_E64s_v3'
    runtimeVersion: '3.5'
    referenceInputType: 'uri_folder'
    emails: ['one@example.com', 'two@example.com']
    monitors: [
      {
        name: 'monitor-PLANT007-CIRCUIT01'
        displayName: 'PLANT007/CIRCUIT01'
        model: { name: 'forecast-p007-c01', version: '17' }
        hour: 23
        minute: 59
        productionUri: 'azureml://datastores/seven/paths/production/'
        referenceUri: 'azureml://datastores/seven/paths/reference/'
        features: ['temperature', 'flow']
        lookbackWindowSize: 'P13D'
        tags: { plant_id: 'PLANT007', circuit_id: 'CIRCUIT01' }
        signals: [
          { signalType: 'DataDrift', name: 'data-drift-psi', metric: 'PopulationStabilityIndex', threshold: '0.25' }
          { signalType: 'DataDrift', name: 'data-drift-jsd', metric: 'JensenShannonDistance', threshold: '0.15' }
          {
            signalType: 'PredictionDrift'
            name: 'prediction-drift'
            metric: 'NormalizedWassersteinDistance'
            threshold: '0.155'
            productionUri: 'azureml://datastores/seven/paths/predictions/'
            referenceUri: 'azureml://datastores/seven/paths/reference-predictions/'
          }
          {
            signalType: 'PredictionDrift'
            name: 'prediction-drift-ks'
            metric: 'TwoSampleKolmogorovSmirnovTest'
            threshold: '0.05'
          }
          {
            signalType: 'DataQuality'
            name: 'data-quality'
            nullValueRate: '0.05'
            dataTypeErrorRate: '0.01'
            outOfBoundsRate: '0.07'
          }
          {
            signalType: 'Custom'
            name: 'own-signal'
            componentName: 'own-component'
            componentVersion: '2.0.1'
            metric: 'std_dev'
            threshold: '1e-3'
          }
        ]
      }
      {
        name: 'monitor-PLANT007-CIRCUIT02'
        displayName: 'PLANT007/CIRCUIT02'
        model: { name: 'forecast-p007-c02', version: '1', registryName: 'registry-7' }
        hour: 2
        minute: 7
        productionUri: 'azureml://datastores/seven/paths/production-2/'
        referenceUri: 'azureml://datastores/seven/paths/reference-2/'
        features: ['pressure']
        lookbackWindowSize: 'P7D'
        tags: { plant_id: 'PLANT007', circuit_id: 'CIRCUIT02' }
        signals: [
          { signalType: 'DataDrift', name: 'data-drift-psi', metric: 'PopulationStabilityIndex', threshold: '1' }
        ]
      }
    ]
  }
}
