"""What `mlmon lint` looks at: a configuration's rules and queries, templates, or query files."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from evaluator.analysis.language_service import LanguageService
from evaluator.lints.lint import FleetFacts, LintContext
from evaluator.query_text import of_file
from evaluator.rules import LogAlertRule
from evaluator.sources.project import project_rules
from evaluator.sources.project_queries import project_queries
from evaluator.tables import Table
from generator.loader import Configuration
from generator.resolve import resolve
from generator.source import read_text
from monitoring.telemetry import contract

_NIGHTLY = timedelta(days=1)
"""How often the monitoring jobs run."""


def project_contexts(
    configuration: Configuration,
    environment: str,
    tested: Mapping[str, tuple[bool, bool]],
    service: LanguageService,
    tables: Mapping[str, Table],
) -> list[LintContext]:
    """Make the contexts of an environment: its rules, saved queries and workbooks' queries.

    Raises:
        ConfigurationError: a hand-written query or workbook cannot be understood.
    """
    facts = fleet_facts(configuration, environment)
    rules = [
        LintContext(
            rule.id,
            rule.query,
            service.analyse(rule.query.text),
            tables,
            rule,
            facts,
            tested.get(rule.id, (False, False)),
        )
        for rule in project_rules(configuration, environment)
    ]
    queries = [
        LintContext(q.name, q.query, service.analyse(q.query.text), tables, None, facts)
        for q in project_queries(configuration, environment)
    ]
    return rules + queries


def fleet_facts(configuration: Configuration, environment: str) -> FleetFacts:
    """Gather what a configuration and the telemetry contract say of the data."""
    circuits = resolve(configuration, environment).circuits
    attributes = {m.name: (*m.attributes, *m.optional_attributes) for m in contract.METRICS}
    properties = attributes | {event.name: event.properties for event in contract.EVENTS}
    return FleetFacts(
        circuits=len(circuits),
        metrics=frozenset(metric.name for metric in contract.METRICS),
        events=frozenset(event.name for event in contract.EVENTS),
        plants=len({circuit.plant_id for circuit in circuits}),
        # Counters and histograms come with each scored file, at no interval of their own.
        gauges={
            metric.name: _NIGHTLY
            for metric in contract.METRICS
            if metric.instrument is contract.Instrument.GAUGE
        },
        properties={name: frozenset(held) for name, held in properties.items()},
        measurements={
            event.name: frozenset(event.measurements)
            for event in contract.EVENTS
            if not event.feature_measurements
        },
    )


def rule_contexts(
    rules: Sequence[LogAlertRule], service: LanguageService, tables: Mapping[str, Table]
) -> Iterator[LintContext]:
    """Make the contexts of rules that were read from templates."""
    for rule in rules:
        yield LintContext(rule.id, rule.query, service.analyse(rule.query.text), tables, rule)


def file_context(path: Path, service: LanguageService, tables: Mapping[str, Table]) -> LintContext:
    """Make the context of a file with one query.

    Raises:
        SourceError: the file cannot be read.
    """
    text = read_text(path, path.as_posix())
    query = of_file(path.as_posix(), text)
    return LintContext(path.stem, query, service.analyse(text), tables)
