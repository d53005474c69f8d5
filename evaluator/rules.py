"""A log alert rule as Azure takes it, whichever source it was read from.

Property names are those of Microsoft.Insights/scheduledQueryRules:
https://learn.microsoft.com/azure/templates/microsoft.insights/scheduledqueryrules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from evaluator.query_text import QueryText
from generator.diagnostics import Location

TimeAggregation = Literal["Average", "Count", "Maximum", "Minimum", "Total"]
Operator = Literal["Equal", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"]


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column that splits a rule into series; `*` in `values` is every value."""

    name: str
    operator: Literal["Include", "Exclude"] = "Include"
    values: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class Condition:
    """What is measured and compared: `criteria.allOf[0]` of the resource."""

    time_aggregation: TimeAggregation
    operator: Operator
    threshold: float
    metric_measure_column: str | None = None
    """Column that is aggregated; none for `Count`."""
    dimensions: tuple[Dimension, ...] = ()
    number_of_evaluation_periods: int = 1
    """Windows that are looked at, 1 to 6."""
    min_failing_periods_to_alert: int = 1


@dataclass(frozen=True, slots=True)
class LogAlertRule:
    """One scheduled-query alert rule."""

    id: str
    """Name that tests and reports use: the slug of the configured name, or the resource's name."""
    display_name: str
    query: QueryText
    condition: Condition
    evaluation_frequency: timedelta
    window_size: timedelta
    override_query_time_range: timedelta | None = None
    auto_mitigate: bool = True
    """Whether it is stateful: Azure keeps the alert's state and resolves it."""
    mute_actions_duration: timedelta | None = None
    time_to_resolve: timedelta | None = None
    """`resolveConfiguration.timeToResolve`."""
    severity: int = 3
    enabled: bool = True
    kind: Literal["LogAlert", "SimpleLogAlert"] = "LogAlert"
    dynamic_threshold: bool = False
    """Whether the threshold is learned; such a rule cannot be simulated."""
    description: str = ""
    action_groups: tuple[str, ...] = ()
    custom_properties: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Location] = field(default_factory=dict, repr=False)
    """Where properties stand, by Azure's name; the rule itself under the empty name."""
    target_resource_types: tuple[str, ...] = ()
    """Types of resources that Azure splits the rule by, where no column of the query does."""
    size_bytes: int = 0
    """Bytes of all its properties together, which Azure limits to 64 KB; 0 where unknown."""

    @property
    def query_time_range(self) -> timedelta:
        """How far back the query sees; windows times periods unless overridden."""
        periods = self.condition.number_of_evaluation_periods
        return self.override_query_time_range or self.window_size * periods

    def place(self, name: str) -> Location:
        """Find a property by Azure's name; the rule itself where it is not written."""
        return self.places.get(name) or self.places.get("") or self.query.locate(0, 0)
