"""A scheduled-query rule from its resource in a template.

https://learn.microsoft.com/azure/templates/microsoft.insights/scheduledqueryrules
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final, Literal, cast, get_args

from evaluator.query_text import QueryText
from evaluator.rules import Condition, Dimension, LogAlertRule, Operator, TimeAggregation
from evaluator.sources.arm_values import Value
from evaluator.sources.property_reader import PropertyReader
from generator import azure
from generator.diagnostics import Problem

_DEFAULT_SEVERITY: Final = 3
OLDEST_API_VERSION: Final = "2021-08-01"
_MINUTE: Final = timedelta(minutes=1)
Kind = Literal["LogAlert", "SimpleLogAlert"]


def read_rule(resource: Value, problems: list[Problem]) -> LogAlertRule | None:
    """Read a rule from its evaluated resource; None if it cannot be, and what is wrong is added."""
    name, kind = resource.get("name"), resource.get("kind")
    reader = PropertyReader(str(name.data) if name else "", problems)
    if kind is not None and str(kind.data).lower() == "logtometric":
        message = "it makes a metric of its query and alerts nobody; it is not looked at"
        fix = "look at the metric alert rule that reads the metric"
        reader.report("template/log-to-metric", kind, message, fix, "info")
        return None
    if not reader.rule_name:
        reader.wrong(resource, "`name` is missing", "write `name`")
    properties = _properties(reader, resource)
    if properties is None:
        return None
    reader.shown(resource, "name")
    reader.places[""] = (name or resource).location()
    criteria = reader.find(properties, "criteria", required=True)
    conditions = reader.items(criteria, "allOf", required=True) if criteria else []
    if criteria and len(conditions) != 1:
        found = f"`allOf` has {len(conditions)} conditions"
        reader.wrong(criteria, found, "write one condition in it")
    _check_scopes(reader, properties)
    if not conditions:
        return None
    rule = _rule(reader, properties, conditions[0], _kind(reader, resource))
    return rule if reader.usable else None


def _kind(reader: PropertyReader, resource: Value) -> Kind:
    if resource.get("kind") is None:
        return "LogAlert"
    return cast("Kind", reader.choice(resource, "kind", get_args(Kind)) or "LogAlert")


def _properties(reader: PropertyReader, resource: Value) -> Value | None:
    """Find the properties of a resource whose API version is read."""
    version = reader.find(resource, "apiVersion", required=True)
    if version is None:
        return None
    if not isinstance(version.data, str) or version.data[:10] < OLDEST_API_VERSION:
        reader.report(
            "template/api-version",
            version,
            f"the form of API version {version.data} is not read",
            f"write the rule with {OLDEST_API_VERSION} or later",
        )
        return None
    return reader.find(resource, "properties", required=True)


def _check_scopes(reader: PropertyReader, properties: Value) -> None:
    scopes = properties.get("scopes")
    if scopes is None or scopes.unknown or not isinstance(scopes.data, list):
        return
    if len(scopes.data) != 1:
        reader.report(
            "alert/scope-count",
            scopes,
            f"it has {len(scopes.data)} scopes, Azure takes one",
            "write a rule for each, or a resource group as the scope",
        )


def _rule(
    reader: PropertyReader,
    properties: Value,
    criterion: Value,
    kind: Kind,
) -> LogAlertRule:
    simple = kind == "SimpleLogAlert"  # it looks at each row, minute by minute
    reader.text(criterion, "query", required=True)
    query = criterion.get("query")
    names = ("evaluationFrequency", "windowSize", "overrideQueryTimeRange", "muteActionsDuration")
    allowed = (
        azure.EVALUATION_FREQUENCIES,
        azure.WINDOW_SIZES,
        azure.QUERY_TIME_RANGES,
        azure.MUTE_DURATIONS,
    )
    frequency, window, time_range, mute = (
        reader.duration(properties, n, a, required=n in names[:2] and not simple)
        for n, a in zip(names, allowed, strict=True)
    )
    resolve = reader.find(properties, "resolveConfiguration")
    actions = reader.find(properties, "actions")
    return LogAlertRule(
        id=reader.rule_name,
        display_name=reader.shown(properties, "displayName") or reader.rule_name,
        query=query.query_text() if query else QueryText("", ()),
        condition=_condition(reader, criterion, simple=simple),
        evaluation_frequency=frequency or _MINUTE,
        window_size=window or _MINUTE,
        override_query_time_range=time_range,
        auto_mitigate=_auto_mitigate(reader, properties, resolve, default=not simple),
        mute_actions_duration=mute,
        time_to_resolve=reader.duration(resolve, "timeToResolve", {}) if resolve else None,
        severity=_severity(reader, properties),
        enabled=reader.boolean(properties, "enabled", default=True),
        kind=kind,
        dynamic_threshold=_is_dynamic(criterion),
        description=reader.shown(properties, "description"),
        action_groups=_action_groups(reader, actions),
        custom_properties=_custom_properties(reader, actions),
        target_resource_types=_target_types(reader, properties, criterion),
        places=reader.places,
        size_bytes=_size(properties),
    )


def _auto_mitigate(
    reader: PropertyReader, properties: Value, resolve: Value | None, *, default: bool
) -> bool:
    """Tell whether the rule is stateful; without `autoMitigate` `resolveConfiguration` says it."""
    resolves = reader.boolean(resolve, "autoResolved", default=default) if resolve else default
    return reader.boolean(properties, "autoMitigate", default=resolves)


def _severity(reader: PropertyReader, properties: Value) -> int:
    """Read the severity; one that is not known here leaves the rule readable as Azure's default.

    No evaluation depends on it, and that it is not known is told.
    """
    written, usable = properties.get("severity"), reader.usable
    severity = reader.integer(properties, "severity")
    if written is not None and written.unknown:
        reader.usable = usable
        return _DEFAULT_SEVERITY
    if written and reader.usable and severity not in range(5):
        reader.wrong(written, f"`severity` is {severity}", "write 0, 1, 2, 3 or 4")
    return severity


def _is_dynamic(criterion: Value) -> bool:
    kind = criterion.get("criterionType")
    return kind is not None and str(kind.data).lower() == "dynamicthresholdcriterion"


def _condition(reader: PropertyReader, criterion: Value, *, simple: bool) -> Condition:
    dynamic = _is_dynamic(criterion)
    periods = reader.find(criterion, "failingPeriods")
    if simple:  # it has neither an aggregation nor a threshold: a row is an alert
        return Condition("Count", "GreaterThan", 0.0)
    aggregation = reader.choice(criterion, "timeAggregation", get_args(TimeAggregation))
    count, fail = "numberOfEvaluationPeriods", "minFailingPeriodsToAlert"
    return Condition(
        time_aggregation=cast("TimeAggregation", aggregation or "Count"),
        operator="GreaterThan" if dynamic else _operator(reader, criterion),
        threshold=0.0 if dynamic else reader.number(criterion, "threshold"),
        metric_measure_column=reader.text(criterion, "metricMeasureColumn") or None,
        dimensions=_dimensions(reader, criterion),
        number_of_evaluation_periods=reader.integer(periods, count, default=1) if periods else 1,
        min_failing_periods_to_alert=reader.integer(periods, fail, default=1) if periods else 1,
    )


def _operator(reader: PropertyReader, criterion: Value) -> Operator:
    written = criterion.get("operator")
    if written and not written.unknown and written.data == "Equals":
        reader.places["operator"] = written.location()
        reader.report(
            "alert/equal-spelling",
            written,
            "the service knows no operator `Equals`, though its documentation does",
            "write `Equal`",
        )
        return "Equal"
    operator = reader.choice(criterion, "operator", get_args(Operator))
    return cast("Operator", operator or "GreaterThan")


def _dimensions(reader: PropertyReader, criterion: Value) -> tuple[Dimension, ...]:
    dimensions = []
    for item in reader.items(criterion, "dimensions"):
        if not reader.is_known(item, "dimensions"):
            continue
        places = dict(reader.places)  # those of the rule, not of each dimension
        name = reader.text(item, "name", required=True)
        operator = reader.choice(item, "operator", ("Include", "Exclude"))
        values = reader.items(item, "values", required=True)
        texts = tuple(str(v.data) for v in values if reader.is_known(v, "dimensions"))
        reader.places = places
        include: Literal["Include", "Exclude"] = "Exclude" if operator == "Exclude" else "Include"
        dimensions.append(Dimension(name or "", include, texts))
    return (*dimensions, *_resource_dimension(reader, criterion, dimensions))


def _resource_dimension(
    reader: PropertyReader, criterion: Value, others: Sequence[Dimension]
) -> Iterator[Dimension]:
    """Take the column of resource ids as one more dimension: an alert is fired for each resource.

    https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule
    """
    name = reader.text(criterion, "resourceIdColumn")
    if name and name not in {dimension.name for dimension in others}:
        reader.places.setdefault("dimensions", reader.places["resourceIdColumn"])
        yield Dimension(name)


def _target_types(reader: PropertyReader, properties: Value, criterion: Value) -> tuple[str, ...]:
    types = tuple(str(item.data) for item in reader.items(properties, "targetResourceTypes"))
    return () if criterion.get("resourceIdColumn") else types


def _action_groups(reader: PropertyReader, actions: Value | None) -> tuple[str, ...]:
    """Tell the groups' names, the ends of their ids."""
    groups = actions.get("actionGroups") if actions else None
    if groups is None or not isinstance(groups.data, list):
        return ()
    reader.places["actionGroups"] = groups.location()
    return tuple(str(g.data).rpartition("/")[2] for g in groups.data)


def _custom_properties(reader: PropertyReader, actions: Value | None) -> dict[str, str]:
    properties = actions.get("customProperties") if actions else None
    if properties is None or not isinstance(properties.data, dict):
        return {}
    reader.places["customProperties"] = properties.location()
    return {name: str(value.data) for name, value in properties.data.items()}


def _size(value: Value) -> int:
    """Count the bytes of all texts in a value, with the names of its properties."""
    if isinstance(value.data, dict):
        return sum(len(k.encode()) + _size(v) for k, v in value.data.items())
    if isinstance(value.data, list):
        return sum(map(_size, value.data))
    return len(str(value.data).encode())
