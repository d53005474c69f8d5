"""Everything that can be known to be wrong before anything is rendered.

A check is a function that returns problems; it prints nothing and stops nothing.
"""

from collections.abc import Mapping
from datetime import date

from generator.checks.alerts import check_alerts
from generator.checks.circuits import check_circuits
from generator.checks.environments import check_environment
from generator.checks.thresholds import check_thresholds
from generator.diagnostics import Problem
from generator.loader import Configuration
from generator.resolve import resolve


def check(
    configuration: Configuration, query_files: Mapping[str, str], today: date
) -> list[Problem]:
    """Check a configuration across its files.

    Args:
        configuration: the parsed files.
        query_files: texts under kql/alerts by file name.
        today: the day against which expiry is judged, UTC.
    """
    problems = [
        *check_circuits(configuration),
        *check_thresholds(configuration, today),
        *check_alerts(configuration, query_files),
    ]
    for name in configuration.environments:
        problems += check_environment(configuration, resolve(configuration, name))
    return problems
