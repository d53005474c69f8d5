"""Values of literals of time, read from their text: the language service keeps milliseconds.

Kusto counts in ticks of 100 ns. What is read is the documented form that means one thing only.
https://learn.microsoft.com/kusto/query/scalar-data-types/datetime
https://learn.microsoft.com/kusto/query/scalar-data-types/timespan
"""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

_MICROSECOND: Final = timedelta(microseconds=1)
_BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
_MOST_US: Final = Fraction(2**63 - 1, 10)
"""Of a timespan, which is 64 bits of ticks."""

_TYPED: Final = re.compile(
    r"(?:datetime|date|timespan|time)\s*\(\s*(?P<quote>['\"]?)(?P<value>.*?)(?P=quote)\s*\)",
    re.DOTALL,
)
_MOMENT: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[T ](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,7}))?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:\d{2})?)?"
)
_CLOCK: Final = re.compile(
    r"(?P<sign>-?)(?:(?P<days>\d+)\.)?(?P<hours>\d{1,2}):(?P<minutes>\d{2})"
    r"(?::(?P<seconds>\d{2})(?:\.(?P<fraction>\d{1,7}))?)?"
)
_SPAN: Final = re.compile(r"(?P<number>-?\d+(?:\.\d+)?)\s*(?P<unit>[a-z]*)")
_DAY_US: Final = Fraction(86_400_000_000)
# The units' beginnings, the longer ones first; in microseconds.
_UNITS: Final = (
    ("tick", Fraction(1, 10)),
    ("nano", Fraction(1, 1000)),
    ("micro", Fraction(1)),
    ("milli", Fraction(1_000)),
    ("ms", Fraction(1_000)),
    ("d", _DAY_US),
    ("h", Fraction(3_600_000_000)),
    ("m", Fraction(60_000_000)),
    ("s", Fraction(1_000_000)),
)


def constant_of(kind: str, text: str, told: object) -> object:
    """Return the value of a literal, given what the language service tells."""
    if kind == "DateTimeLiteralExpression":
        return _exactly(_moment(_bare(text)))
    if kind == "TimespanLiteralExpression":
        return _exactly(_span(_bare(text)))
    return told


def is_null(text: str) -> bool:
    """Tell whether a literal of a type is its null, such as `datetime(null)`."""
    return _bare(text) == "null"


def _bare(text: str) -> str:
    """Take the type and quotes off a literal."""
    typed = _TYPED.fullmatch(text)
    return (typed["value"] if typed else text).strip()


def _exactly(value: Fraction | None) -> int | Fraction | None:
    return value.numerator if value is not None and value.denominator == 1 else value


def _moment(text: str) -> Fraction | None:
    """Count the microseconds since year 1."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    numbers = [match[n] or 0 for n in ("year", "month", "day", "hour", "minute", "second")]
    try:
        moment = datetime(*map(int, numbers), tzinfo=UTC)  # type: ignore[misc, arg-type]
        moment -= _offset(match["zone"])
    except (ValueError, OverflowError):
        return None
    return (moment - _BEGINNING) // _MICROSECOND + _fraction(match["fraction"])


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone == "Z":
        return timedelta(0)
    hours, minutes = zone[1:].split(":")
    return timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if zone[0] == "-" else 1)


def _fraction(digits: str | None) -> Fraction:
    """Turn the digits behind a second's point into microseconds."""
    return Fraction(int(digits), 10 ** len(digits)) * 1_000_000 if digits else Fraction(0)


def _span(text: str) -> Fraction | None:
    """Count the microseconds of a timespan; what does not fit into its bits has no value."""
    span = _clock(text)
    if span is None:
        span = _of_unit(text)
    return span if span is not None and abs(span) <= _MOST_US else None


def _clock(text: str) -> Fraction | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (
        int(match[n] or 0) for n in ("days", "hours", "minutes", "seconds")
    )
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    whole = timedelta(0, (hours * 60 + minutes) * 60 + seconds) // _MICROSECOND
    span = days * _DAY_US + whole + _fraction(match["fraction"])
    return -span if match["sign"] else span


def _of_unit(text: str) -> Fraction | None:
    """Read `90s`, or days without a unit.

    What a fraction of less than a second's unit, or of a bare number, means is not documented.
    """
    match = _SPAN.fullmatch(text.lower())
    if match is None:
        return None
    number, unit = Fraction(match["number"]), match["unit"]
    size = next((us for start, us in _UNITS if unit.startswith(start)), None) if unit else _DAY_US
    is_whole = number.denominator == 1
    if size is None or not (is_whole or (unit and size >= 1_000_000)):
        return None
    return number * size
