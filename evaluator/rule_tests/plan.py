"""What a test file comes to once its names and times are resolved: plain data for the runner."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluator.evaluation.result import AlertState, DimensionCombination
from evaluator.query_text import QueryText
from evaluator.rule_tests.models import EquivalentMutant
from evaluator.rule_tests.rows import InputRows
from evaluator.rules import LogAlertRule
from evaluator.tables import Table
from generator.diagnostics import Location
from generator.source import Source


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A number and how far off it may be."""

    value: float
    tolerance: float

    def holds(self, value: float | None) -> bool:
        """Tell whether a value is near enough."""
        if value is None:
            return False
        if math.isnan(self.value) or math.isnan(value):
            return math.isnan(self.value) and math.isnan(value)
        return value == self.value or abs(value - self.value) <= self.tolerance


def exactly(value: float) -> Tolerance:
    """Make the tolerance of a plain number: sums differ in the last bits between plans."""
    return Tolerance(value, 1e-9 * max(1.0, abs(value)))


@dataclass(frozen=True, slots=True)
class PlannedAlert:
    """An alert that has to be there."""

    series: DimensionCombination
    states: tuple[AlertState, ...]
    """Any of them."""
    actions: bool | None
    value: Tolerance | None
    failing: int | None
    location: Location


@dataclass(frozen=True, slots=True)
class AlertsExpected:
    """All alerts that are not resolved at one evaluation."""

    rule_id: str
    location: Location
    evaluation: int
    """Its number, 0 the first."""
    alerts: tuple[PlannedAlert, ...]


@dataclass(frozen=True, slots=True)
class TimelineExpected:
    """The states of all series from the first evaluation on."""

    rule_id: str
    location: Location
    series: Mapping[DimensionCombination, tuple[AlertState, ...]]
    others: tuple[AlertState, ...]
    """States of every series that is not named."""
    locations: Mapping[DimensionCombination, Location]


@dataclass(frozen=True, slots=True)
class NeverExpected:
    """Series that no evaluation finds in alert."""

    rule_id: str
    location: Location
    dimensions: Mapping[str, str]
    """Values that such a series has; all series without any."""


@dataclass(frozen=True, slots=True)
class NotificationsExpected:
    """How often the action groups are called over the whole run."""

    rule_id: str
    location: Location
    fired: int | None
    resolved: int | None


Expected = AlertsExpected | TimelineExpected | NeverExpected | NotificationsExpected


@dataclass(frozen=True, slots=True)
class QueryExpected:
    """Rows that a query returns at a time."""

    name: str
    """Of the rule or file; empty for a text of the test's own."""
    location: Location
    query: QueryText
    time_range: timedelta | None
    """How far back it sees; everything unless given."""
    at: datetime
    rows: tuple[Mapping[str, object], ...] | None
    """Cells as YAML has them."""
    row_locations: tuple[Location, ...]
    ordered: bool
    columns: Mapping[str, str]
    rule_id: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """A test that can be run."""

    name: str
    location: Location
    start: datetime
    phases: tuple[timedelta, ...]
    """The first is the one that times are written for."""
    latency: timedelta
    inputs: tuple[InputRows, ...]
    evaluations: Mapping[str, int]
    """How many evaluations each rule has."""
    expected: tuple[Expected, ...]
    queries: tuple[QueryExpected, ...]


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """The tests of one file with the rules and tables they are about."""

    source: Source
    rules: Mapping[str, LogAlertRule]
    tables: Mapping[str, Table]
    tests: tuple[PlannedTest, ...]
    equivalents: tuple[tuple[EquivalentMutant, Location], ...]

    @property
    def file(self) -> str:
        """The file as the user named it."""
        return self.source.file
