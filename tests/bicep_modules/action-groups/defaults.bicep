metadata name = 'action-groups: only what is required'
metadata description = 'Test caller.'

module actionGroups '../../../bicep/modules/action-groups.bicep' = {
  params: {
    location: 'Global'
    actionGroups: [{ name: 'ag-a', shortName: 'a' }]
  }
}
