"""From the inputs of a test to rows of tables, every cell of its column's type."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from pydantic_core import PydanticCustomError

from evaluator.recorded.files import recorded_file
from evaluator.recorded.loading import read_rows
from evaluator.recorded.problems import RecordedDataError
from evaluator.rule_tests.cells import CellError, cell
from evaluator.rule_tests.findings import Findings, did_you_mean
from evaluator.rule_tests.models import Cells, Defaults, Input
from evaluator.rule_tests.notation import NotationError, Sample, Step, expand
from evaluator.rule_tests.offsets import PointInTime, point_in_time
from evaluator.tables import ColumnType, Table
from generator.models.base import shorten
from generator.source import Path_

EVENT_TIME: Final = "TimeGenerated"
AT: Final = "at"

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class InputRows:
    """Rows of one input."""

    table: Table
    rows: list[Row]
    path: Path_
    """Where the input stands in the test file."""


def absolute(point: PointInTime, start: datetime) -> datetime:
    """Tell when an offset from the start is."""
    return point if isinstance(point, datetime) else start + point


class InputReader:
    """Makes the rows of one input; what is wrong goes into the findings."""

    def __init__(self, findings: Findings, path: Path_, table: Table, defaults: Defaults) -> None:
        self._findings = findings
        self._path = path
        self._table = table
        self._defaults = defaults
        self._wrong_samples: set[str] = set()

    def read(self, source: Input) -> InputRows:
        """Make the rows."""
        if EVENT_TIME not in self._table.columns:
            self._findings.add(
                (*self._path, "table"),
                "rule-test/unknown-column",
                f"the table `{self._table.name}` has no column `{EVENT_TIME}`",
                "name a table of a Log Analytics workspace",
            )
        common = self._cells(source.set, (*self._path, "set"))
        rows: list[Row] = []
        if source.rows is not None:
            rows = list(self._written(source.rows, common))
        elif source.values is not None:
            rows = self._sampled(source, source.values, common)
        elif source.file is not None:
            rows = list(self._recorded(source.file, source.shift_to, common))
        return InputRows(self._table, rows, self._path)

    def _recorded(
        self, file: str, shift_to: PointInTime | Literal["start"] | None, common: Row
    ) -> Iterator[Row]:
        start = self._defaults.start
        moved_to = start if shift_to == "start" else shift_to
        path = Path(self._findings.source.file).parent / file
        try:
            rows = read_rows(
                recorded_file(path, self._table.name),
                self._table,
                shift_to=None if moved_to is None else absolute(moved_to, start),
            )
        except RecordedDataError as error:
            self._findings.problems += error.problems
            return
        for row in rows:
            yield _merged(common, row)

    def _written(self, rows: list[Cells], common: Row) -> Iterator[Row]:
        for index, entry in enumerate(rows):
            path = (*self._path, "rows", index)
            if AT not in entry:
                self._findings.add(
                    path, "rule-test/time", "the row has no time", "write it as `at`, such as 1h15m"
                )
                continue
            try:
                at = absolute(point_in_time(entry[AT]), self._defaults.start)
            except PydanticCustomError as error:
                self._findings.add_invalid((*path, AT), error)
                continue
            own = self._cells({k: v for k, v in entry.items() if k != AT}, path)
            yield {**_merged(common, own), EVENT_TIME: at}

    def _cells(self, cells: Mapping[str, object], path: Path_) -> Row:
        row: Row = {}
        for name, value in cells.items():
            kind = self._column(name, (*path, name))
            if kind is None:
                continue
            try:
                row[name] = cell(value, kind, self._defaults.start)
            except CellError as error:
                place = (*path, name)
                message = f"`{name}`: {error}"
                self._findings.add(place, "rule-test/cell", message, error.fix)
        return row

    def _column(self, name: str, path: Path_) -> ColumnType | None:
        if name == EVENT_TIME:
            self._findings.add(
                path,
                "rule-test/unknown-column",
                f"`{EVENT_TIME}` is not written as a cell",
                "write the time of a row as `at`, that of the first sample as `start`",
                key=True,
            )
            return None
        if name not in self._table.columns:
            self._findings.add(
                path,
                "rule-test/unknown-column",
                f"the table `{self._table.name}` has no column `{name}`",
                did_you_mean(name, self._table.columns, "column"),
                key=True,
            )
            return None
        return self._table.columns[name]

    # Samples.

    def _sampled(self, source: Input, values: Mapping[str, str], common: Row) -> list[Row]:
        columns: dict[str, list[Step]] = {}
        for name, text in values.items():
            path = (*self._path, "values", name)
            if not self._is_numeric(name, path, values):
                continue
            try:
                columns[name] = expand(text, f"{self._path[-1]} {name}")
            except NotationError as error:
                self._findings.add_within(
                    path, (error.start, error.end), "rule-test/samples", str(error), error.fix
                )
        if len(columns) < len(values) or not self._agree(columns):
            return []
        start = absolute(source.start or timedelta(0), self._defaults.start)
        step = source.step or self._defaults.step
        return [
            {**_merged(common, row), EVENT_TIME: start + step * index}
            for index, samples in enumerate(zip(*columns.values(), strict=True))
            for row in self._step(dict(zip(columns, samples, strict=True)))
        ]

    def _is_numeric(self, name: str, path: Path_, names: Iterable[str]) -> bool:
        column, _, rest = name.partition(".")
        kind = self._column(column, path)
        if kind is None:
            return False
        above = next((n for n in names if name.startswith(f"{n}.")), None)
        if above is not None:
            message = f"`{name}` is a property of `{above}`, which is a number"
            self._findings.add(
                path, "rule-test/samples", message, "leave one of them out", key=True
            )
            return False
        allowed = ("dynamic",) if rest else ("int", "long", "real", "decimal")
        if kind in allowed:
            return True
        message = f"`{column}` is a column of type {kind}, samples are numbers"
        fix = "write `set` for cells that stay the same, `rows` for others"
        if rest:
            message = f"`{column}` is a column of type {kind}, which has no `{rest}`"
            fix = "only dynamic columns have properties"
        self._findings.add(path, "rule-test/samples", message, fix, key=True)
        return False

    def _agree(self, columns: Mapping[str, list[Step]]) -> bool:
        """Check that all columns have rows at the same steps."""
        (first, steps), *others = columns.items() or [("", [])]
        for name, other in others:
            path = (*self._path, "values", name)
            if len(other) != len(steps):
                message = f"`{name}` has {len(other)} steps, `{first}` has {len(steps)}"
                fix = "write as many for each column of an input"
                self._findings.add(path, "rule-test/samples", message, fix)
                return False
            for index, (left, right) in enumerate(zip(steps, other, strict=True)):
                if (left is None) != (right is None):
                    present, absent = (first, name) if right is None else (name, first)
                    message = f"step {index} has a `{present}` and no `{absent}`"
                    fix = "write _ for both, or make two inputs of them"
                    self._findings.add(path, "rule-test/samples", message, fix)
                    return False
                if left and right and len(left) != len(right) and 1 not in (len(left), len(right)):
                    message = (
                        f"step {index} has {len(left)} rows of `{first}` and {len(right)} "
                        f"of `{name}`"
                    )
                    fix = "write the same !n for both, or for one of them only"
                    self._findings.add(path, "rule-test/samples", message, fix)
                    return False
        return True

    def _step(self, samples: Mapping[str, Step]) -> Iterator[Row]:
        present = {name: step for name, step in samples.items() if step is not None}
        for index in range(max((len(step) for step in present.values()), default=0)):
            row: Row = {}
            for name, step in present.items():
                self._put(row, name, step[min(index, len(step) - 1)])
            yield row

    def _wrong_sample(self, name: str, message: str, fix: str) -> None:
        """Report the first wrong sample of a column."""
        if name not in self._wrong_samples:
            self._wrong_samples.add(name)
            path = (*self._path, "values", name)
            self._findings.add(path, "rule-test/cell", f"`{name}`: {message}", fix)

    def _put(self, row: Row, name: str, sample: Sample) -> None:
        column, *properties = name.split(".")
        kind = self._table.columns[column]
        if not properties:
            try:
                row[column] = cell(sample, kind, self._defaults.start)
            except CellError as error:
                self._wrong_sample(name, f"{error}, not {shorten(str(sample))}", error.fix)
            return
        if not math.isfinite(sample):
            self._wrong_sample(name, f"a dynamic value cannot be {sample}", "use a number")
        target = row
        for key in (column, *properties[:-1]):
            following = target.setdefault(key, {})
            assert isinstance(following, dict)  # noqa: S101 - only this method makes them
            target = following
        target[properties[-1]] = sample


def _merged(common: Mapping[str, object], own: Mapping[str, object]) -> Row:
    """Put cells over others; the properties of dynamic cells are merged."""
    merged = dict(common)
    for name, value in own.items():
        before = merged.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[name] = _merged(before, value)
        else:
            merged[name] = value
    return merged
