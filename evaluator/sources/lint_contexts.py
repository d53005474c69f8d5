"""What `mlmon lint` looks at: a configuration's rules and queries, templates, or query files."""

from collections.abc import Iterator, Mapping, Sequence
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
    facts = FleetFacts(
        circuits=len(resolve(configuration, environment).circuits),
        metrics=frozenset(metric.name for metric in contract.METRICS),
        events=frozenset(event.name for event in contract.EVENTS),
    )
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
