"""ISO 8601 durations of days, hours and minutes, as Azure and the configuration write them."""

import re
from datetime import timedelta

_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?)?")


def parse_duration(text: str) -> timedelta | None:
    """Read an ISO 8601 duration of days, hours and minutes; None if it is not one."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()) or text.endswith("T"):
        return None
    days, hours, minutes = (int(g or 0) for g in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def iso_duration(duration: timedelta) -> str:
    """Write a duration of whole minutes as ISO 8601, the way it is written in YAML."""
    minutes = duration // timedelta(minutes=1)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")
