"""What duckdb-kql is taught: names of our own that the rewritten query calls.

Nothing here is public API of duckdb-kql, which is therefore pinned. No query of a user can call
the names that begin with `mlmon_`: the language service knows none of them. The functions under
their KQL names are those that duckdb-kql lacks; a test fails when it gains one.
"""

from typing import Final

from duckdb_kql import ir, translate
from duckdb_kql.translate import functions

_SIZE_US: Final = "NULLIF(epoch_us({1}), 0)"
_FIRST_US: Final = -62_135_596_800_000_000
_LAST_US: Final = 253_402_300_799_999_999
"""Kusto's first and last time, in DuckDB's microseconds since 1970.

https://learn.microsoft.com/kusto/query/scalar-data-types/datetime
"""
_NO_JSON: Final = r",\s*[\]}}]|[Nn][Aa][Nn]|[Ii][Nn][Ff]"
_HOUR: Final = "([01]?[0-9]|2[0-3])"
_SECONDS: Final = r":[0-5]?[0-9](\.[0-9]{{1,6}}0*)?"
_CLOCK_TEXT: Final = (
    rf"\s*-?([0-9]+\.{_HOUR}:[0-5]?[0-9]{_SECONDS}|{_HOUR}:[0-5]?[0-9]({_SECONDS})?)\s*"
)
_LIKE_A_SPAN: Final = r"\s*-?[0-9][0-9.:]*\s*[A-Za-z]*\s*"

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
        "to_microseconds(CASE WHEN NOT isnan(CAST({1} AS DOUBLE)) THEN "
        "CAST(trunc(epoch_us({0}) * CAST({1} AS DOUBLE)) AS BIGINT) * 10 // 10 END)",
        2,
    ),
    # Ten ticks to a microsecond: what 64 bits of ticks do not hold is out of range here as well.
    "mlmon_span": ("to_microseconds(epoch_us({0}) * 10 // 10)", 1),
    # Null where Kusto has no such time; its argument is written once, however long it is.
    "mlmon_moment": (
        f"make_timestamp(nullif(nullif(greatest(least(epoch_us({{0}}), {_LAST_US + 1}), "
        f"{_FIRST_US - 1}), {_LAST_US + 1}), {_FIRST_US - 1}))",
        1,
    ),
    "mlmon_try": ("TRY({0})", 1),
    # Kusto counts the starts of periods in between, and its weeks start on Sundays, as does
    # `startofweek`: https://learn.microsoft.com/kusto/query/datetime-diff-function. Year 1 begins
    # with a Monday.
    "mlmon_weeks_between": (
        "((date_diff('day', TIMESTAMP '0001-01-01', {0}) + 1) // 7"
        " - (date_diff('day', TIMESTAMP '0001-01-01', {1}) + 1) // 7)",
        2,
    ),
    "mlmon_nanoseconds_between": ("(date_diff('microsecond', {1}, {0}) * 1000)", 2),
    # Of parts that are no time, the answer is null, the seconds in microseconds:
    # https://learn.microsoft.com/kusto/query/make-datetime-function
    "mlmon_make_time": (
        "CASE WHEN {0} BETWEEN 1 AND 9999 AND {3} BETWEEN 0 AND 23 AND {4} BETWEEN 0 AND 59 "
        "AND {5} BETWEEN 0 AND 59999999 "
        "THEN TRY(make_timestamp({0}, {1}, {2}, {3}, {4}, 0) + to_microseconds({5})) END",
        6,
    ),
    # https://learn.microsoft.com/kusto/query/make-timespan-function
    "mlmon_make_span": (
        "CASE WHEN {1} BETWEEN 0 AND 23 AND {2} BETWEEN 0 AND 59 AND {3} BETWEEN 0 AND 59999999 "
        f"THEN to_microseconds(({{0}} * {86_400_000_000} + {{1}} * {3_600_000_000} "
        f"+ {{2}} * {60_000_000} + {{3}}) * 10 // 10) END",
        4,
    ),
    # Documented are clocks such as `1.02:03:04.5`, and null for what is no span. What may be one,
    # such as `25:00:00` or `1h`, stops the query.
    "mlmon_text_to_timespan": (
        f"CASE WHEN regexp_full_match({{0}}, '{_CLOCK_TEXT}') THEN "
        "(CASE WHEN regexp_matches({0}, '^\\s*-') THEN -1 ELSE 1 END) * (to_microseconds("
        "coalesce(TRY_CAST(regexp_extract({0}, '([0-9]+)\\.[0-9]+:', 1) AS BIGINT), 0)"
        f" * {864_000_000_000} // 10)"
        " + CAST(regexp_extract({0}, '[0-9]+:[0-9:.]*') AS INTERVAL)) "
        f"WHEN regexp_full_match({{0}}, '{_LIKE_A_SPAN}') "
        "THEN error('mlmon: `totimespan()` is run of clocks such as `1.02:03:04.5`, not of ' || "
        "{0}) END",
        1,
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
    # What is no JSON is a text: https://learn.microsoft.com/kusto/query/parse-json-function. DuckDB
    # takes commas before a bracket, NaN and infinities; texts within it are looked at by no one.
    "mlmon_parse_json": (
        # No text is null: https://learn.microsoft.com/kusto/query/isnull-function.
        f"CASE WHEN {{0}} = '' THEN NULL WHEN regexp_matches({{0}}, '{_NO_JSON}') "
        "AND regexp_matches(regexp_replace({0}, "
        f"'\"(\\\\.|[^\"\\\\])*\"', '\"\"', 'gs'), '{_NO_JSON}') "
        "THEN to_json({0}) ELSE coalesce(TRY_CAST({0} AS JSON), to_json({0})) END",
        1,
    ),
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

_MAX_SIZE: Final = 1_048_576
"""https://learn.microsoft.com/kusto/query/make-list-aggregation-function#parameters."""


def _list(values: str, condition: str, size: str) -> str:
    """Write a list of some values without nulls.

    Kusto leaves the order of the elements open, and which of them are kept; sorted, the answer is
    one of Kusto's and always the same. (`make_list` of sorted rows is refused.)
    """
    every = f"list_sort(coalesce(list({values}) FILTER (WHERE {condition}), []))"
    return f"list_slice({every}, 1, {size})"


def _lists() -> dict[str, tuple[str, int]]:
    """Write `make_list` and `make_set`, with a condition or not, with a size of their own or not.

    Lists of dynamic values become one dynamic value: their elements are no texts.
    """
    of_any, of_dynamic = "{0} IS NOT NULL", "json_type({0}) <> 'NULL'"
    written: dict[str, tuple[str, int]] = {}
    for name, values, has_value in (
        ("make_list{}", "{0}", of_any),
        ("make_list{}_dynamic", "{0}", of_dynamic),
        ("make_set{}", "DISTINCT {0}", of_any),
    ):
        shape = "to_json({})" if has_value is of_dynamic else "{}"
        for infix, condition, arity in (("", has_value, 1), ("_if", f"{has_value} AND {{1}}", 2)):
            full = "mlmon_" + name.format(infix)
            size = f"least({{{arity}}}, {_MAX_SIZE})"
            written[full] = (shape.format(_list(values, condition, str(_MAX_SIZE))), arity)
            written[f"{full}_of"] = (shape.format(_list(values, condition, size)), arity + 1)
    return written


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
    **_lists(),
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


_render_range_at_once: Final = translate.render_range


def _render_range(source: ir.RangeSource) -> str:
    """Render `range` as rows that come one after another.

    duckdb-kql unnests a list, which DuckDB makes as a whole, outside of its limits of memory and
    time.
    """
    series, column = _render_range_at_once(source).removeprefix("SELECT UNNEST(").rsplit(") AS ", 1)
    return f"SELECT generate_series AS {column} FROM {series}"  # noqa: S608 - rendered


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
    translate.render_range = _render_range


install()
