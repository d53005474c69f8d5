"""The folders of days, side by side and each named by its day, such as `2026-11-20`."""

from datetime import date
from pathlib import Path


def days_beside(folder: Path) -> list[tuple[date, Path]]:
    """List the folders beside one, itself as well, that are named by a day; the oldest first."""
    found = []
    parent = folder.resolve().parent
    for path in parent.iterdir() if parent.is_dir() else ():
        try:
            day = date.fromisoformat(path.name)
        except ValueError:
            continue
        if path.name == day.isoformat() and path.is_dir():
            found.append((day, path))
    return sorted(found)


def results_name(job: str, as_of: date) -> str:
    """Name the file of a job's results: `drift`, `quality` or `performance`."""
    return f"{job}_results_{as_of:%Y%m%d}.json"
