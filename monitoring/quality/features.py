"""The checks of one feature."""

from dataclasses import dataclass, field
from datetime import timedelta
from math import inf, isnan, nan

import numpy as np

from monitoring.quality import definitions as checks
from monitoring.quality.flat_line import MIN_VALUES, Stretches, flat_line_limit
from monitoring.quality.records import Check
from monitoring.quality.requirements import RateLimit, Requirements
from monitoring.quality.settings import MIN_ROWS_OF_A_DAY, QualitySettings
from monitoring.quality.timeline import Timeline
from monitoring.quality.units import MIN_REFERENCE_DAYS, DailySamples, TooFewDays
from monitoring.sensors import FloatArray

_BUILT_IN = "built in"


@dataclass(frozen=True, slots=True)
class FeatureData:
    """A feature of a circuit with everything it is judged by."""

    feature: str
    timeline: Timeline
    samples: DailySamples
    requirements: Requirements
    settings: QualitySettings
    values: FloatArray = field(init=False)
    """In order of time, of all windows."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", self.timeline.values(self.feature))

    @property
    def subject(self) -> str:
        """What sentences are about: `PLANT/CIRCUIT feature`."""
        return f"{self.requirements.key} {self.feature}"

    def stretches(self, rows: slice) -> Stretches:
        """Find stretches of equal values in some rows."""
        step = self.requirements.sample_every // timedelta(microseconds=1)
        return Stretches.of(self.timeline.times[rows], self.values[rows], step)


def check_feature(data: FeatureData) -> tuple[Check, ...]:
    """Return every check of a feature, in the order of `definitions.FEATURE_CHECKS`."""
    current = data.values[data.timeline.current]
    last_day = data.values[data.timeline.last_day]
    return (
        _null_rate(data, current, last_day),
        _type_error_rate(data, current),
        _out_of_bounds_rate(data, current, last_day),
        _infinite_values(data, current),
        *_flat_lines(data),
        _unit_jump(data),
        _constant(data, current),
    )


def _null_rate(data: FeatureData, current: FloatArray, last_day: FloatArray) -> Check:
    rate, where = _worse(_null_share(current), _null_share(last_day), last_day.size)
    limit = data.requirements.null_rate
    reason = _rate_sentence(data, rate, "cells", where, "hold no number", limit)
    return checks.NULL_RATE.judge(rate, limit.value, limit.origin, reason)


def _type_error_rate(data: FeatureData, current: FloatArray) -> Check:
    # Counted over all rows that were read; a cell that is no number is NaN here, so that those of
    # the current window are at most its NaN.
    wrong = data.timeline.readings.type_errors.get(data.feature, 0)
    if wrong:
        wrong = min(wrong, int(np.count_nonzero(np.isnan(current))))
    rate = wrong / current.size if current.size else nan
    limit = data.requirements.type_error_rate
    reason = _rate_sentence(
        data, rate, "cells", "current window", "hold something else than a number", limit
    )
    return checks.TYPE_ERROR_RATE.judge(rate, limit.value, limit.origin, reason)


def _out_of_bounds_rate(data: FeatureData, current: FloatArray, last_day: FloatArray) -> Check:
    low, high = data.requirements.physical_limits.get(data.feature, (-inf, inf))
    of_window, of_day = (_outside_share(values, low, high) for values in (current, last_day))
    rate, where = _worse(of_window, of_day, last_day.size)
    limit = data.requirements.out_of_bounds_rate
    what = f"are infinite or outside {low:g} to {high:g}"
    reason = _rate_sentence(data, rate, "numbers", where, what, limit)
    return checks.OUT_OF_BOUNDS_RATE.judge(rate, limit.value, limit.origin, reason)


def _infinite_values(data: FeatureData, current: FloatArray) -> Check:
    count = int(np.count_nonzero(np.isinf(current)))
    reason = f"{data.subject}: {count:,} values of the current window are infinite."
    return checks.INFINITE_VALUES.judge(count, 0.0, _BUILT_IN, reason)


def _flat_lines(data: FeatureData) -> tuple[Check, Check]:
    """Judge stretches of equal values: those of the last days, and the share of the window."""
    timeline, settings = data.timeline, data.settings
    current = data.stretches(timeline.current)
    if current.values == 0:
        reason = f"{data.subject}: the current window has no value."
        return (
            checks.FLAT_LINE.judge(nan, inf, _BUILT_IN, reason),
            checks.FLAT_SHARE.judge(nan, settings.flat_share, _BUILT_IN, reason),
        )
    reference = data.stretches(timeline.reference)
    usual = reference if reference.values >= MIN_VALUES else current
    step_hours = data.requirements.sample_every / timedelta(hours=1)
    limit = flat_line_limit(usual, current.values, step_hours, settings)
    hours = current.hours
    window = timeline.windows.current
    recent = timedelta(days=settings.flat_line_days) // timedelta(microseconds=1)
    longest = float(hours[current.ends > window.end_us - recent].max(initial=0.0))
    reason = (
        f"{data.subject}: the same value for {longest:.1f} h in the last "
        f"{settings.flat_line_days} days; this sensor's limit is {limit:.1f} h, so it seems stuck."
    )
    line = checks.FLAT_LINE.judge(longest, limit, _BUILT_IN, reason)
    flat = float(hours[hours > limit].sum())
    share = flat / ((window.end - window.start) / timedelta(hours=1))
    reason = (
        f"{data.subject}: {flat:.1f} h of the current window, {share:.1%}, are stretches of one "
        f"value longer than {limit:.1f} h; the limit is {settings.flat_share:.0%}."
    )
    return line, checks.FLAT_SHARE.judge(share, settings.flat_share, _BUILT_IN, reason)


def _unit_jump(data: FeatureData) -> Check:
    limit = data.settings.unit_days
    try:
        jump = data.samples.find_jump(data.values)
    except TooFewDays:
        reason = (
            f"{data.subject}: fewer than {MIN_REFERENCE_DAYS} days of the reference have values, "
            "so that a change of unit cannot be seen."
        )
        return checks.UNIT_JUMP.judge(nan, limit, _BUILT_IN, reason)
    if jump is None:
        return checks.UNIT_JUMP.judge(0.0, limit, _BUILT_IN, "")
    first = data.timeline.windows.current.start + timedelta(days=jump.days[0])
    count = "1 day" if len(jump.days) == 1 else f"{len(jump.days)} days"
    reason = (
        f"{data.subject}: {count} of the current window, the first {first:%Y-%m-%d}, look like the "
        f"reference in another unit ({jump.conversion.name})."
    )
    return checks.UNIT_JUMP.judge(len(jump.days), limit, _BUILT_IN, reason)


def _constant(data: FeatureData, current: FloatArray) -> Check:
    before = data.values[data.timeline.reference]
    is_constant, was_constant = _is_constant(current), _is_constant(before)
    if is_constant is None or was_constant is None:
        reason = f"{data.subject}: one of the windows has no value to compare."
        return checks.CONSTANT.judge(nan, 0.0, _BUILT_IN, reason)
    if is_constant:
        reason = f"{data.subject}: every value of the current window is the same."
    else:
        reason = f"{data.subject}: was constant in the whole reference, and now moves."
    found = float(is_constant or was_constant)
    return checks.CONSTANT.judge(found, 0.0, _BUILT_IN, reason)


def _is_constant(values: FloatArray) -> bool | None:
    if values.size and np.isfinite(values[[0, -1]]).all() and values[0] != values[-1]:
        return False  # as almost every sensor
    finite = values[np.isfinite(values)]
    return bool((finite == finite[0]).all()) if finite.size else None


def _null_share(values: FloatArray) -> float:
    return float(np.count_nonzero(np.isnan(values))) / values.size if values.size else nan


def _outside_share(values: FloatArray, low: float, high: float) -> float:
    there = values.size - int(np.count_nonzero(np.isnan(values)))
    if there == 0:
        return nan
    outside = (values < low) | (values > high) | np.isinf(values)
    return float(np.count_nonzero(outside)) / there


def _worse(of_window: float, of_last_day: float, rows_of_last_day: int) -> tuple[float, str]:
    """Return the larger of two rates and of what it is; a short day is not judged by itself."""
    if rows_of_last_day < MIN_ROWS_OF_A_DAY or isnan(of_last_day):
        return of_window, "current window"
    return max((of_window, "current window"), (of_last_day, "last day"))


def _rate_sentence(
    data: FeatureData, rate: float, cells: str, where: str, what: str, limit: RateLimit
) -> str:
    if isnan(rate):
        return f"{data.subject}: the {where} has no {cells} that could be judged."
    return (
        f"{data.subject}: {rate:.1%} of the {cells} of the {where} {what}; "
        f"the limit is {limit.value:.1%} ({limit.origin})."
    )
