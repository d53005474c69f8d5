"""Recorded telemetry: exports of Log Analytics tables, read into the columns of those tables.

Data flows one way: `files` finds them, `shapes` reads what columns they have, `scanning` and
`conversion` write the SQL that reads their cells, `checking` finds every cell that is not what its
column's type says, `loading` puts the rows into an engine.
"""
