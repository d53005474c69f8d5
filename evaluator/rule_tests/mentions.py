"""Warns of series that nothing in a test mentions: what never exists never alerts."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from evaluator.evaluation.result import AlertState
from evaluator.rule_tests.findings import Findings, did_you_mean
from evaluator.rule_tests.plan import (
    AlertsExpected,
    Expected,
    NeverExpected,
    PlannedTest,
    TimelineExpected,
)
from evaluator.rules import LogAlertRule
from generator.diagnostics import Location


def check_mentions(
    test: PlannedTest, rules: Mapping[str, LogAlertRule], findings: Findings
) -> None:
    """Warn where an expected series has a value that stands neither in a row nor in the query.

    Only what is expected to stay quiet is looked at: a series that should fire and does not exist
    fails by itself.
    """
    quiet = [
        (rules[expected.rule_id].query.text, name, value, location)
        for expected in test.expected
        for series, location in _quiet_series(expected)
        for name, value in series
        if value
    ]
    if not quiet:  # a test can have many rows
        return
    values = {text for entry in test.inputs for row in entry.rows for text in _texts(row)}
    for query, name, value, location in quiet:
        if value not in values and value not in query:
            findings.add_at(
                location,
                "rule-test/unknown-series",
                f"`{name}: {value}` stands in no row of this test and not in the query, "
                "so this holds whatever the rule does",
                did_you_mean(value, values, "value"),
                "warning",
            )


def _quiet_series(
    expected: Expected,
) -> Iterator[tuple[tuple[tuple[str, str], ...], Location]]:
    if isinstance(expected, NeverExpected):
        yield tuple(expected.dimensions.items()), expected.location
    elif isinstance(expected, TimelineExpected):
        for series, states in expected.series.items():
            if set(states) == {AlertState.NO_ALERT}:
                yield series, expected.locations[series]
    elif isinstance(expected, AlertsExpected):
        for alert in expected.alerts:
            if alert.states == (AlertState.NO_ALERT,):
                yield alert.series, alert.location


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)
    elif not isinstance(value, datetime):
        yield str(value)
