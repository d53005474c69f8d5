"""What `mlmon lint` looks at: a configuration's rules and queries, templates, or query files."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from evaluator.analysis.language_service import AnalysisError, LanguageService
from evaluator.analysis.syntax import Analysis
from evaluator.lints.lint import FleetFacts, LintContext
from evaluator.lints.unanalysed import not_analysed
from evaluator.query_text import QueryText, of_file
from evaluator.rules import LogAlertRule
from evaluator.sources.project import project_rules
from evaluator.sources.project_queries import project_queries
from evaluator.tables import Table
from generator.diagnostics import Problem
from generator.loader import Configuration
from generator.resolve import resolve
from generator.source import SourceError, read_text
from monitoring.telemetry import contract

_NIGHTLY = timedelta(days=1)
"""How often the monitoring jobs run."""


def project_contexts(
    configuration: Configuration,
    environment: str,
    tested: Mapping[str, tuple[bool, bool]],
    service: LanguageService,
    tables: Mapping[str, Table],
) -> tuple[list[LintContext], list[Problem]]:
    """Make the contexts of an environment: its rules, saved queries and workbooks' queries.

    Beside them come the problems of queries that cannot be analysed.

    Raises:
        ConfigurationError: a hand-written query or workbook cannot be understood.
    """
    facts = fleet_facts(configuration, environment)
    contexts: list[LintContext] = []
    problems: list[Problem] = []
    for rule in project_rules(configuration, environment):
        seen = tested.get(rule.id, (False, False))
        try:
            analysis = _analysed(service, rule.query, rule.id)
        except SourceError as error:
            problems += error.problems
        else:
            contexts.append(LintContext(rule.id, rule.query, analysis, tables, rule, facts, seen))
    for query in project_queries(configuration, environment):
        try:
            analysis = _analysed(service, query.query, query.name)
        except SourceError as error:
            problems += error.problems
        else:
            contexts.append(LintContext(query.name, query.query, analysis, tables, None, facts))
    return contexts, problems


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
) -> tuple[list[LintContext], list[Problem]]:
    """Make the contexts of rules of templates, and problems of queries that are not analysed."""
    contexts: list[LintContext] = []
    problems: list[Problem] = []
    for rule in rules:
        try:
            analysis = _analysed(service, rule.query, rule.id)
        except SourceError as error:
            problems += error.problems
        else:
            contexts.append(LintContext(rule.id, rule.query, analysis, tables, rule))
    return contexts, problems


def file_context(path: Path, service: LanguageService, tables: Mapping[str, Table]) -> LintContext:
    """Make the context of a file with one query.

    Raises:
        SourceError: the file cannot be read, or its query not analysed.
    """
    text = read_text(path, path.as_posix())
    query = of_file(path.as_posix(), text)
    return LintContext(path.stem, query, _analysed(service, query, path.stem), tables)


def query_context(
    name: str, query: QueryText, service: LanguageService, tables: Mapping[str, Table]
) -> LintContext:
    """Make the context of a query that no rule runs.

    Raises:
        SourceError: the query cannot be analysed.
    """
    return LintContext(name, query, _analysed(service, query, name), tables)


def _analysed(service: LanguageService, query: QueryText, subject: str) -> Analysis:
    """Analyse a query.

    Raises:
        SourceError: the language service gave up.
    """
    try:
        return service.analyse(query.text)
    except AnalysisError as error:
        raise SourceError([not_analysed(query, subject, str(error))]) from None
