"""`alerts.yaml`: rules, in the keys of the architecture document, and the groups they call."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from generator import azure
from generator.durations import parse_duration
from generator.models.action_groups import ActionGroup
from generator.models.base import (
    Finding,
    HttpsUrl,
    Number,
    ShortText,
    StrictModel,
    Text,
    invalid,
    length,
    pattern,
    raise_findings,
    shorten,
)

Aggregation = Literal["Average", "Count", "Maximum", "Minimum", "Total"]
Operator = Literal["Equal", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"]


def _severity(value: object) -> object:
    if isinstance(value, bool):
        raise invalid("config/wrong-type", "`severity` must be a number", "write 0, 1, 2, 3 or 4")
    # The document writes "2"; Azure takes the number.
    return int(value) if isinstance(value, str) and value in {"0", "1", "2", "3", "4"} else value


def _one_of(durations: dict[str, timedelta], problem_id: str, what: str) -> AfterValidator:
    def check(value: str) -> str:
        if value not in durations:
            raise invalid(
                problem_id,
                f"`{shorten(value)}` is no {what} that Azure accepts ({', '.join(durations)})",
                _nearest(value, durations),
            )
        return value

    return AfterValidator(check)


def _nearest(value: str, durations: dict[str, timedelta]) -> str:
    wanted = parse_duration(value)
    if wanted is None:
        return "write one of the list"
    below = [name for name, duration in durations.items() if duration <= wanted]
    above = [name for name, duration in durations.items() if duration > wanted]
    return "write " + " or ".join(f"`{name}`" for name in [*below[-1:], *above[:1]])


Frequency = Annotated[str, _one_of(azure.EVALUATION_FREQUENCIES, "alerts/frequency", "frequency")]
WindowSize = Annotated[str, _one_of(azure.WINDOW_SIZES, "alerts/window", "timeWindow")]
QueryTimeRange = Annotated[
    str, _one_of(azure.QUERY_TIME_RANGES, "alerts/query-range", "queryTimeRange")
]
MuteDuration = Annotated[str, _one_of(azure.MUTE_DURATIONS, "alerts/mute-duration", "throttling")]
Severity = Annotated[
    Literal[0, 1, 2, 3, 4],
    BeforeValidator(_severity),
    WithJsonSchema({"enum": [0, 1, 2, 3, 4, "0", "1", "2", "3", "4"]}),
]
# Rule names may hold no # < > % & : ? / { } * (type of scheduledQueryRules) and become a slug.
RuleName = Annotated[
    str,
    pattern(
        r"[^#<>%&:?/{}*\\\x00-\x1f]+",
        "a rule name",
        "a name without # < > % & : ? / { } * and backslash",
    ),
    length(200),
]
QueryFile = Annotated[
    str,
    pattern(
        r"[a-z0-9]+(-[a-z0-9]+)*\.kql",
        "a file name under kql/alerts",
        "a name such as high-mae-alert.kql",
    ),
]


class Measure(StrictModel):
    """What is compared with the threshold: an aggregate of a column of the result."""

    aggregation: Aggregation
    """How rows become one number."""
    column: (
        Annotated[
            str,
            pattern(
                r"[A-Za-z_][A-Za-z0-9_]*",
                "a column name",
                "letters, digits and `_`, such as flow_rate",
            ),
        ]
        | None
    ) = None
    """Column that is aggregated; none for `Count`."""

    @model_validator(mode="after")
    def _column(self) -> "Measure":
        if (self.aggregation == "Count") != (self.column is None):
            with_column = "takes no column" if self.aggregation == "Count" else "needs a column"
            raise_findings(
                "measure",
                [
                    Finding(
                        ("aggregation",),
                        "alerts/measure",
                        f"the aggregation {self.aggregation} {with_column}",
                        "Count counts rows; every other aggregation reads a column",
                    )
                ],
            )
        return self


class Dimension(StrictModel):
    """A column that splits the rule: each combination of values is its own alert."""

    name: Annotated[
        str,
        pattern(
            r"[A-Za-z_][A-Za-z0-9_]*", "a column name", "letters, digits and `_`, such as flow_rate"
        ),
    ]
    """Column."""
    operator: Literal["Include", "Exclude"] = "Include"
    """Whether the values are kept or left out."""
    values: Annotated[list[ShortText], Field(min_length=1)] = ["*"]
    """Values; `*` is all of them."""


def _own_properties(value: dict[str, str]) -> dict[str, str]:
    taken = sorted(value.keys() & {"environment", "owner", "plant", "rule", "runbook", "workbook"})
    if taken:
        raise invalid(
            "config/wrong-value",
            f"the custom property `{taken[0]}` is written by the generator",
            "choose another name",
        )
    return value


class AlertRule(StrictModel):
    """A scheduled-query alert rule.

    With `throttling` the rule is stateless: it fires at each evaluation and is then mute. Without
    it the rule is stateful: it fires once and resolves by itself. Azure takes no mixture.
    """

    name: RuleName
    """Title; its slug is the rule's id and resource name."""
    description: Text
    """What the alert means."""
    severity: Severity
    """0 critical, 1 error, 2 warning, 3 informational, 4 verbose."""
    enabled: bool = True
    """Whether Azure evaluates the rule."""
    query: Annotated[str, Field(min_length=1)] | None = None
    """KQL in place; `queryFile` is the better home."""
    query_file: Annotated[QueryFile | None, Field(alias="queryFile")] = None
    """A file under kql/alerts."""
    frequency: Frequency
    """How often it is evaluated."""
    time_window: Annotated[WindowSize, Field(alias="timeWindow")]
    """What one evaluation aggregates."""
    action_groups: Annotated[list[str], Field(alias="actionGroups")]
    """Names of the groups it calls, at most five."""
    throttling: MuteDuration | None = None
    """Silence after firing; it makes the rule stateless."""
    dimensions: list[Dimension] = []
    """Columns that split the rule, at most six."""
    measure: Measure = Measure(aggregation="Count")
    """What is compared with the threshold; the count of rows unless given."""
    operator: Operator = "GreaterThan"
    """How it is compared."""
    threshold: Number = Field(default=0, validate_default=True)
    """What it is compared with."""
    evaluation_periods: Annotated[int, Field(alias="evaluationPeriods", ge=1, le=6)] = 1
    """Windows that are looked at."""
    min_failing_periods: Annotated[int, Field(alias="minFailingPeriods", ge=1, le=6)] = 1
    """How many of them must fail."""
    query_time_range: Annotated[QueryTimeRange | None, Field(alias="queryTimeRange")] = None
    """What the query reads; window times periods unless given."""
    auto_resolve: Annotated[bool | None, Field(alias="autoResolve")] = None
    """Whether it is stateful; the opposite of throttling unless given."""
    runbook: HttpsUrl | None = None
    """Page that says what to do; sent with the alert."""
    custom_properties: Annotated[
        dict[ShortText, Text], AfterValidator(_own_properties), Field(alias="customProperties")
    ] = {}
    """Sent with the alert to webhooks and logic apps."""

    @property
    def stateful(self) -> bool:
        """Whether Azure keeps the alert's state and resolves it."""
        return self.throttling is None if self.auto_resolve is None else self.auto_resolve

    @property
    def split(self) -> bool:
        """Whether each circuit or plant has its own alert."""
        return any(d.name == "plant_id" for d in self.dimensions)


class AlertsFile(StrictModel):
    """Rules and the groups they call."""

    alert_rules: list[AlertRule]
    """The rules."""
    action_groups: list[ActionGroup]
    """Who can be called."""
