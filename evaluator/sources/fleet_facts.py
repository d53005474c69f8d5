"""What the project's own configuration and telemetry contract say of the data."""

from evaluator.lints.lint import FleetFacts
from generator.loader import Configuration
from generator.resolve import resolve
from monitoring.telemetry.contract import EVENTS, METRICS


def fleet_facts(configuration: Configuration, environment_name: str) -> FleetFacts:
    """Tell what lints may know of one environment's fleet."""
    return FleetFacts(
        circuits=len(resolve(configuration, environment_name).circuits),
        metrics=frozenset(metric.name for metric in METRICS),
        events=frozenset(event.name for event in EVENTS),
    )
