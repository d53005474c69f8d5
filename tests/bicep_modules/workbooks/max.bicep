metadata name = 'workbooks: everything'
metadata description = 'Test caller.'

@description('Optional. Azure region.')
param location string = resourceGroup().location

module workbooks '../../../bicep/modules/workbooks.bicep' = {
  params: {
    location: location
    tags: { team: 'forecast' }
    logAnalyticsWorkspaceName: 'law-7'
    workbooks: [
      {
        key: 'fleet'
        displayName: 'Fleet, it\'s 7 plants'
        description: 'Every circuit of the fleet.'
        serializedData: string({ version: 'Notebook/1.0', items: [{ type: 1, content: { json: '# [7] plants' } }] })
      }
      { key: 'circuit', displayName: 'Circuit', serializedData: string({ version: 'Notebook/1.0', items: [] }) }
    ]
  }
}
