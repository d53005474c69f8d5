"""Limits of the quality checks that are not in `thresholds.yaml`, each with its reason."""

from dataclasses import dataclass
from datetime import timedelta

WATCH = 0.8
"""A rate warns from this share of its limit, as `mae_watch` (.20) stands to `mae` (.25)."""

MIN_ROWS_OF_A_DAY = 100
"""The last day is judged by itself from here: one bad row is then at most the smallest limit, the
document's type-error rate of 1 %. An hourly circuit is judged on the whole window only."""


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """Defaults of every limit that the configuration does not have.

    Null, type-error and out-of-bounds rates are the circuit's own and never here.
    """

    missing_rows: float = 0.3
    """Share of expected rows that may be absent from the current window. Five whole days of seven
    are enough, so that a plant that rests on weekends is judged."""
    newest_age: timedelta = timedelta(hours=12)
    """Age of the newest reading at the end of the window. A run speaks of the last day; older, and
    it has seen less than half of it."""
    longest_gap: timedelta = timedelta(hours=6)
    """Longest time without a row; a quarter of a day, the length of stuck sensor that must be
    found. Longer gaps that the reference has too (nights, weekends) are no news."""
    duplicate_rows: float = 0.05
    """Share of rows whose timestamp another row has. As many as may be missing or out of bounds by
    the document's "Null/Outlier Rate 5 %"."""
    disordered_rows: float = 0.05
    """Share of rows stored behind a row of a later time; warns only, as every part sorts."""
    late_rows: float = 0.05
    """Share of rows filed under another date than their own; one late day of seven is 14 %. Warns
    only: the rows are here, but a reader that trusts the partition misses them."""
    flat_line: timedelta = timedelta(hours=2)
    """Shortest stretch of equal values that can be a stuck sensor: a third of the 6 h that must be
    found, so that a stretch cut by midnight is found on one of its days."""
    flat_line_days: int = 2
    """Last days in which a stretch fails the circuit, and is not merely part of `flat_share`:
    yesterday, and the day that a run which failed or came late would else have missed."""
    flat_line_rows: int = 10
    """Shortest such stretch in rows. QARTOD's flat-line test fails at 5 equal readings and suspects
    3 (https://ioos.noaa.gov/project/qartod/); twice that, as coarse sensors are common here."""
    flat_line_margin: float = 2.0
    """Times the second longest flat stretch of the reference. The second, so that one stuck sensor
    in the reference does not hide the next; rests that return each week are there at least four
    times. Runs with an exponential tail pass twice that in 6 m/n^2 of windows (n runs in the
    reference, m in the current window)."""
    flat_line_chance: float = 1e-3
    """Chance of a false alarm per feature and window if values repeat independently with the
    reference's own probability; 6 features and 7 days a window make .0009 a circuit-day, half of
    the budget of severe alarms."""
    flat_share: float = 0.15
    """Share of the current window in flat stretches, most of which are over. One whole day of seven
    is less; more would move a distribution function beyond the .1 to .15 below which drift is not
    told."""
    unit_days: float = 0.5
    """Days of the current window in another unit. The test looks at whole days, so that one is too
    many: days of two units in one window always look like drift."""
