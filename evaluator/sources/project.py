"""The rules of this project's configuration, as its Bicep deploys them.

The texts are those that rendering writes under `rendered/`. A character of a query stands where a
person wrote it: in `kql/alerts/`, or in `alerts.yaml`. What the generator puts in (a notice, the
limits) stands on the header line `// Uses:` of the query that asked for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate

from evaluator.query_text import Piece, QueryText, file_pieces
from evaluator.rules import Condition, Dimension, LogAlertRule
from evaluator.sources.pieces import whole_span
from evaluator.sources.yaml_text import scalar_pieces
from generator import azure
from generator.diagnostics import Location, Problem, Span, sort_problems
from generator.kql import Query, header_lines, query_body
from generator.loader import Configuration, Document
from generator.models.alerts import AlertRule, AlertsFile
from generator.project import ConfigurationError, read_queries
from generator.resolve import resolve
from generator.rules import ScheduledQueryRule, environment_rules
from generator.source import Path_

# Azure's property names, and where alerts.yaml says them.
_KEYS: Mapping[str, Path_] = {
    "name": ("name",),
    "displayName": ("name",),
    "description": ("description",),
    "severity": ("severity",),
    "enabled": ("enabled",),
    "evaluationFrequency": ("frequency",),
    "windowSize": ("timeWindow",),
    "overrideQueryTimeRange": ("queryTimeRange",),
    "muteActionsDuration": ("throttling",),
    "autoMitigate": ("autoResolve",),
    "timeAggregation": ("measure", "aggregation"),
    "metricMeasureColumn": ("measure", "column"),
    "dimensions": ("dimensions",),
    "operator": ("operator",),
    "threshold": ("threshold",),
    "numberOfEvaluationPeriods": ("evaluationPeriods",),
    "minFailingPeriodsToAlert": ("minFailingPeriods",),
    "actionGroups": ("actionGroups",),
    "customProperties": ("customProperties",),
}


@dataclass(frozen=True, slots=True)
class DeployedRule:
    """A rule, and the environments that have it with the same query and settings."""

    rule: LogAlertRule
    environments: tuple[str, ...]


def project_rules(configuration: Configuration, environment_name: str) -> list[LogAlertRule]:
    """Make the rules of one environment; with `layout: plant` every plant's copies.

    Raises:
        ConfigurationError: the header of a query under kql/alerts cannot be understood.
    """
    problems: list[Problem] = []
    queries = read_queries("alerts", problems)
    if problems:
        raise ConfigurationError(sort_problems(problems))
    fleet = resolve(configuration, environment_name)
    return [_rule(r, configuration.alerts, queries) for r in environment_rules(fleet, queries)]


def unique_rules(configuration: Configuration) -> list[DeployedRule]:
    """Make the rules of all environments, those alike once.

    Alike are rules with the same query and settings. Custom properties may differ: they name the
    environment.

    Raises:
        ConfigurationError: the header of a query under kql/alerts cannot be understood.
    """
    found: dict[object, DeployedRule] = {}
    for name in configuration.environments:
        for rule in project_rules(configuration, name):
            same = replace(rule, custom_properties={}, places={}, size_bytes=0)
            key = (repr(same), rule.query.text, frozenset(rule.custom_properties))
            known = found.get(key)
            environments = (*known.environments, name) if known else (name,)
            found[key] = DeployedRule(known.rule if known else rule, environments)
    return list(found.values())


def _rule(
    rule: ScheduledQueryRule, document: Document[AlertsFile], queries: Mapping[str, Query]
) -> LogAlertRule:
    configured = rule.rule
    return LogAlertRule(
        id=rule.name,
        display_name=rule.display_name,
        query=_query(rule, document, queries),
        condition=Condition(
            time_aggregation=configured.measure.aggregation,
            operator=configured.operator,
            threshold=_number(configured.threshold),
            metric_measure_column=configured.measure.column,
            dimensions=tuple(
                Dimension(d.name, d.operator, tuple(d.values)) for d in rule.dimensions
            ),
            number_of_evaluation_periods=configured.evaluation_periods,
            min_failing_periods_to_alert=configured.min_failing_periods,
        ),
        evaluation_frequency=azure.EVALUATION_FREQUENCIES[configured.frequency],
        window_size=azure.WINDOW_SIZES[configured.time_window],
        override_query_time_range=azure.QUERY_TIME_RANGES.get(configured.query_time_range or ""),
        auto_mitigate=configured.stateful,
        mute_actions_duration=azure.MUTE_DURATIONS.get(configured.throttling or ""),
        severity=configured.severity,
        enabled=configured.enabled,
        description=configured.description,
        action_groups=rule.action_groups,
        custom_properties=dict(rule.custom_properties),
        places=dict(_places(configured, document)),
        size_bytes=rule.size_bytes,
    )


def _number(threshold: Decimal) -> float:
    return float(threshold)  # Azure holds it as a double, too


def _places(rule: AlertRule, document: Document[AlertsFile]) -> Iterator[tuple[str, Location]]:
    yield "", document.source.locate(rule.path)
    written = dict(document.entries("alert_rules"))[int(rule.path[1])]
    for name, keys in _KEYS.items():
        value: object = written
        for key in keys:
            value = value.get(str(key)) if isinstance(value, dict) else None
        if value is not None:
            yield name, document.source.locate((*rule.path, *keys))


def _query(
    rule: ScheduledQueryRule, document: Document[AlertsFile], queries: Mapping[str, Query]
) -> QueryText:
    notice = rule.query.index("\n") + 1
    file = rule.rule.query_file
    if rule.rule.query is None and file is not None:
        pieces = query_file_pieces(f"kql/alerts/{file}", queries[file], rule.query, notice)
        return QueryText(rule.query, tuple(pieces))
    path: Path_ = (*rule.rule.path, "query")
    put_in = whole_span(document.source.locate(path, key=True), 0)
    inline = scalar_pieces(
        document.source, document.source.locate(path), rule.rule.query or "", notice
    )
    return QueryText(rule.query, (put_in, *inline))


def query_file_pieces(file: str, query: Query, text: str, notice: int) -> Iterator[Piece]:
    """Cut the text of a rendered query file into pieces; its first `notice` characters are new."""
    header, body = header_lines(query.text), query_body(query)
    put_in = uses_location(file, query)
    yield whole_span(put_in, 0)
    starts = accumulate((len(line) + 1 for line in header), initial=notice)
    for number, (start, line) in enumerate(zip(starts, header, strict=False), 1):
        yield Piece(start, file, number, 1, len(line) + 1, line)
    begin = notice + sum(len(line) + 1 for line in header)
    yield whole_span(put_in, begin)
    offset = len(text) - len(body)
    yield from file_pieces(file, body, offset=offset, first_line=len(header) + 1)


def uses_location(file: str, query: Query) -> Location:
    """Find the header line that asks for what the generator puts in."""
    lines = header_lines(query.text)
    number = next(i for i, line in enumerate(lines, 1) if line.startswith("// Uses:"))
    text = lines[number - 1]
    return Location(file, Span(number, 1, number, len(text) + 1), text)
