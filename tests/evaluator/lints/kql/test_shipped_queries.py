"""The lints of KQL have nothing to say about the project's own queries."""

from datetime import date
from pathlib import Path

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.lints.kql import LINTS
from evaluator.lints.lint import LintContext
from evaluator.query_text import QueryText
from evaluator.rules import LogAlertRule
from evaluator.sources.project import project_rules
from evaluator.sources.project_queries import project_queries
from generator.loader import Configuration
from generator.project import ROOT, validate
from tests.conftest import TODAY
from tests.evaluator.lints.fixture import TABLES


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return validate(ROOT / "config", date.fromisoformat(TODAY))


def context(name: str, query: QueryText, rule: LogAlertRule | None = None) -> LintContext:
    return LintContext(name, query, language_service(TABLES).analyse(query.text), TABLES, rule)


def found(of: LintContext) -> list[tuple[str, str]]:
    return [(lint.id, finding.message) for lint in LINTS for finding in lint.check(of)]


def test_nothing_is_found_in_the_alert_queries(configuration: Configuration) -> None:
    rules = project_rules(configuration, "prod")

    assert rules
    assert [f for rule in rules for f in found(context(rule.id, rule.query, rule))] == []


def test_nothing_is_found_in_the_saved_and_the_workbooks_queries(
    configuration: Configuration,
) -> None:
    queries = project_queries(configuration, "prod")

    assert {Path(query.name).parent.name for query in queries} == {"queries", "model-monitoring"}
    assert [f for query in queries for f in found(context(query.name, query.query))] == []
