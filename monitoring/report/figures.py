"""How the report writes numbers, days and texts: the one place that formats."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

from generator.diagnostics import printable

NOTHING: Final = "–"
_MONTHS: Final = tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
LONGEST_TEXT: Final = 600
_LONGEST_NAME: Final = 120


def exceedance(value: float | None) -> str:
    """Write a value over its limit: `1.75`, `12.3`, `1,250`, `2.5e+13`."""
    if value is None:
        return NOTHING
    if value >= 1e6:
        return f"{value:.1e}"
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{decimals}f}"


def measure(value: float | None) -> str:
    """Write a measured value with three significant digits, without an exponent where it fits."""
    if value is None:
        return NOTHING
    size = abs(value)
    if size >= 1e6 or 0 < size < 1e-4:
        return f"{value:.2e}"
    if size >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 9.995 else f"{value:.2f}" if size >= 0.9995 else f"{value:.3f}"


def limit(value: float) -> str:
    """Write a limit as somebody wrote it: `0.25`."""
    return f"{value:.6g}"


def count(number: int, noun: str = "", plural: str = "") -> str:
    """Write a number, with its noun: `1 circuit`, `1,250 circuits`."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def share(value: float | None) -> str:
    """Write a share between 0 and 1 in percent."""
    return NOTHING if value is None else f"{value:.0%}"


def change(now: int, before: int | None, since: str) -> str:
    """Write how a number changed: `+2 since 19 Nov`; empty where there is nothing before."""
    if before is None:
        return ""
    if now == before:
        return f"same as {since}"
    return f"{'+' if now > before else '−'}{abs(now - before):,} since {since}"


def day(value: date) -> str:
    """Write a day: `19 Nov 2026`; months are English whatever the machine's language."""
    return f"{short_day(value)} {value.year}"


def short_day(value: date) -> str:
    """Write a day without its year: `19 Nov`."""
    return f"{value.day} {_MONTHS[value.month - 1]}"


def moment(value: datetime) -> str:
    """Write a moment in UTC: `19 Nov 05:10`."""
    utc = value.astimezone(UTC)
    return f"{short_day(utc)} {utc:%H:%M}"


def text(value: str, most: int = LONGEST_TEXT) -> str:
    """Write a text of somebody else: control and bidirectional characters as codes, cut if long."""
    return _shown(value, most)


def name(value: str) -> str:
    """Write a name of somebody else, cut to what a line can hold."""
    return _shown(value, _LONGEST_NAME)


def names(values: Sequence[str], most: int) -> str:
    """List names, the first so many."""
    shown = ", ".join(name(value) for value in values[:most])
    more = len(values) - most
    return f"{shown} and {more:,} more" if more > 0 else shown


def sentence(value: str) -> str:
    """Begin with a capital letter."""
    return value[:1].upper() + value[1:]


def _shown(value: str, most: int) -> str:
    cut = value if len(value) <= most else value[: most - 1] + "…"
    return cut if cut.isprintable() else printable(cut)
