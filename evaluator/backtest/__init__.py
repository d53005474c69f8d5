"""What rules would have done on recorded telemetry.

Data flows one way: `measuring` runs queries once, `alerts` turns measurements into alerts,
`statistics` counts them, `incidents` and `scores` hold them against what really happened,
`running` does all of it for some rules, `findings` says what is wrong with them, and `report`,
`report_json` and `picture` show it.
"""
