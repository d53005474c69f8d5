"""What a lint is, what it looks at, and what it finds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from evaluator.analysis.syntax import Analysis
from evaluator.query_text import QueryText
from evaluator.rules import LogAlertRule
from evaluator.tables import Table

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class FleetFacts:
    """What a configuration says of the data: lints that need it are silent without."""

    circuits: int
    """Circuits of the environment."""
    metrics: frozenset[str]
    """Names of the metrics that are emitted."""
    events: frozenset[str]
    """Names of the events that are emitted."""
    plants: int = 0
    """Plants of the environment; 0 where unknown."""
    gauges: Mapping[str, timedelta] = field(default_factory=dict)
    """The metrics that jobs send at a fixed interval, each row being one value."""
    properties: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the column Properties of a metric or event holds, by its name."""
    measurements: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the column Measurements of an event holds, by its name."""


@dataclass(frozen=True, slots=True)
class LintContext:
    """A query, and the rule that runs it if one does."""

    subject: str
    """Id of the rule, or name of the query."""
    query: QueryText
    analysis: Analysis
    tables: Mapping[str, Table]
    rule: LogAlertRule | None = None
    fleet: FleetFacts | None = None
    tested: tuple[bool, bool] | None = None
    """Whether tests say that the rule fires, and that it stays quiet; None where none are read."""


@dataclass(frozen=True, slots=True)
class QueryFinding:
    """A part of the query that a lint objects to."""

    start: int
    """Offset in the query's text, 0-based."""
    end: int
    """Exclusive."""
    message: str
    fix: str = ""
    """What to do here; the lint's own fix unless given."""


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """A property of the rule that a lint objects to, by Azure's name; empty for the rule."""

    property: str
    message: str
    fix: str = ""


Finding = QueryFinding | RuleFinding


@dataclass(frozen=True, slots=True)
class LintPage:
    """What the page of a lint in docs/lints says."""

    id: str
    """Area and name, such as `kql/lookback-48h`; the address of its page."""
    severity: Severity
    summary: str
    """What is wrong, in one sentence without a full stop."""
    details: str
    """Why it matters, with the source; what is inferred says so."""
    fix: str
    """What to do, in one sentence without a full stop."""
    bad: str
    """An example that the lint objects to."""
    good: str
    """The same, mended."""


@dataclass(frozen=True, slots=True)
class Lint(LintPage):
    """A lint of one query and the rule that runs it."""

    check: Callable[[LintContext], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class ComparingLint(LintPage):
    """A lint of several queries and rules together."""

    check_all: Callable[[Sequence[LintContext]], Iterator[tuple[LintContext, Finding]]]
    """Tells each finding with the context that it is about."""


AnyLint = Lint | ComparingLint
