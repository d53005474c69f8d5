"""Lints of a query's KQL."""

from evaluator.lints.kql import (
    avgif_nan,
    bin_origin,
    case_function,
    classic_table,
    contains_vs_has,
    fragile,
    invalid,
    itemcount,
    join_kind,
    lookback_48h,
    regex_literal,
    required_filter,
    reserved_aggregated_value,
    syntax,
    union_types,
    unknown_name,
    unsafe_division,
)
from evaluator.lints.lint import Lint

LINTS: tuple[Lint, ...] = (
    syntax.LINT,
    unknown_name.LINT,
    invalid.LINT,
    classic_table.LINT,
    lookback_48h.LINT,
    unsafe_division.LINT,
    avgif_nan.LINT,
    itemcount.LINT,
    required_filter.LINT,
    fragile.LINT,
    join_kind.LINT,
    union_types.LINT,
    contains_vs_has.LINT,
    regex_literal.LINT,
    case_function.LINT,
    bin_origin.LINT,
    reserved_aggregated_value.LINT,
)
