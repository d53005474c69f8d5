"""Small lines over the days, all on one scale: pure."""

from collections.abc import Sequence
from typing import Final

from monitoring.report import figures
from monitoring.report.model import Sparkline

WIDTH: Final = 90
HEIGHT: Final = 26
_MARGIN: Final = 2
_TOP: Final = 2.0
"""Exceedance at the upper edge; larger ones run along it. The limit, 1, is a line of the page."""


def sparkline(values: Sequence[float | None]) -> Sparkline:
    """Draw exceedances, one a day, oldest first; a day without one is a gap.

    The last point is marked where the last day has a value.
    """
    known = [value for value in values if value is not None]
    if not known:
        return Sparkline("", "", "")
    step = (WIDTH - 2 * _MARGIN) / max(len(values) - 1, 1)
    path, before = "", None
    for index, value in enumerate(values):
        if value is None:
            before = None
            continue
        at = (round(_MARGIN + index * step), _height(value))
        if before is None:
            path += f"M{at[0]} {at[1]}h0"
        else:
            path += _step(at[0] - before[0], at[1] - before[1])
        before = at
    last = f"M{before[0]} {before[1]}h0" if before else ""
    words = f"{figures.exceedance(min(known))} to {figures.exceedance(max(known))} times its limit"
    return Sparkline(path, last, f"{words} on {figures.count(len(known), 'day')}")


def _step(right: int, down: int) -> str:
    """Draw on, in as few characters as can be: a page has tens of thousands of steps."""
    if not down:
        return f"h{right}"
    return f"l{right}{down}" if down < 0 else f"l{right} {down}"


def _height(value: float) -> int:
    share = min(max(value, 0.0), _TOP) / _TOP
    return round(HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN))
