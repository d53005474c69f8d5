"""Every check: what it measures, in which unit, and what follows above its limit."""

from dataclasses import dataclass
from math import isnan
from typing import Final

from monitoring.quality.records import Check, QualityStatus, Unit
from monitoring.quality.settings import WATCH


@dataclass(frozen=True, slots=True)
class CheckDefinition:
    """One check, as the documentation prints it."""

    name: str
    label: str
    """What it measures in few words, for messages."""
    unit: Unit
    outcome: QualityStatus
    """Status above the limit."""
    measures: str
    watch: float = 1.0
    """Share of the limit above which the check warns."""
    unjudged: QualityStatus = QualityStatus.INSUFFICIENT_DATA
    """Status if there was nothing to measure: `warn` where another check tells that values are
    missing, or where only a reference is."""

    def judge(self, value: float, limit: float, origin: str, reason: str) -> Check:
        """Hold a value against its limit; NaN is never `ok`."""
        if isnan(value):
            status = self.unjudged
        elif value > limit:
            status = self.outcome
        elif value > self.watch * limit:
            status = QualityStatus.WARN
        else:
            status, reason = QualityStatus.OK, ""
        return Check(self.name, status, value, limit, self.unit, origin, reason)


MISSING_ROWS: Final = CheckDefinition(
    "missing_rows",
    "rows that are missing",
    "share",
    QualityStatus.INSUFFICIENT_DATA,
    "expected timestamps of the current window that no row has",
    WATCH,
)
NEWEST_AGE: Final = CheckDefinition(
    "newest_age",
    "age of the newest reading",
    "hours",
    QualityStatus.STALE,
    "age of the newest reading when the current window ends",
)
LONGEST_GAP: Final = CheckDefinition(
    "longest_gap",
    "longest time without a row",
    "hours",
    QualityStatus.WARN,
    "longest time without a row in the current window, its ends included",
)
DUPLICATE_ROWS: Final = CheckDefinition(
    "duplicate_rows",
    "rows with a repeated time",
    "share",
    QualityStatus.FAILED,
    "rows whose timestamp another row of the current window, or of the last day, has too",
    WATCH,
)
DISORDERED_ROWS: Final = CheckDefinition(
    "disordered_rows",
    "rows out of order",
    "share",
    QualityStatus.WARN,
    "rows of the current window that are stored behind a row of a later time",
)
LATE_ROWS: Final = CheckDefinition(
    "late_rows",
    "rows filed under another date",
    "share",
    QualityStatus.WARN,
    "rows filed under another date than their own; at most, as they are counted over all rows read",
)
NULL_RATE: Final = CheckDefinition(
    "null_rate",
    "cells without a number",
    "share",
    QualityStatus.FAILED,
    "cells without a number, in the current window or in its last day alone, the worse of both",
    WATCH,
)
TYPE_ERROR_RATE: Final = CheckDefinition(
    "type_error_rate",
    "cells with something else than a number",
    "share",
    QualityStatus.FAILED,
    "cells that hold something else than a number; at most, as they are counted over all rows read",
    WATCH,
)
OUT_OF_BOUNDS_RATE: Final = CheckDefinition(
    "out_of_bounds_rate",
    "numbers outside the physical limits",
    "share",
    QualityStatus.FAILED,
    "numbers outside the physical limits or infinite, in the current window or in its last day",
    WATCH,
    unjudged=QualityStatus.WARN,
)
INFINITE_VALUES: Final = CheckDefinition(
    "infinite_values",
    "infinite numbers",
    "values",
    QualityStatus.WARN,
    "infinite numbers in the current window, which no sensor sends but a division by zero does",
)
FLAT_LINE: Final = CheckDefinition(
    "flat_line",
    "longest time at one value",
    "hours",
    QualityStatus.FAILED,
    "longest stretch of equal values that reaches into the last two days",
    unjudged=QualityStatus.WARN,
)
FLAT_SHARE: Final = CheckDefinition(
    "flat_share",
    "part of the window at one value",
    "share",
    QualityStatus.FAILED,
    "part of the current window in stretches of equal values beyond the limit of `flat_line`",
    watch=0.0,
    unjudged=QualityStatus.WARN,
)
UNIT_JUMP: Final = CheckDefinition(
    "unit_jump",
    "days in another unit",
    "days",
    QualityStatus.FAILED,
    "days of the current window whose values are the reference's in another unit",
    unjudged=QualityStatus.WARN,
)
CONSTANT: Final = CheckDefinition(
    "constant",
    "never changes, or did not before",
    "values",
    QualityStatus.WARN,
    "1 for a feature that never changes, or that begins to change after a constant reference",
    unjudged=QualityStatus.WARN,
)

CIRCUIT_CHECKS: Final = (
    MISSING_ROWS,
    NEWEST_AGE,
    LONGEST_GAP,
    DUPLICATE_ROWS,
    DISORDERED_ROWS,
    LATE_ROWS,
)
"""Checks of a circuit's rows."""

FEATURE_CHECKS: Final = (
    NULL_RATE,
    TYPE_ERROR_RATE,
    OUT_OF_BOUNDS_RATE,
    INFINITE_VALUES,
    FLAT_LINE,
    FLAT_SHARE,
    UNIT_JUMP,
    CONSTANT,
)
"""Checks of each feature."""

CHECKS: Final = (*CIRCUIT_CHECKS, *FEATURE_CHECKS)
"""Every check."""
