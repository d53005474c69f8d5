using 'rules.bicep'

param groupNames = ['on-call', 'office']
