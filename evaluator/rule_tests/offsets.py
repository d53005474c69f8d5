"""Times of test files: offsets from the start such as `1h15m`, and absolute times in UTC."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator

from generator.models.base import invalid, shorten

_OFFSET = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,9})s)?")
_OFFSET_FIX = "write days, hours, minutes and seconds in this order, such as 2d3h, 1h15m or 0m"
_MOMENT_FIX = "write it in UTC, such as 2026-01-01T00:00:00Z"

PointInTime = timedelta | datetime
"""An offset from the start of the test, or an absolute time in UTC."""


def parse_offset(text: str) -> timedelta | None:
    """Read an offset such as `2d3h`, `1h15m`, `90s` or `0m`; None if it is not one."""
    match = _OFFSET.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def format_offset(offset: timedelta) -> str:
    """Write an offset the way it is written in test files; a negative one with a minus."""
    if offset < timedelta(0):
        return f"-{format_offset(-offset)}"
    seconds = offset.total_seconds()
    if seconds != int(seconds):
        return f"{seconds:g}s"
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    parts = ((day, "d"), (hour, "h"), (minute, "m"), (second, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0m"


def parse_moment(text: str) -> datetime:
    """Read an absolute time, which has to be in UTC.

    Raises:
        PydanticCustomError: the text is no time, or not in UTC.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(
            "rule-test/time", f"`{shorten(text)}` is no time that exists", _MOMENT_FIX
        ) from None
    if moment.tzinfo is None:
        raise invalid("rule-test/time", f"the time `{text}` has no time zone", _MOMENT_FIX)
    if moment.utcoffset() != timedelta(0):
        raise invalid("rule-test/time", f"the time `{text}` is not in UTC", _MOMENT_FIX)
    if not 2000 <= moment.year <= 2200:
        raise invalid(
            "rule-test/time",
            f"the year {moment.year} is more likely a typing error",
            "write a year from 2000 to 2200",
        )
    return moment.astimezone(UTC)


def offset(value: object) -> timedelta:
    """Read an offset of a test file.

    Raises:
        PydanticCustomError: the value is none, with the reason.
    """
    if isinstance(value, str):
        parsed = parse_offset(value)
        if parsed is not None:
            return parsed
        if value.startswith("-") and parse_offset(value[1:]) is not None:
            message = f"the offset `{value}` is negative"
            raise invalid("rule-test/time", message, "a test begins at its start: move the start")
    if isinstance(value, bool | None | list | dict):
        raise invalid("rule-test/time", "this is no offset from the start", _OFFSET_FIX)
    if isinstance(value, str):
        message = f"`{shorten(value)}` is no offset from the start"
        raise invalid("rule-test/time", message, _OFFSET_FIX)
    raise invalid("rule-test/time", f"the offset `{value}` has no unit", _OFFSET_FIX)


def point_in_time(value: object) -> PointInTime:
    """Read an offset or an absolute time of a test file.

    Raises:
        PydanticCustomError: the value is neither, with the reason.
    """
    if isinstance(value, str) and re.match(r"\d{4}-", value):
        return parse_moment(value)
    return offset(value)


def _positive(value: object) -> timedelta:
    step = offset(value)
    if not step:
        raise invalid("rule-test/time", "a step of zero never moves on", "write a step such as 1m")
    return step


def _moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise invalid("rule-test/time", "this is no absolute time", _MOMENT_FIX)
    return parse_moment(value)


Offset = Annotated[timedelta, BeforeValidator(offset)]
Step = Annotated[timedelta, BeforeValidator(_positive)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Point = Annotated[timedelta | datetime, BeforeValidator(point_in_time)]
