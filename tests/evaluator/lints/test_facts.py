"""What the lints are told of the project's own data, and that they find nothing in it."""

from datetime import date, timedelta

import pytest

from evaluator.analysis.language_service import language_service
from evaluator.lints.run import run_lints
from evaluator.sources.lint_contexts import fleet_facts, project_contexts
from generator.loader import Configuration
from generator.project import ROOT, validate
from monitoring.telemetry.contract import EVENTS, METRICS
from tests.conftest import TODAY
from tests.evaluator.lints.fixture import TABLES


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return validate(ROOT / "config", date.fromisoformat(TODAY))


def test_only_what_nightly_jobs_send_comes_once_a_day(configuration: Configuration) -> None:
    facts = fleet_facts(configuration, "prod")

    assert facts.gauges["model_accuracy_mae"] == timedelta(days=1)
    assert facts.metrics - facts.gauges.keys() == {"model_predictions", "prediction_latency_ms"}


def test_what_a_metric_or_event_holds_is_that_of_the_contract(configuration: Configuration) -> None:
    facts = fleet_facts(configuration, "prod")

    names = {metric.name for metric in METRICS} | {event.name for event in EVENTS}
    assert facts.properties.keys() == names
    assert "evaluated_at" in facts.properties["model_accuracy_mae"]
    assert "data_drift_detected" not in facts.measurements, "it has one for each feature"


@pytest.mark.parametrize("environment", ["prod", "test"])
def test_no_lint_objects_to_the_project(configuration: Configuration, environment: str) -> None:
    service = language_service(TABLES)
    contexts, failed = project_contexts(configuration, environment, {}, service, TABLES)

    problems = run_lints(contexts, date.fromisoformat(TODAY))

    assert failed == []
    assert {problem.id for problem in problems} == {"rule/untested"}, "no tests are read here"
