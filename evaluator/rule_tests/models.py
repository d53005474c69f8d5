"""What a test file may say; `docs/rule-tests.md` has the same as a commented grammar."""
# ruff: noqa: RUF012 - pydantic copies a mutable default for each instance

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from evaluator.rule_tests.offsets import Moment, Offset, Point, Step
from generator.models.base import (
    DecimalRange,
    Finding,
    Number,
    StrictModel,
    invalid,
    raise_findings,
    shorten,
)

StateName = Literal["NoAlert", "Fired", "Firing", "Resolving", "Resolved"]
Cells = dict[str, object]
"""Cells by column; a mapping is a dynamic value. Types are checked against the table's."""


class Approximate(StrictModel):
    """A number and how far off it may be."""

    approx: Number
    tol: Annotated[Number, DecimalRange(minimum="0")]


def _approximate(value: object) -> object:
    """Take a number for itself: sums differ in the last bits between plans."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        message = f"`{shorten(str(value))}` is no number that a window can have"
        raise invalid("rule-test/input", message, "write a number, or {approx: 0.4, tol: 0.01}")
    return {"approx": value, "tol": Decimal("1e-9") * max(Decimal(1), abs(Decimal(value)))}


class Defaults(StrictModel):
    """What every test of the file starts from."""

    start: Moment = Field(default="2026-01-01T00:00:00Z", validate_default=True)
    """The time that offsets are relative to; evaluations begin here."""
    step: Step = Field(default="1m", validate_default=True)
    """Time from one sample to the next."""
    phase: Offset = Field(default="0m", validate_default=True)
    """How long after the start the first evaluation is."""


class Input(StrictModel):
    """Rows of one table: sampled `values`, written `rows`, or a recorded `file`."""

    table: str
    set: Cells = {}
    """Cells that all these rows have."""
    values: dict[str, str] | None = None
    """Sequences of samples by numeric column; `Properties.x` is a property of a dynamic one."""
    start: Point | None = None
    """When the first sample is; the start of the test unless given."""
    step: Step | None = None
    rows: list[Cells] | None = None
    """Rows with their time as `at`."""
    file: str | None = None
    """Recorded rows as Parquet, NDJSON or CSV, relative to the test file."""
    shift_to: Literal["start"] | Point | None = None
    """Where the first recorded row is moved; recorded times stay unless given."""

    @model_validator(mode="after")
    def _one_source(self) -> "Input":
        sources = [n for n in ("values", "rows", "file") if getattr(self, n) is not None]
        if len(sources) != 1:
            found = " and ".join(f"`{name}`" for name in sources) or "none"
            raise invalid(
                "rule-test/input",
                f"an input has one of `values`, `rows` and `file`, this one has {found}",
                "write exactly one of them; several inputs may have the same table",
            )
        belongs = {"start": "values", "step": "values", "shift_to": "file"}
        findings = [
            Finding(
                (key,),
                "rule-test/input",
                f"`{key}` has no meaning beside `{sources[0]}`",
                f"leave it out; it belongs to `{source}`",
            )
            for key, source in belongs.items()
            if key in self.model_fields_set and sources != [source]
        ]
        raise_findings("Input", findings)
        return self


class ExpectedAlert(StrictModel):
    """An alert that is there at an evaluation."""

    dimensions: dict[str, str | int | bool | Decimal] = {}
    state: StateName | None = None
    """Fired or Firing unless given."""
    actions: bool | None = None
    """Whether the action groups are called by this evaluation."""
    value: Annotated[Approximate | None, BeforeValidator(_approximate)] = None
    """Value of the newest window, within 1e-9 unless a tolerance is given."""
    failing: int | None = None
    """How many windows violate the threshold."""


class Never(StrictModel):
    """Series that no evaluation of the run finds in alert."""

    dimensions: dict[str, str | int | bool | Decimal] = {}
    """Those with these values; all without any."""


class Notifications(StrictModel):
    """How often the action groups are called over the whole run, all series together."""

    fired: Annotated[int, Field(ge=0)] | None = None
    resolved: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _something(self) -> "Notifications":
        if self.fired is None and self.resolved is None:
            raise invalid(
                "rule-test/asserts-nothing",
                "these notifications expect nothing",
                "write `fired`, `resolved` or both",
            )
        return self


def _timeline(value: object) -> object:
    """Take a text as the timeline of every series."""
    return {"*": value} if isinstance(value, str) else value


def _never(value: object) -> object:
    """Take `never:` with nothing behind it as every series."""
    return {} if value is None else value


_EXPECTED = ("at", "alerts", "timeline", "never", "notifications")


class Expectation(StrictModel):
    """What a rule does."""

    rule: str
    at: Point | None = None
    """Time of the evaluation at which `alerts` are looked at."""
    alerts: list[ExpectedAlert] | None = None
    """All alerts that are not resolved; none in an empty list."""
    timeline: Annotated[dict[str, str], BeforeValidator(_timeline)] | None = None
    """States by series, `*` for those that are not named."""
    never: Annotated[Never | None, BeforeValidator(_never)] = None
    notifications: Notifications | None = None

    @model_validator(mode="after")
    def _something(self) -> "Expectation":
        fix = "write `at` with `alerts`, `timeline`, `never` or `notifications`"
        written = [name for name in _EXPECTED if name in self.model_fields_set]
        if not written:
            message = f"nothing is expected of the rule `{self.rule}`"
            raise invalid("rule-test/asserts-nothing", message, fix)
        for name in written:
            if getattr(self, name) in (None, {}):
                message = f"`{name}` expects nothing of the rule `{self.rule}`"
                raise invalid("rule-test/asserts-nothing", message, fix)
        if (self.at is None) != (self.alerts is None):
            present, missing = ("alerts", "at") if self.at is None else ("at", "alerts")
            fix = (
                "write the time of an evaluation as `at`, such as 1h15m"
                if missing == "at"
                else "write the alerts of this time as `alerts`, [] for none"
            )
            raise invalid("rule-test/input", f"`{present}` stands without `{missing}`", fix)
        return self


class QueryExpectation(StrictModel):
    """What a query returns: that of a rule, of the project's saved queries, or a text."""

    rule: str | None = None
    file: str | None = None
    """A saved query or a workbook's, such as kql/queries/drift-detection-events.kql."""
    parameters: dict[str, str] = {}
    """Values of a workbook's parameters; as the portal shows it at first unless given."""
    kql: str | None = None
    at: Point
    rows: list[Cells] | None = None
    """All rows in any order, by the columns that they name."""
    ordered: bool = False
    """Whether the rows stand in this order."""
    columns: dict[str, str] | None = None
    """Types by column."""

    @model_validator(mode="after")
    def _complete(self) -> "QueryExpectation":
        if sum(n is not None for n in (self.rule, self.file, self.kql)) != 1:
            raise invalid(
                "rule-test/input",
                "a query is one of `rule`, `file` and `kql`",
                "write exactly one of them",
            )
        if self.parameters and self.file is None:
            raise invalid(
                "rule-test/input",
                "`parameters` belong to a workbook's query",
                "leave them out, or name the query's `file`",
            )
        if self.rows is None and not self.columns:
            raise invalid(
                "rule-test/asserts-nothing",
                "nothing is expected of this query",
                "write `rows`, `columns` or both",
            )
        return self


class RuleTest(StrictModel):
    """One test: rows in, expectations out."""

    name: str
    input: list[Input] = []
    latency: Offset = Field(default="0m", validate_default=True)
    """How long after its time a row becomes visible."""
    phases: list[Offset] = []
    """Other phases in which the expectations must hold as well."""
    until: Point | None = None
    """Last time that is evaluated where no expectation names one; when the last row is seen
    unless given."""
    expect: list[Expectation] = []
    query: list[QueryExpectation] = []

    @model_validator(mode="after")
    def _something(self) -> "RuleTest":
        if not self.expect and not self.query:
            raise invalid(
                "rule-test/asserts-nothing",
                f"the test `{self.name}` expects nothing and would always pass",
                "write `expect` or `query`",
            )
        return self


def _some(tests: list[RuleTest]) -> list[RuleTest]:
    if not tests:
        raise invalid("rule-test/asserts-nothing", "the file has no test", "write one")
    return tests


class EquivalentMutant(StrictModel):
    """A changed rule that behaves like the rule itself, which no test can tell apart."""

    rule: str
    mutant: str
    reason: str


class RuleTestFile(StrictModel):
    """A test file."""

    version: Literal[1]
    config: str | None = None
    """Configuration whose rules are tested, relative to the file; the project's unless given."""
    environment: str | None = None
    """Environment of the configuration that is resolved."""
    rules: list[str] = []
    """Compiled ARM templates or Bicep snapshots instead of a configuration: patterns of paths
    relative to the file."""
    tables: dict[str, dict[str, str] | str] = {}
    """Columns of further tables, or the path of a JSON file with them."""
    defaults: Defaults = Defaults()
    tests: Annotated[list[RuleTest], AfterValidator(_some)]
    equivalent_mutants: list[EquivalentMutant] = []

    @model_validator(mode="after")
    def _one_source_of_rules(self) -> "RuleTestFile":
        beside = [k for k in ("config", "environment") if getattr(self, k) is not None]
        raise_findings(
            "RuleTestFile",
            [
                Finding(
                    (key,),
                    "rule-test/input",
                    f"`{key}` has no meaning beside `rules`",
                    "leave one of them out: rules come from templates or from a configuration",
                )
                for key in beside
                if self.rules
            ],
        )
        return self
