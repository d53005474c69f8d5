"""What is wrong with recorded telemetry, as problems at a file."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

from generator.diagnostics import Location, Problem, Span


class RecordedDataError(Exception):
    """Recorded telemetry that cannot be used; carries every problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(p.message for p in problems))
        self.problems = tuple(problems)


def problem(
    identifier: str, path: Path | str, message: str, fix: str, *, line: int = 1, text: str = ""
) -> Problem:
    """Make a problem of a file, at a line where one is known."""
    return Problem(identifier, message, Location(str(path), Span(line, 1, line, 2), text), fix)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Find the closest of the names that are known."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, 1) or [
        n for n in names if n.casefold() == name.casefold()
    ]
    return close[0] if close else None
