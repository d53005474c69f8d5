"""Functions that duckdb-kql lacks or that the guards need, put into its registries.

The registries are no public interface, so the package is pinned; a test fails for each entry that
an upgrade brings along. The names that begin with `mlmon_` stand in for operators in guarded
queries (evaluator.execution.guards); nobody else can call them, the language service refuses them.
"""

from functools import cache
from typing import Final

# Kusto counts bins from a fixed point, DuckDB's time_bucket from its own: floor of the distance.
_BIN_AT: Final = (
    "({2} + to_microseconds(CAST(floor((epoch_us({0}) - epoch_us({2})) / epoch_us({1}))"
    " * epoch_us({1}) AS BIGINT)))"
)

SCALARS: Final = {
    "bin_at": (_BIN_AT, 3),
    # IEEE 754 division, as Kusto's: infinities and NaN instead of null.
    "mlmon_divide": ("(CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE))", 2),
    "mlmon_divide_timespans": (
        "(CAST(epoch_us({0}) AS DOUBLE) / CAST(epoch_us({1}) AS DOUBLE))",
        2,
    ),
    # DuckDB orders NaN above every number and calls it equal to itself; in IEEE 754 and in Kusto
    # (inferred) every comparison with NaN is false, and `!=` true.
    "mlmon_number": ("nullif({0}, CAST('NaN' AS DOUBLE))", 1),
}

AGGREGATES: Final = {
    # https://learn.microsoft.com/kusto/query/maxif-aggregation-function
    "maxif": "max({0}) FILTER (WHERE {1})",
    "minif": "min({0}) FILTER (WHERE {1})",
}


@cache
def register() -> None:
    """Put the functions into duckdb-kql's registries, once a process."""
    from duckdb_kql.translate import functions as registry

    for name, (template, arity) in SCALARS.items():
        registry.SCALAR_FUNCTIONS[name] = registry.FunctionSpec(
            name, "template", template, (arity,)
        )
    for name, template in AGGREGATES.items():
        registry.AGGREGATE_FUNCTIONS[name] = registry.AggregateSpec(name, template, (2,))
