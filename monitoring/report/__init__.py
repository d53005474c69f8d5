"""One page on the fleet's day, from its results folder and those of the days before."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from generator.fleet import Fleet
from monitoring.files import write_atomically
from monitoring.report.building import build
from monitoring.report.model import StageRow
from monitoring.report.page import page, unjudged_page
from monitoring.report.reading import (
    Day,
    ReportError,
    read_backtest,
    read_day,
    read_errors,
    read_faults,
    read_past,
    read_standing,
)
from monitoring.report.unjudged import unjudged_night

__all__ = ["Day", "ReportError", "StageRow", "read_day", "write_report", "write_unjudged"]


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


def write_unjudged(
    results: Path,
    fleet: Fleet,
    as_of: date,
    stages: Sequence[StageRow],
    out: Path,
    *,
    with_errors: bool,
) -> None:
    """Write the page of a night in which drift could not be judged: what ran and what did not.

    Args:
        results: the day's folder; folders beside it that are named by earlier days are read too.
        fleet: the environment.
        as_of: the night.
        stages: of the night so far, in order.
        out: file to write.
        with_errors: whether the performance job's results in the folder are of this night.

    Raises:
        ReportError: the performance job's results cannot be understood.
        OSError: the page cannot be written.
    """
    errors = read_errors(results, as_of) if with_errors else None
    standing, problems = read_standing(results, as_of, fleet.name)
    night = unjudged_night(fleet, as_of, stages, errors, standing, problems)
    write_atomically(out, unjudged_page(night))
