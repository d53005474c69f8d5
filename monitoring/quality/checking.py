"""The quality of a circuit's readings: every check of every feature, before drift is looked at."""

from datetime import timedelta
from math import isnan, nan
from typing import Final

from monitoring.quality import definitions as checks
from monitoring.quality.features import FeatureData, check_feature
from monitoring.quality.records import Check, CircuitQuality, FeatureQuality
from monitoring.quality.requirements import Requirements
from monitoring.quality.settings import MIN_ROWS_OF_A_DAY, QualitySettings
from monitoring.quality.timeline import (
    HOUR,
    Timeline,
    count_disordered,
    count_distinct,
    longest_gap,
)
from monitoring.quality.units import DailySamples
from monitoring.sensors import CircuitReadings
from monitoring.windows import Windows

DEFAULTS: Final = QualitySettings()
_DEFAULT: Final = "built in"


def check_circuit(
    readings: CircuitReadings,
    requirements: Requirements,
    windows: Windows,
    settings: QualitySettings = DEFAULTS,
) -> CircuitQuality:
    """Judge the readings of one circuit.

    The current window is judged, as it is what drift would compare and a model be fed with. Its
    rates of null, out-of-bounds and duplicate cells are also judged on its last day alone, so that
    a fault of yesterday is found today and not once it fills a week. The reference only says what
    is usual: how long a sensor rests, how long its gaps are, in which unit it speaks.

    Args:
        readings: of both windows, in any order; other rows are not looked at.
        requirements: of the same circuit.
        windows: of the run.
        settings: limits that the configuration does not have.

    Raises:
        ValueError: readings and requirements are of different circuits.
    """
    if readings.key != requirements.key:
        raise ValueError(f"readings of {readings.key} judged as {requirements.key}")
    timeline = Timeline.of(readings, windows)
    samples = DailySamples(timeline)
    found = []
    for feature in requirements.features:
        if feature not in readings.values:
            error = f"{requirements.key} {feature}: the data have no such column."
            found.append(FeatureQuality(feature, (), error))
            continue
        data = FeatureData(feature, timeline, samples, requirements, settings)
        found.append(FeatureQuality(feature, check_feature(data)))
    current = timeline.current
    return CircuitQuality(
        requirements.plant_id,
        requirements.circuit_id,
        current.stop - current.start,
        _check_rows(timeline, requirements, settings),
        tuple(found),
    )


def _check_rows(
    timeline: Timeline, requirements: Requirements, settings: QualitySettings
) -> tuple[Check, ...]:
    return (
        _missing_rows(timeline, requirements, settings),
        _newest_age(timeline, requirements, settings),
        _longest_gap(timeline, requirements, settings),
        _duplicate_rows(timeline, requirements, settings),
        _disordered_rows(timeline, requirements, settings),
        _late_rows(timeline, requirements, settings),
    )


def _missing_rows(
    timeline: Timeline, requirements: Requirements, settings: QualitySettings
) -> Check:
    window = timeline.windows.current
    expected = max((window.end - window.start) // requirements.sample_every, 1)
    present = count_distinct(timeline.times[timeline.current])
    missing = max(1.0 - present / expected, 0.0)
    reason = (
        f"{requirements.key}: {present:,} of {expected:,} expected rows are there, "
        f"{missing:.1%} are missing; the limit is {settings.missing_rows:.0%}."
    )
    return checks.MISSING_ROWS.judge(missing, settings.missing_rows, _DEFAULT, reason)


def _newest_age(timeline: Timeline, requirements: Requirements, settings: QualitySettings) -> Check:
    limit = _hours(max(settings.newest_age, 2 * requirements.sample_every))
    newest = timeline.current.stop - 1
    if newest < 0:
        reason = f"{requirements.key}: there is no row at all."
        return checks.NEWEST_AGE.judge(nan, limit, _DEFAULT, reason)
    age = float(timeline.windows.current.end_us - timeline.times[newest]) / HOUR
    reason = (
        f"{requirements.key}: the newest row is {age:.1f} h old when the last day ends; "
        f"the limit is {limit:g} h."
    )
    return checks.NEWEST_AGE.judge(age, limit, _DEFAULT, reason)


def _longest_gap(
    timeline: Timeline, requirements: Requirements, settings: QualitySettings
) -> Check:
    every = requirements.sample_every
    usual = longest_gap(timeline.times[timeline.reference], every)
    limit = max(_hours(max(settings.longest_gap, 3 * every)), usual)
    gap = longest_gap(timeline.times[timeline.current], every, timeline.windows.current)
    reason = (
        f"{requirements.key}: there is no row for {gap:.1f} h; "
        f"the reference's longest gap is {usual:.1f} h, the limit {limit:.1f} h."
    )
    return checks.LONGEST_GAP.judge(gap, limit, _DEFAULT, reason)


def _duplicate_rows(
    timeline: Timeline, requirements: Requirements, settings: QualitySettings
) -> Check:
    share = _duplicates(timeline, timeline.current)
    if timeline.last_day.stop - timeline.last_day.start >= MIN_ROWS_OF_A_DAY:
        share = max(share, _duplicates(timeline, timeline.last_day))
    reason = (
        _no_rows(requirements)
        if isnan(share)
        else (
            f"{requirements.key}: {share:.1%} of the rows have a timestamp that another row has; "
            f"the limit is {settings.duplicate_rows:.0%}."
        )
    )
    return checks.DUPLICATE_ROWS.judge(share, settings.duplicate_rows, _DEFAULT, reason)


def _disordered_rows(
    timeline: Timeline, requirements: Requirements, settings: QualitySettings
) -> Check:
    stored = timeline.stored_times()
    share = count_disordered(stored) / stored.size if stored.size else nan
    reason = (
        _no_rows(requirements)
        if isnan(share)
        else (
            f"{requirements.key}: {share:.1%} of the rows are stored behind a row of a later time; "
            f"the limit is {settings.disordered_rows:.0%}."
        )
    )
    return checks.DISORDERED_ROWS.judge(share, settings.disordered_rows, _DEFAULT, reason)


def _late_rows(timeline: Timeline, requirements: Requirements, settings: QualitySettings) -> Check:
    # Counted over all rows that were read; those of the current window are at most all of it.
    late, rows = timeline.readings.late, timeline.current.stop - timeline.current.start
    share = min(late, rows) / rows if rows else nan
    reason = (
        _no_rows(requirements)
        if isnan(share)
        else (
            f"{requirements.key}: {late:,} rows are filed under another date than their own, "
            f"up to {share:.1%} of the current window; the limit is {settings.late_rows:.0%}."
        )
    )
    return checks.LATE_ROWS.judge(share, settings.late_rows, _DEFAULT, reason)


def _no_rows(requirements: Requirements) -> str:
    return f"{requirements.key}: the current window has no row."


def _duplicates(timeline: Timeline, rows: slice) -> float:
    times = timeline.times[rows]
    return 1.0 - count_distinct(times) / times.size if times.size else nan


def _hours(length: timedelta) -> float:
    return length / timedelta(hours=1)
