"""One page on the fleet's day, from its results folder and those of the days before."""

from pathlib import Path

from generator.fleet import Fleet
from monitoring.files import write_atomically
from monitoring.report.building import build
from monitoring.report.page import page
from monitoring.report.reading import (
    Day,
    ReportError,
    read_backtest,
    read_day,
    read_faults,
    read_past,
)

__all__ = ["Day", "ReportError", "read_day", "write_report"]


def write_report(
    results: Path,
    day: Day,
    fleet: Fleet,
    out: Path,
    *,
    alerts: Path | None = None,
    faults: Path | None = None,
) -> None:
    """Write the report of a day as one HTML file; the same inputs give the same bytes.

    Args:
        results: the day's folder; folders beside it that are named by earlier days are read too.
        day: what `read_day` found in it.
        fleet: the environment that the results are of.
        out: file to write.
        alerts: what `mlmon backtest --format json` printed; None for no section on alerts.
        faults: `faults.json` of simulated data; None for no section on faults.

    Raises:
        ReportError: the file of alerts or of faults cannot be read.
        OSError: the report cannot be written.
    """
    backtest = None if alerts is None else read_backtest(alerts)
    put_in = () if faults is None else read_faults(faults)
    write_atomically(out, page(build(day, read_past(results, day), fleet, backtest, put_in)))
