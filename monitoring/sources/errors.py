"""What can be wrong with a source: with all of it, an error; with a part, an issue."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from generator.diagnostics import printable
from monitoring.sources.keys import CircuitKey

RowFlaw = Literal["rows-without-circuit", "rows-without-time", "rows-without-day"]
IssueKind = Literal["unreadable-file", "withheld-file", "missing-column", "undated-file"] | RowFlaw


class SourceError(Exception):
    """Nothing can be read: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        self.what, self.where, self.fix = what, where, fix
        super().__init__(what, where, fix)

    def __str__(self) -> str:
        return printable(f"{self.what} @ {self.where}; {self.fix}")


@dataclass(frozen=True, slots=True)
class Issue:
    """A part that could not be read, while the rest was."""

    kind: IssueKind
    what: str
    where: str
    """The URI, with the file and the column if they are known."""
    fix: str
    days: tuple[date, ...] = ()
    """Partitions that lack rows because of it; empty if unknown."""
    circuits: tuple[CircuitKey, ...] = ()
    """Circuits that were asked for and that may lack rows because of it."""

    def __str__(self) -> str:
        return printable(f"{self.what} @ {self.where}; {self.fix}")
