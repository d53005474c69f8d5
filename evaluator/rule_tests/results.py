"""What running test files came to: plain data for the reports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from evaluator.analysis.syntax import Column
from evaluator.evaluation.result import DimensionCombination, Evaluation
from evaluator.rule_tests.plan import Expected, PlannedFile, PlannedTest, QueryExpected
from evaluator.rules import Condition
from generator.diagnostics import Location


class Outcome(Enum):
    """Of a test or of one expectation."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"
    """Checked, but the rule cannot be executed or simulated; never a pass."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of expected and got, side by side."""

    subject: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Focus:
    """A series at an evaluation, which a difference is about."""

    series: DimensionCombination
    evaluation: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Why an expectation does not hold."""

    location: Location
    message: str
    comparisons: tuple[Comparison, ...] = ()
    focus: tuple[Focus, ...] = ()
    """The most telling places, the first the most."""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class VisibleRows:
    """The input rows of a table that a query could see."""

    table: str
    count: int
    first: datetime | None
    last: datetime | None
    later: int
    """Rows of the test that were not visible, or no longer."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What stood behind one evaluation, or one query."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    """The first ones."""
    row_count: int
    visible: tuple[VisibleRows, ...]
    condition: Condition | None = None
    window_size: timedelta = timedelta(0)
    evaluation: Evaluation | None = None


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One expectation against what happened."""

    expected: Expected | QueryExpected
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    reason: str = ""
    """Why it was not run."""
    asserted_fired: bool = False
    """Whether it holds and says that an alert fires."""
    asserted_quiet: bool = False
    """Whether it holds, says that no alert fires, and the rule had rows to look at."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test."""

    __test__ = False  # not a test of pytest's

    test: PlannedTest
    results: tuple[ExpectationResult, ...]

    @property
    def outcome(self) -> Outcome:
        """Failed if anything failed, else not run if anything was not."""
        outcomes = {result.outcome for result in self.results}
        for outcome in (Outcome.FAILED, Outcome.NOT_RUN):
            if outcome in outcomes:
                return outcome
        return Outcome.PASSED


@dataclass(frozen=True, slots=True)
class FileResult:
    """The tests of one file that were selected."""

    planned: PlannedFile
    tests: tuple[TestResult, ...]


def expectation_results(files: Sequence[FileResult]) -> Iterator[ExpectationResult]:
    """Go through the results of every expectation."""
    return (result for file in files for test in file.tests for result in test.results)


def has_failed(files: Sequence[FileResult], *, strict: bool) -> bool:
    """Tell whether the run fails; with `strict`, also for what was not run."""
    bad = {Outcome.FAILED, Outcome.NOT_RUN} if strict else {Outcome.FAILED}
    return any(result.outcome in bad for result in expectation_results(files))
