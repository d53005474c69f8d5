using './max.bicep'
