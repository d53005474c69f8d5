"""What duckdb-kql is taught: names of our own that the rewritten query calls.

Nothing here is public API of duckdb-kql, which is therefore pinned. No query of a user can call
the names that begin with `mlmon_`: the language service knows none of them. The functions under
their KQL names are those that duckdb-kql lacks; a test fails when it gains one.
"""

from typing import Final

from duckdb_kql import ir, translate
from duckdb_kql.translate import functions

_SIZE_US: Final = "NULLIF(epoch_us({1}), 0)"

SCALAR: Final[dict[str, tuple[str, int]]] = {
    # IEEE 754: NaN compares with nothing. DuckDB has NaN equal to itself and above all numbers.
    "mlmon_gt": ("({0} > {1} AND NOT isnan({0}))", 2),
    "mlmon_ge": ("({0} >= {1} AND NOT isnan({0}))", 2),
    "mlmon_lt": ("({0} < {1} AND NOT isnan({1}))", 2),
    "mlmon_le": ("({0} <= {1} AND NOT isnan({1}))", 2),
    # Equality of nulls: https://learn.microsoft.com/kusto/query/scalar-data-types/null-values
    "mlmon_eq": (
        "CASE WHEN {0} IS NULL AND {1} IS NULL THEN NULL "
        "ELSE coalesce({0} = {1} AND NOT isnan({0}), FALSE) END",
        2,
    ),
    "mlmon_ne": (
        "CASE WHEN {0} IS NULL AND {1} IS NULL THEN NULL "
        "ELSE coalesce({0} <> {1} OR isnan({0}), TRUE) END",
        2,
    ),
    "mlmon_between": ("({0} BETWEEN {1} AND {2} AND NOT isnan({2}))", 3),
    "mlmon_not_between": ("(NOT ({0} BETWEEN {1} AND {2} AND NOT isnan({2})))", 3),
    "mlmon_number": ("CASE WHEN isnan({0}) THEN NULL ELSE {0} END", 1),
    # Division of reals by zero is an infinity or NaN, not null:
    # https://learn.microsoft.com/kusto/query/isinf-function
    "mlmon_quotient": ("(CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE))", 2),
    "mlmon_timespan_quotient": (
        "(CAST(epoch_us({0}) AS DOUBLE) / CAST(epoch_us({1}) AS DOUBLE))",
        2,
    ),
    "mlmon_timespan_part": (
        "to_microseconds(TRY_CAST(trunc(epoch_us({0}) / CAST({1} AS DOUBLE)) AS BIGINT))",
        2,
    ),
    "mlmon_timespan_product": (
        "to_microseconds(TRY_CAST(trunc(epoch_us({0}) * CAST({1} AS DOUBLE)) AS BIGINT))",
        2,
    ),
    # https://learn.microsoft.com/kusto/query/bin-at-function: value, size, fixed point. In whole
    # microseconds: doubles lose some of them two thousand years from the fixed point.
    "mlmon_bin_time": (
        "({0} - to_microseconds(((epoch_us({0}) - epoch_us({2})) % "
        f"{_SIZE_US} + {_SIZE_US}) % {_SIZE_US}))",
        3,
    ),
    "mlmon_bin_timespan": (
        "to_microseconds(epoch_us({0}) - ((epoch_us({0}) - epoch_us({2})) % "
        f"{_SIZE_US} + {_SIZE_US}) % {_SIZE_US})",
        3,
    ),
    "mlmon_bin_number": (
        "({2} + floor(({0} - {2}) / CAST({1} AS DOUBLE)) * {1})",
        3,
    ),
    "mlmon_dynamic_is_null": ("({0} IS NULL OR json_type({0}) = 'NULL')", 1),
    # What is no JSON is a text: https://learn.microsoft.com/kusto/query/parse-json-function
    "mlmon_parse_json": ("coalesce(TRY_CAST({0} AS JSON), to_json({0}))", 1),
    "mlmon_dynamic_text": ("coalesce({0} ->> '$', '')", 1),
    "mlmon_text": ("coalesce({0}, '')", 1),
    # Where types are known, a comparison needs none of duckdb-kql's cases: strings are never null.
    "mlmon_text_eq": ("({0} = {1})", 2),
    "mlmon_text_ne": ("({0} <> {1})", 2),
    "mlmon_null_if_empty": ("nullif({0}, '')", 1),
    "mlmon_whole_text": ("coalesce(CAST({0} AS VARCHAR), '')", 1),
    "mlmon_is_empty": ("({0} = '')", 1),
    "mlmon_is_not_empty": ("({0} <> '')", 1),
    "mlmon_real": ("CAST({0} AS DOUBLE)", 1),
    # A JSON pointer: any text may be a key (RFC 6901).
    "mlmon_element": ("json_extract({0}, '/' || replace(replace({1}, '~', '~0'), '/', '~1'))", 2),
}

VARIADIC: Final = {
    "mlmon_concat": "concat({})",
    "mlmon_first": "coalesce({})",
}

_LIST: Final = "list_sort(coalesce(list({0}) FILTER (WHERE {0} IS NOT NULL), []))"
_LIST_IF: Final = "list_sort(coalesce(list({0}) FILTER (WHERE {0} IS NOT NULL AND {1}), []))"
_SET: Final = "list_sort(coalesce(list(DISTINCT {0}) FILTER (WHERE {0} IS NOT NULL), []))"
_SET_IF: Final = (
    "list_sort(coalesce(list(DISTINCT {0}) FILTER (WHERE {0} IS NOT NULL AND {1}), []))"
)

AGGREGATES: Final[dict[str, tuple[str, int]]] = {
    # duckdb-kql lacks these.
    "maxif": ("max({0}) FILTER (WHERE {1})", 2),
    "minif": ("min({0}) FILTER (WHERE {1})", 2),
    "stdevp": ("coalesce(stddev_pop({0}), 0.0)", 1),
    "variancep": ("coalesce(var_pop({0}), 0.0)", 1),
    "count_distinct": ("count(DISTINCT {0})", 1),
    "count_distinctif": ("count(DISTINCT {0}) FILTER (WHERE {1})", 2),
    # A NaN never is the largest number (inferred): nothing says which NaN is.
    "mlmon_max": ("coalesce(max({0}) FILTER (WHERE NOT isnan({0})), max({0}))", 1),
    "mlmon_maxif": (
        "coalesce(max({0}) FILTER (WHERE NOT isnan({0}) AND {1}), max({0}) FILTER (WHERE {1}))",
        2,
    ),
    # Kusto leaves the order of the elements open, and which of them are kept; sorted, the answer
    # is one of Kusto's and always the same. (`make_list` of sorted rows is refused.)
    "mlmon_make_list": (_LIST, 1),
    "mlmon_make_list_of": (f"list_slice({_LIST}, 1, {{1}})", 2),
    "mlmon_make_list_if": (_LIST_IF, 2),
    "mlmon_make_list_if_of": (f"list_slice({_LIST_IF}, 1, {{2}})", 3),
    "mlmon_make_set": (_SET, 1),
    "mlmon_make_set_of": (f"list_slice({_SET}, 1, {{1}})", 2),
    "mlmon_make_set_if": (_SET_IF, 2),
    "mlmon_make_set_if_of": (f"list_slice({_SET_IF}, 1, {{2}})", 3),
    # Any value is right; the smallest is always the same.
    "mlmon_take_any": ("min({0})", 1),
    "mlmon_arg_max_real": ("", 0),
    "mlmon_arg_min_real": ("", 0),
}
_EXTREMES: Final = {"mlmon_arg_max_real": "max", "mlmon_arg_min_real": "min"}


def _render_arg_max(
    agg: ir.NamedExpr, key_names: list[str], cols: list[str] | None
) -> list[tuple[str, str]] | None:
    """Render `arg_max` and `arg_min` such that ties always have the same answer.

    Kusto leaves open which of several rows with the same extreme is returned. duckdb-kql's own
    rendering leaves it to DuckDB's threads; here it is the row whose values are the largest.
    A NaN is never the extreme (inferred).
    """
    targets = translate.arg_max_targets(agg, key_names, cols)
    names = translate.arg_max_names(agg, key_names, cols)
    if targets is None or names is None:
        return None
    extreme, key, picked = targets
    order = translate.render_expr(key)
    fields = [order, *(translate.render_expr(e) for e in picked)]
    # A null, or NaN, is the extreme only where there is nothing else.
    real = isinstance(agg.expr, ir.FunctionCall) and agg.expr.name in _EXTREMES
    missing = f"{order} IS NULL" + f" OR isnan({order})" * real
    first = f"({missing})" if extreme == "min" else f"NOT ({missing})"
    row = ", ".join([f"'first': {first}", *(f"'f{i}': {sql}" for i, sql in enumerate(fields))])
    return [(name, f"{extreme}({{{row}}})['f{i}']") for i, name in enumerate(names)]


def install() -> None:
    """Teach duckdb-kql the names of this module; more than once does no harm."""
    for name, (template, arity) in SCALAR.items():
        functions.SCALAR_FUNCTIONS[name] = functions.FunctionSpec(
            name, "template", template, (arity,)
        )
    for name, template in VARIADIC.items():
        functions.SCALAR_FUNCTIONS[name] = functions.FunctionSpec(name, "template", template)
    for name, (template, arity) in AGGREGATES.items():
        functions.AGGREGATE_FUNCTIONS[name] = functions.AggregateSpec(name, template, (arity,))
    translate._ARG_EXTREMES.update(_EXTREMES)
    translate._render_arg_max = _render_arg_max


install()
