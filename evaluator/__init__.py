"""Alert rules proven offline: KQL analysed, linted and run, rules evaluated over time.

Data flows one way: `sources` reads rules, `analysis` asks Microsoft's language service, `lints`
judge its syntax tree, `execution` runs queries on DuckDB, `evaluation` is Azure's state machine,
`rule_tests` and `backtest` compare and report.
"""
