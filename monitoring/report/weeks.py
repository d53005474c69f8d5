"""The models' errors week by week, over the fleet. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from statistics import median
from typing import Final

from monitoring.report import figures
from monitoring.report.listing import NameCircuit
from monitoring.report.model import WeekRow, Weeks
from monitoring.report.reading import utc_day
from monitoring.report.records import PerformanceRecord

_DAYS: Final = 7


def weeks(found: Mapping[str, PerformanceRecord], as_of: date, link: NameCircuit) -> Weeks | None:
    """Sum the weekly verdicts of the circuits up, the newest week first; None without any.

    A verdict is of the week in which its window ends; windows of one circuit share no day.
    """
    verdicts: dict[int, dict[str, float]] = defaultdict(dict)
    for key, record in found.items():
        for verdict in record.weekly:
            if verdict.exceedance is not None:
                back = (as_of - utc_day(verdict.evaluated_at)).days // _DAYS
                verdicts[back][key] = verdict.exceedance
    rows = tuple(_row(as_of, back, verdicts[back], link) for back in sorted(verdicts))
    if not rows:
        return None
    return Weeks(
        "The MAE over its limit, of the window of seven days that each circuit ended in that week. "
        "Above 1 the limit is passed; a version of a model that is new has fewer weeks.",
        rows,
    )


def _row(as_of: date, back: int, found: Mapping[str, float], link: NameCircuit) -> WeekRow:
    end = as_of - timedelta(days=back * _DAYS + 1)  # the last day of a window that ends at as_of
    start = end - timedelta(days=_DAYS - 1)
    worst = min(found, key=lambda key: (-found[key], key))
    over = sum(value > 1 for value in found.values())
    return WeekRow(
        f"{figures.short_day(start)} to {figures.short_day(end)}",
        figures.count(len(found)),
        figures.count(over),
        "high" if over else "calm",
        figures.exceedance(median(found.values())),
        link(worst),
        figures.exceedance(found[worst]),
    )
