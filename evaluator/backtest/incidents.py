"""Labelled incidents: what really happened, and when."""

import csv
import difflib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from evaluator.rules import LogAlertRule
from generator.diagnostics import Location, Problem, Span
from generator.source import SourceError, read_text

START: Final = "start"
END: Final = "end"
RULE: Final = "rule"


class IncidentError(Exception):
    """Incidents that cannot be used; carries every problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(p.message for p in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of time in which somebody should have been told."""

    line: int
    """Line in the file."""
    start: datetime
    end: datetime
    dimensions: tuple[tuple[str, str], ...] = ()
    """Names and values of those that were given, in the file's order."""
    rule: str | None = None
    """Rule that should have noticed; any if not given."""

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Tell whether a part of it is in a half-open stretch of time."""
        return self.start < end and self.end > start

    @property
    def label(self) -> str:
        """What it is, in a few words."""
        values = ", ".join(f"{name} {value}" for name, value in self.dimensions) or "everything"
        return f"{values} ({self.rule})" if self.rule else values


def read_incidents(path: Path, rules: Sequence[LogAlertRule]) -> list[Incident]:
    """Read CSV with the columns `start`, `end`, optionally `rule`, and any dimensions.

    Times are ISO 8601 with `Z` or an offset. An empty cell says nothing: any rule, any value.

    Raises:
        IncidentError: a column, time or rule is wrong; all problems of the file.
    """
    file = str(path)
    try:
        text = read_text(path, file)
    except SourceError as error:
        problems = [
            Problem("backtest/incidents", p.message, p.location, p.fix) for p in error.problems
        ]
        raise IncidentError(problems) from None
    reader = _Reader(file, text, rules)
    incidents = reader.read()
    if reader.problems:
        raise IncidentError(reader.problems)
    return sorted(incidents, key=lambda i: (i.start, i.end, i.line))


class _Reader:
    """Reads one file; what is wrong goes into the problems."""

    def __init__(self, file: str, text: str, rules: Sequence[LogAlertRule]) -> None:
        self._file = file
        self._text = text
        self._lines = text.splitlines()
        self._rules = {rule.id for rule in rules}
        self._dimensions = {d.name for rule in rules for d in rule.condition.dimensions}
        self.problems: list[Problem] = []

    def read(self) -> list[Incident]:
        reader = csv.reader(io.StringIO(self._text), strict=True)
        incidents: list[Incident] = []
        try:
            header = [name.strip() for name in next(reader, [])]
            if not self._is_header(header):
                return []
            for cells in reader:
                incident = self._incident(reader.line_num, header, cells)
                if incident:
                    incidents.append(incident)
        except csv.Error as error:
            self._add(reader.line_num, f"the line is no CSV: {error}", "quote cells with commas")
            return []
        if not incidents and not self.problems:
            self._add(1, "there are no incidents", "write one a line below the header")
        return incidents

    def _is_header(self, header: Sequence[str]) -> bool:
        known = {START, END, RULE, *self._dimensions}
        before = len(self.problems)
        for name in (START, END):
            if name not in header:
                fix = f"begin with a line such as {START},{END},{RULE}"
                self._add(1, f"there is no column `{name}`", fix)
        for name in dict.fromkeys(header):
            if header.count(name) > 1:
                self._add(1, f"the column `{name}` stands twice", "keep one of them")
            if name not in known:
                message = f"`{name}` is no dimension of any rule"
                self._add(1, message, _closest(name, known, "columns"))
        return len(self.problems) == before

    def _incident(self, line: int, header: Sequence[str], cells: Sequence[str]) -> Incident | None:
        if not any(cell.strip() for cell in cells):
            return None
        if len(cells) != len(header):
            message = f"the line has {len(cells)} cells, the header {len(header)}"
            self._add(line, message, "write a cell for each column, empty where nothing is known")
            return None
        row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        start, end = self._time(line, START, row), self._time(line, END, row)
        rule = row.get(RULE) or None
        if rule is not None and rule not in self._rules:
            self._add(line, f"there is no rule `{rule}`", _closest(rule, self._rules, "rules"))
        if start is None or end is None:
            return None
        if end <= start:
            self._add(line, "the incident ends before it begins", "swap `start` and `end`")
        return Incident(line, start, end, _values(row), rule)

    def _time(self, line: int, name: str, row: Mapping[str, str]) -> datetime | None:
        try:
            moment = datetime.fromisoformat(row[name])
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            missing = "is no time" if moment is None else "states no time zone"
            message = f"`{name}`: `{row[name]}` {missing}"
            self._add(line, message, "write a time such as 2026-01-05T02:00:00Z")
            return None
        return moment.astimezone(UTC)

    def _add(self, line: int, message: str, fix: str) -> None:
        source = self._lines[line - 1] if line <= len(self._lines) else ""
        place = Location(self._file, Span(line, 1, line, len(source) + 1), source)
        self.problems.append(Problem("backtest/incidents", message, place, fix))


def _values(row: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((n, v) for n, v in row.items() if n not in (START, END, RULE) and v)


def _closest(name: str, known: Iterable[str], what: str) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(name, names, 1)
    return f"did you mean `{close[0]}`?" if close else f"{what} are {', '.join(names)}"
