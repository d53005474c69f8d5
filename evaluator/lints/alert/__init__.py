"""Lints of a rule's settings."""

from evaluator.lints.alert import (
    absence,
    always_fires,
    custom_properties,
    dimension_missing,
    measure_column,
    minute_budget,
    mute_below_frequency,
    mute_vs_autoresolve,
    never_fires,
    periods,
    series_budget,
    size_64k,
    stateful_frequency,
    unsupported_operator,
    window_gap,
    window_vs_emit,
)
from evaluator.lints.lint import AnyLint

LINTS: tuple[AnyLint, ...] = (
    absence.LINT,
    absence.LATE_ROWS,
    always_fires.LINT,
    custom_properties.LINT,
    dimension_missing.LINT,
    measure_column.LINT,
    minute_budget.LINT,
    mute_below_frequency.LINT,
    mute_vs_autoresolve.LINT,
    never_fires.LINT,
    periods.LINT,
    series_budget.LINT,
    size_64k.LINT,
    stateful_frequency.LINT,
    unsupported_operator.LINT,
    window_gap.LINT,
    window_vs_emit.LINT,
)
