using './defaults.bicep'
